package streamfn.flink;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.functions.AggregateFunction;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.apache.flink.table.functions.UserDefinedFunctionHelper;
import org.apache.flink.table.types.inference.TypeInference;
import streamfn.bridge.Refused;

/**
 * What a packed keyed aggregate extends. It adds {@code accumulate}, and {@code retract} and {@code merge} where the
 * component has them, because Flink takes their presence as a promise. A row with a null that the signature excludes is
 * skipped, as is one without a key.
 */
public abstract class WasmKeyedAggregate extends AggregateFunction<Object, Entries> implements SpecializedFunction {
    private static final long serialVersionUID = 1L;

    /** Of one group's many entries the next group's few are not to pay. */
    private static final int MOST_EXPECTED = 1 << 10;

    private Planned planned;
    private transient Keys keys;
    private transient Signature.Entries described;
    /** How many entries the last result had: the next one's map is made for as many. */
    private transient int size;

    protected abstract Signature signature();

    /** The component's {@code value} of keys and entries by turns. Overridden where it has one; else they are the result. */
    protected Object callValue(Object[] entries) {
        throw new UnsupportedOperationException();
    }

    /** The component's {@code merge} of two entries. Overridden where it has one. */
    protected Object callMerge(Object a, Object b) {
        throw new UnsupportedOperationException();
    }

    @Override
    public final Entries createAccumulator() {
        return new Entries();
    }

    @Override
    public final Object getValue(Entries entries) {
        try {
            return described().value() ? value(entries) : map(entries, described().multiset());
        } catch (RuntimeException failure) {
            throw failure("getValue", failure);
        }
    }

    private Object value(Entries entries) {
        List<Object> all = new ArrayList<>(2 * Math.min(size, MOST_EXPECTED));
        for (Map.Entry<Object, Object> entry : entries.all()) {
            all.add(keys().opened(entry.getKey()));
            all.add(entry.getValue());
        }
        size = all.size() / 2;
        return planned.fit(callValue(all.toArray()));
    }

    private GenericMapData map(Entries entries, boolean multiset) {
        Map<Object, Object> map = new HashMap<>(2 * Math.min(size, MOST_EXPECTED));
        for (Map.Entry<Object, Object> entry : entries.all()) {
            if (multiset && (Integer) entry.getValue() < 1) {
                throw new IllegalStateException("wanted each row to be added before it is retracted, found "
                        + entry.getValue() + " of " + Shown.value(described().key(), entry.getKey()));
            }
            map.put(keys().opened(entry.getKey()), entry.getValue());
        }
        size = map.size();
        return new GenericMapData(map);
    }

    /** The entries of other accumulators, in this one too. */
    protected final void mergeAll(Entries entries, Iterable<Entries> others) {
        try {
            for (Entries other : others) {
                for (Map.Entry<Object, Object> theirs : other.all()) {
                    Object mine = entries.get(theirs.getKey());
                    if (mine == null) {
                        hasRoom(entries);
                        entries.set(own(theirs.getKey()), own(theirs.getValue()));
                    } else {
                        set(entries, theirs.getKey(), mine, callMerge(opened(mine), opened(theirs.getValue())));
                    }
                }
            }
        } catch (RuntimeException failure) {
            throw failure("merge", failure);
        }
    }

    /** A key that the component gave, as it is in the map. */
    protected final Object key(Object key) {
        return keys().kept(key);
    }

    /** The entry of such a key, null if there is none. */
    protected final Object get(Entries entries, Object key) {
        return opened(entries.get(key));
    }

    /** Puts what the component gave in place of the entry that was there; none removes it. */
    protected final void set(Entries entries, Object key, Object before, Object entry) {
        // A new key stays in the map, and the argument that it came from may be the engine's to use again.
        Object kept = before == null ? own(key) : key;
        if (before == null && entry != null) {
            hasRoom(entries);
        }
        entries.set(kept, planned.decimalEntries() ? planned.fit(entry) : entry);
    }

    /** What stays in the map, apart from memory that Flink may use again. */
    private static Object own(Object value) {
        if (value instanceof BinaryStringData text) {
            return text.copy();
        }
        return value instanceof BinaryRowData row ? row.copy() : value;
    }

    /** Refuses the row that would make one entry too many. Flink's map has no size: it is counted where there is a limit. */
    private void hasRoom(Entries entries) {
        int most = described().most();
        if (most < Integer.MAX_VALUE && entries.has(most)) {
            throw new Refused("wanted at most " + most + " entries in a group (--limit-entries), found one more");
        }
    }

    private Signature.Entries described() {
        if (described == null) {
            described = signature().entries();
        }
        return described;
    }

    private Object opened(Object entry) {
        return planned.decimalEntries() ? Decimals.open(entry, planned.entry()) : entry;
    }

    /** An argument with decimals in it, as one that can be read. */
    protected final Object open(Object argument, int index) {
        return planned.open(argument, index);
    }

    private Keys keys() {
        if (keys == null) {
            keys = Keys.of(planned);
        }
        return keys;
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return new Overloads(List.of(signature())).typeInference();
    }

    @Override
    public final UserDefinedFunction specialize(SpecializedContext context) {
        WasmKeyedAggregate function = (WasmKeyedAggregate) UserDefinedFunctionHelper.instantiateFunction(getClass());
        function.planned = Planned.of(signature(), context.getCallContext());
        return function;
    }

    /** What to throw when {@code call} has thrown: it says which function it was and with which arguments. */
    protected final RuntimeException failure(String call, RuntimeException cause, Object... arguments) {
        return RowFailure.of(signature(), call, cause, arguments);
    }
}
