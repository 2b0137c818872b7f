package streamfn.ksqldb;

import io.confluent.ksql.function.udaf.Udaf;
import io.confluent.ksql.schema.ksql.SqlArgument;
import io.confluent.ksql.schema.ksql.types.SqlType;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.connect.data.Struct;

/**
 * One overload of an aggregate function, over streams. Its state is a Struct that ksqlDB keeps; nothing is kept here.
 *
 * @param <I> the argument or a tuple of them
 * @param <O> the result
 */
public abstract class WasmUdaf<I, O> implements Udaf<I, Struct, O> {
    private final String name;
    private final AggregateTypes types;

    /**
     * @param name the SQL name, for messages
     * @param parameters the parameters' SQL types, as in {@code "BIGINT, INT, DOUBLE NOT NULL"}; empty for none
     * @param state the state's, a STRUCT: the text of {@code @UdafFactory(aggregateSchema)}
     * @param result the result's: the text of {@code @UdafFactory(returnSchema)}
     */
    protected WasmUdaf(String name, String parameters, String state, String result) {
        this.name = name;
        this.types = new AggregateTypes(parameters, state, result);
    }

    /** Calls the component's {@code create}. A state is an array of its fields here; values are the bridge's. */
    protected abstract Object[] callCreate();

    protected abstract Object[] callAccumulate(Object[] state, Object[] arguments);

    protected abstract Object callValue(Object[] state);

    /** Overridden where the component has {@code merge}. ksqlDB asks for it in SESSION windows only. */
    protected Object[] callMerge(Object[] a, Object[] b) {
        throw new UnsupportedOperationException(
                "the component has no merge, which a SESSION window needs: use it with other windows, or with none");
    }

    @Override
    public final Struct initialize() {
        try {
            return state(types.read()).lift(callCreate());
        } catch (Throwable failure) {
            throw FunctionFailed.of(name, failure);
        }
    }

    @Override
    public final Struct aggregate(I current, Struct aggregate) {
        return change(current, aggregate, this::callAccumulate);
    }

    @Override
    public final Struct merge(Struct older, Struct newer) {
        try {
            KsqlType.StructType state = state(types.read());
            return state.lift(callMerge(state.lower(older), state.lower(newer)));
        } catch (Throwable failure) {
            throw FunctionFailed.of(name, failure);
        }
    }

    @Override
    @SuppressWarnings("unchecked")
    public final O map(Struct aggregate) {
        try {
            AggregateTypes.Read types = this.types.read();
            return (O) types.result().toKsql(callValue(state(types).lower(aggregate)));
        } catch (Throwable failure) {
            throw FunctionFailed.of(name, failure);
        }
    }

    /** One row in or out. A row that does not reach the function leaves the state as it is. */
    final Struct change(I row, Struct aggregate, Change call) {
        try {
            AggregateTypes.Read types = this.types.read();
            Object[] arguments = types.arguments().ofTuple(row);
            if (arguments == null) {
                return aggregate;
            }
            KsqlType.StructType state = state(types);
            return state.lift(call.apply(state.lower(aggregate), arguments));
        } catch (Throwable failure) {
            throw FunctionFailed.of(name, failure);
        }
    }

    private static KsqlType.StructType state(AggregateTypes.Read types) {
        return (KsqlType.StructType) types.state();
    }

    interface Change {
        Object[] apply(Object[] state, Object[] arguments);
    }

    @Override
    public final void initializeTypeArguments(List<SqlArgument> argTypeList) {
        types.initialize(argTypeList);
    }

    @Override
    public final Optional<SqlType> getReturnSqlType() {
        return types.result();
    }
}
