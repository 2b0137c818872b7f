package io.confluent.ksql.function.udaf;

import io.confluent.ksql.schema.ksql.SqlArgument;
import io.confluent.ksql.schema.ksql.types.SqlType;
import java.util.List;
import java.util.Optional;

/**
 * An aggregate function over a stream. One object serves all groups and all threads of a query.
 *
 * @param <I> the argument; several come as one {@link io.confluent.ksql.util.Pair}, {@code Triple}, …
 * @param <A> the state
 * @param <O> the result
 */
public interface Udaf<I, A, O> {
    /** The state of a group that has no row. A {@code Struct} must be of an optional schema. */
    A initialize();

    A aggregate(I current, A aggregate);

    /** Only called for sessions that grow together. */
    A merge(A aggOne, A aggTwo);

    O map(A agg);

    /** Called once, before all others, with the types of the call's arguments. */
    default void initializeTypeArguments(List<SqlArgument> argTypeList) {}

    /** In place of the annotation's {@code aggregateSchema}. */
    default Optional<SqlType> getAggregateSqlType() {
        return Optional.empty();
    }

    /** In place of the annotation's {@code returnSchema}. */
    default Optional<SqlType> getReturnSqlType() {
        return Optional.empty();
    }
}
