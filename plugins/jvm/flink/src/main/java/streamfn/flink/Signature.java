package streamfn.flink;

import java.util.ArrayList;
import java.util.List;

/**
 * The SQL signature of one function: what the planner must know, as text, so that a packed class can say it in a few
 * instructions. Types are as Flink prints them, without NOT NULL at the outside; {@code DECIMAL(38, s)} has the scale of
 * the call's first decimal argument. Knows nothing of how the planner works: that is {@link Overloads}.
 */
public final class Signature {
    private final String name;
    private final List<Column> arguments = new ArrayList<>();
    private final List<Column> state = new ArrayList<>();
    private Column result;
    private Entries entries;

    private Signature(String name) {
        this.name = name;
    }

    /** {@code notNull}: a null does not reach the function. */
    record Column(String name, String type, boolean notNull) {}

    /**
     * The entries of a keyed aggregate.
     *
     * @param key the type of K, {@code entry} of V
     * @param value whether the component makes the result of them; else they are it
     * @param multiset whether they are one then
     * @param most how many there may be in a group
     */
    record Entries(String key, String entry, boolean value, boolean multiset, int most) {}

    /** The name is the one in messages; users may register the class under another. */
    public static Signature of(String name) {
        return new Signature(name);
    }

    public Signature argument(String name, String type, boolean notNull) {
        arguments.add(new Column(name, type, notNull));
        return this;
    }

    /** The next field of the accumulator; it may always be null for Flink. */
    public Signature state(String name, String type) {
        state.add(new Column(name, type, false));
        return this;
    }

    /** What the accumulator of a keyed aggregate is. */
    public Signature entries(String key, String entry, boolean value, boolean multiset, int most) {
        entries = new Entries(key, entry, value, multiset, most);
        return this;
    }

    /** {@code notNull}: it is null only where a null argument has kept the row from the function. */
    public Signature result(String type, boolean notNull) {
        result = new Column("", type, notNull);
        return this;
    }

    String name() {
        return name;
    }

    List<Column> arguments() {
        return arguments;
    }

    List<Column> state() {
        return state;
    }

    /** Null where the function is no keyed aggregate. */
    Entries entries() {
        return entries;
    }

    Column result() {
        return result;
    }
}
