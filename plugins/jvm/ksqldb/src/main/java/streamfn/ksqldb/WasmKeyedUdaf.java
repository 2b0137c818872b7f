package streamfn.ksqldb;

import io.confluent.ksql.function.udaf.Udaf;
import io.confluent.ksql.schema.ksql.SqlArgument;
import io.confluent.ksql.schema.ksql.types.SqlType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import streamfn.bridge.Refused;

/**
 * One overload of a keyed aggregate, over streams. Its entries are a MAP that ksqlDB keeps, or a list of them; of all that
 * only the touched entry goes to the component.
 *
 * @param <I> the argument or a tuple of them
 * @param <A> the entries
 * @param <O> the result
 */
public abstract class WasmKeyedUdaf<I, A, O> implements Udaf<I, A, O> {
    private final String name;
    private final AggregateTypes types;
    private final boolean multiset;
    private final int most;

    /**
     * @param name the SQL name, for messages
     * @param parameters the parameters' SQL types, as in {@code "STRING, DOUBLE NOT NULL"}
     * @param entries the state's type: {@code MAP<STRING, V>}, or {@code ARRAY<STRUCT<`K` K, `V` V>>} for other keys
     * @param result the result's
     * @param multiset whether the entries say how often a key is in, and are the result
     * @param most how many entries a group may have
     */
    protected WasmKeyedUdaf(String name, String parameters, String entries, String result, boolean multiset, int most) {
        this.name = name;
        this.types = new AggregateTypes(parameters, entries, result);
        this.multiset = multiset;
        this.most = most;
    }

    /** Calls the component's {@code key}; values are the bridge's. */
    protected abstract Object callKey(Object[] arguments);

    protected abstract Object callAccumulate(Object entry, Object[] arguments);

    /** Overridden where the component has {@code merge}. ksqlDB asks for it in SESSION windows only. */
    protected Object callMerge(Object a, Object b) {
        throw new UnsupportedOperationException(
                "the component has no merge, which a SESSION window needs: use it with other windows, or with none");
    }

    /** Overridden where the component has {@code value}; else the entries are the result. */
    protected Object callValue(Object entries) {
        return entries;
    }

    @Override
    @SuppressWarnings("unchecked")
    public final A initialize() {
        return (A) Entries.of(types.read().state()).empty();
    }

    @Override
    public final A aggregate(I current, A aggregate) {
        return change(current, aggregate, this::callAccumulate);
    }

    @Override
    @SuppressWarnings("unchecked")
    public final A merge(A older, A newer) {
        try {
            return limited(older, (A) Entries.of(types.read().state()).merged(older, newer, this::callMerge));
        } catch (Throwable failure) {
            throw FunctionFailed.of(name, failure);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    public final O map(A aggregate) {
        try {
            AggregateTypes.Read types = this.types.read();
            Map<Object, Object> entries = new LinkedHashMap<>();
            Entries.of(types.state()).each(aggregate, (key, entry) -> {
                if (multiset && (Integer) entry < 1) {
                    throw new IllegalStateException(
                            "wanted each row to be added before it is retracted, found " + entry + " of " + key);
                }
                entries.put(key, entry);
            });
            return (O) types.result().toKsql(callValue(entries));
        } catch (Throwable failure) {
            throw FunctionFailed.of(name, failure);
        }
    }

    /** One row in or out. A row that does not reach the function, or has no key, leaves the entries as they are. */
    @SuppressWarnings("unchecked")
    final A change(I row, A aggregate, Change call) {
        try {
            AggregateTypes.Read types = this.types.read();
            Object[] arguments = types.arguments().ofTuple(row);
            Object key = arguments == null ? null : callKey(arguments);
            return key == null
                    ? aggregate
                    : limited(aggregate, (A) Entries.of(types.state()).changed(aggregate, key, entry -> call.apply(entry, arguments)));
        } catch (Throwable failure) {
            throw FunctionFailed.of(name, failure);
        }
    }

    /** The entries after a row, unless it made one too many. */
    private A limited(A before, A after) {
        int size = size(after);
        if (size > most && size > size(before)) {
            throw new Refused("wanted at most " + most + " entries in a group (--limit-entries), found one more");
        }
        return after;
    }

    private static int size(Object entries) {
        return entries instanceof Map<?, ?> map ? map.size() : ((List<?>) entries).size();
    }

    interface Change {
        Object apply(Object entry, Object[] arguments);
    }

    @Override
    public final void initializeTypeArguments(List<SqlArgument> argTypeList) {
        types.initialize(argTypeList);
    }

    @Override
    public final Optional<SqlType> getAggregateSqlType() {
        return types.state();
    }

    @Override
    public final Optional<SqlType> getReturnSqlType() {
        return types.result();
    }
}
