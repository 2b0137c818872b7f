package streamfn.pack;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import streamfn.bridge.CallException;
import streamfn.bridge.Guest;
import streamfn.bridge.Plan;
import streamfn.bridge.Program;
import streamfn.bridge.Refused;
import streamfn.bridge.Tree;

/**
 * Makes the steps of a block with one function: the JVM's side of {@code harness/tests/hosts/engine.rs}. What the steps are
 * is said in {@code function.rs} there, and in {@code results.rs} what is written. The states and entries of a group stay
 * here.
 */
final class Sequences {
    private static final byte END = 0;
    private static final byte CREATE = 1;
    private static final byte ACCUMULATE = 2;
    private static final byte RETRACT = 3;
    private static final byte MERGE = 4;
    private static final byte VALUE = 5;
    private static final byte IS_NEW = 6;
    private static final byte MERGE_NEW = 7;
    private static final byte CALL = 8;
    private static final byte NEW = 9;
    private static final byte IS_WHOLE = 10;

    private static final int ANSWER = 0;
    private static final int REFUSED = 1;
    private static final int FAILED = 2;
    private static final int HOLDS = 3;
    private static final int BROKEN = 4;
    private static final int SILENT = 5;

    /** A call that gave no answer, where null is one. */
    private static final Object NONE = new Object();

    private final Guest guest;
    private final boolean keyed;
    private final Wire[] columns;
    private final Wire state;
    private final Wire optionalState;
    private final Wire key;
    private final Wire optionalKey;
    /** null if the entries are the value. */
    private final Wire value;
    private final Plan createPlan;
    private final Plan keyPlan;
    private final Plan accumulatePlan;
    private final Plan retractPlan;
    private final Plan mergePlan;
    /** Of a function without state, the function itself. */
    private final Plan valuePlan;

    private final Wire.Out one = new Wire.Out();
    private final Wire.Out other = new Wire.Out();
    private Wire.Out out;
    private boolean refused;
    private boolean wrong;

    /** {@code (function PLUGIN INTERFACE SHAPE COLUMNS STATE KEY VALUE (MEMBER…))}. */
    Sequences(Program program, Tree function) {
        guest = program.guest();
        String shape = function.part(3).text();
        keyed = shape.equals("keyed");
        columns = function.part(4).from(1).stream().map(Wire::of).toArray(Wire[]::new);
        state = Wire.of(function.part(5));
        optionalState = Wire.option(state);
        key = Wire.of(function.part(6));
        optionalKey = Wire.option(key);
        value = "none".equals(function.part(7).word()) ? null : Wire.of(function.part(7));
        createPlan = plan(program, function, "create");
        keyPlan = plan(program, function, "key");
        accumulatePlan = plan(program, function, "accumulate");
        retractPlan = plan(program, function, "retract");
        mergePlan = plan(program, function, "merge");
        boolean stateful = keyed || shape.equals("aggregate");
        valuePlan = plan(program, function, stateful ? "value" : shape);
    }

    /** null if the interface has no such function. */
    private static Plan plan(Program program, Tree function, String name) {
        boolean there = function.part(8).parts().stream().anyMatch(member -> member.text().equals(name));
        return there ? program.plan(function.part(2).text(), name) : null;
    }

    /** Whether a law was broken or a call failed. */
    boolean run(byte[] block, Wire.Out results) {
        out = results;
        wrong = false;
        refused = false;
        Wire.In in = new Wire.In(block);
        if (keyed) {
            entries(in);
        } else {
            states(in);
        }
        return wrong;
    }

    /** Of an aggregate, or of a function without state. */
    private void states(Wire.In in) {
        Object fresh = NONE;
        Object[] parts = {NONE, NONE, NONE};
        while (in.more()) {
            byte step = in.next();
            switch (step) {
                case END -> refused = false;
                case CREATE -> {
                    fresh = called(createPlan, state);
                    Arrays.fill(parts, fresh);
                }
                case NEW -> Arrays.fill(parts, fresh);
                case ACCUMULATE, RETRACT -> {
                    int part = in.next();
                    Object[] row = row(in, 1);
                    if (parts[part] != NONE) {
                        row[0] = parts[part];
                        parts[part] = changed(step == ACCUMULATE ? accumulatePlan : retractPlan, state, row);
                    }
                }
                case MERGE -> {
                    if (parts[0] != NONE && parts[1] != NONE) {
                        parts[0] = changed(mergePlan, state, parts[0], parts[1]);
                    }
                }
                case VALUE -> {
                    int part = in.next();
                    if (parts[part] != NONE) {
                        called(valuePlan, value, parts[part]);
                    }
                }
                case IS_NEW -> {
                    if (parts[0] != NONE) {
                        law(same(parts[0], fresh));
                    }
                }
                case MERGE_NEW -> {
                    boolean freshIsOlder = in.next() == 1;
                    if (parts[0] != NONE) {
                        Object merged = freshIsOlder
                                ? changed(mergePlan, state, fresh, parts[0])
                                : changed(mergePlan, state, parts[0], fresh);
                        law(same(parts[0], merged));
                    }
                }
                case IS_WHOLE -> {
                    if (parts[0] != NONE && parts[2] != NONE) {
                        law(same(parts[0], parts[2]));
                    }
                }
                case CALL -> called(valuePlan, value, row(in, 0));
                default -> throw new IllegalArgumentException("no step " + step);
            }
        }
    }

    /** A key as its bytes and as itself, with what the engine holds for it. */
    private static final class Entry {
        private final byte[] bytes;
        private final Object key;
        private Object value;

        private Entry(byte[] bytes, Object key, Object value) {
            this.bytes = bytes;
            this.key = key;
            this.value = value;
        }
    }

    /** Of a keyed aggregate: entries in the order in which they came. */
    private void entries(Wire.In in) {
        List<List<Entry>> parts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        while (in.more()) {
            byte step = in.next();
            switch (step) {
                case END -> refused = false;
                case CREATE, NEW -> parts.forEach(List::clear);
                case ACCUMULATE, RETRACT -> {
                    List<Entry> part = parts.get(in.next());
                    change(part, step == ACCUMULATE ? accumulatePlan : retractPlan, row(in, 1));
                }
                case MERGE -> merge(parts.get(0), parts.get(1));
                case VALUE -> value(parts.get(in.next()));
                case IS_NEW -> law(parts.get(0).isEmpty());
                case IS_WHOLE -> {
                    one.cut(0);
                    other.cut(0);
                    write(parts.get(0), one);
                    write(parts.get(2), other);
                    law(one.same(other));
                }
                default -> throw new IllegalArgumentException("no step " + step);
            }
        }
    }

    private void change(List<Entry> part, Plan plan, Object[] row) {
        Object found = called(keyPlan, optionalKey, Arrays.copyOfRange(row, 1, row.length));
        if (found == NONE) {
            refused = true;
        }
        if (found == NONE || found == null) {
            return;
        }
        one.cut(0);
        key.write(found, one);
        byte[] bytes = one.all();
        Entry entry = entry(part, bytes);
        row[0] = entry == null ? null : entry.value;
        Object changed = called(plan, optionalState, row);
        if (changed == NONE) {
            refused = true;
        } else if (entry != null) {
            put(part, entry, changed);
        } else if (changed != null) {
            part.add(new Entry(bytes, found, changed));
        }
    }

    private void merge(List<Entry> whole, List<Entry> part) {
        for (Entry more : part) {
            Entry entry = entry(whole, more.bytes);
            if (entry == null) {
                whole.add(new Entry(more.bytes, more.key, more.value));
                continue;
            }
            Object merged = called(mergePlan, optionalState, entry.value, more.value);
            if (merged == NONE) {
                refused = true;
            } else {
                put(whole, entry, merged);
            }
        }
    }

    private void value(List<Entry> part) {
        if (value != null) {
            List<Object> pairs = new ArrayList<>(part.size());
            part.forEach(entry -> pairs.add(new Object[] {entry.key, entry.value}));
            called(valuePlan, value, pairs);
            return;
        }
        out.put(ANSWER);
        write(part, out);
    }

    private void write(List<Entry> part, Wire.Out to) {
        to.number(part.size());
        for (Entry entry : part) {
            key.write(entry.key, to);
            state.write(entry.value, to);
        }
    }

    private static Entry entry(List<Entry> part, byte[] bytes) {
        for (Entry entry : part) {
            if (Arrays.equals(entry.bytes, bytes)) {
                return entry;
            }
        }
        return null;
    }

    private static void put(List<Entry> part, Entry entry, Object value) {
        entry.value = value;
        if (value == null) {
            part.remove(entry);
        }
    }

    private Object[] row(Wire.In in, int before) {
        Object[] row = new Object[before + columns.length];
        for (int index = 0; index < columns.length; index++) {
            row[before + index] = columns[index].read(in);
        }
        return row;
    }

    /** The state as a call leaves it; if it refuses, as it was. The first argument is that state. */
    private Object changed(Plan plan, Wire type, Object... arguments) {
        Object before = arguments[0];
        Object after = called(plan, type, arguments);
        refused |= after == NONE;
        return after == NONE ? before : after;
    }

    /** Writes what a call gives. */
    private Object called(Plan plan, Wire type, Object... arguments) {
        try {
            Object answer = guest.call(plan, arguments);
            out.put(ANSWER);
            type.write(answer, out);
            return answer;
        } catch (Refused refusal) {
            out.put(REFUSED);
            out.counted(refusal.getMessage().getBytes(StandardCharsets.UTF_8));
        } catch (CallException failure) {
            wrong = true;
            out.put(FAILED);
            out.counted(failure.getMessage().getBytes(StandardCharsets.UTF_8));
        }
        return NONE;
    }

    private boolean same(Object a, Object b) {
        one.cut(0);
        other.cut(0);
        state.write(a, one);
        state.write(b, other);
        return one.same(other);
    }

    private void law(boolean holds) {
        wrong |= !refused && !holds;
        out.put(refused ? SILENT : holds ? HOLDS : BROKEN);
    }
}
