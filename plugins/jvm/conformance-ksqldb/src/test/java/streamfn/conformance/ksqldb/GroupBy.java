package streamfn.conformance.ksqldb;

import java.util.List;
import org.apache.kafka.connect.data.Struct;

/**
 * The aggregates of one SELECT with GROUP BY, as ksqlDB runs them: one row of states for each group, and what the
 * functions make of it.
 */
final class GroupBy {
    private final List<Column> columns;
    private final Rows states;
    private final Rows results;

    /**
     * {@code f(arguments) AS name}
     *
     * @param ofNothing what the query has where the function has null: ksqlDB's SUM of nothing is 0
     */
    record Column(
            String name,
            Function.Aggregate.Callsite callsite,
            java.util.function.Function<Struct, Object[]> arguments,
            Object ofNothing) {
        Column orElse(Object ofNothing) {
            return new Column(name, callsite, arguments, ofNothing);
        }

        Object result(Struct state) {
            Object result = callsite.map(state.get("S_" + name));
            return result == null ? ofNothing : result;
        }
    }

    GroupBy(Column... columns) {
        this.columns = List.of(columns);
        this.states = Rows.of(struct(column -> new SqlType.Part("S_" + column.name, column.callsite.state())));
        this.results = Rows.of(struct(column -> new SqlType.Part(column.name, column.callsite.result())));
    }

    static Column column(
            String name, Function.Aggregate function, java.util.function.Function<Struct, Object[]> arguments) {
        return new Column(name, function.callsite(), arguments, null);
    }

    Rows states() {
        return states;
    }

    Rows results() {
        return results;
    }

    Struct initialize() {
        return states.row(columns.stream().map(column -> column.callsite.initialize()).toArray());
    }

    Struct add(Struct row, Struct state) {
        return change(row, state, Function.Aggregate.Callsite::aggregate);
    }

    Struct undo(Struct row, Struct state) {
        return change(row, state, Function.Aggregate.Callsite::undo);
    }

    Struct map(Struct state) {
        return results.row(columns.stream().map(column -> column.result(state)).toArray());
    }

    Struct merge(Struct older, Struct newer) {
        return states.row(columns.stream()
                .map(column -> column.callsite.merge(older.get("S_" + column.name), newer.get("S_" + column.name)))
                .toArray());
    }

    private interface Change {
        Object apply(Function.Aggregate.Callsite callsite, Object state, Object[] arguments);
    }

    private Struct change(Struct row, Struct state, Change change) {
        return states.row(columns.stream()
                .map(column -> change.apply(
                        column.callsite, state.get("S_" + column.name), column.arguments.apply(row)))
                .toArray());
    }

    private SqlType struct(java.util.function.Function<Column, SqlType.Part> part) {
        return SqlType.struct(columns.stream().map(part).toList());
    }
}
