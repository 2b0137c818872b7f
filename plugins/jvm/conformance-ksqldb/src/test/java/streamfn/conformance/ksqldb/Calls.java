package streamfn.conformance.ksqldb;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.connect.data.Struct;

/**
 * ksqlDB's own aggregates by the packed functions, and what is different about them: where ksqlDB's answer to no value at
 * all is a zero, a component's is null.
 */
final class Calls {
    private static final Catalog CATALOG =
            Extensions.load(JarUnderTest.aggregate(), JarUnderTest.collect(), JarUnderTest.enrich(), JarUnderTest.pricing());

    private Calls() {}

    interface Argument {
        Object of(Struct row);
    }

    static Argument column(String name) {
        return row -> row.get(name);
    }

    /** A component function of one argument, as it is. */
    static GroupBy.Column call(String function, String type, String name, Argument argument) {
        return callOfSeveral(function, type, name, row -> new Object[] {argument.of(row)});
    }

    /** And of several, whose types stand between commas. */
    static GroupBy.Column callOfSeveral(String function, String types, String name, Statements.Values arguments) {
        return GroupBy.column(name, CATALOG.aggregate(function, types.split(", ")), arguments::of);
    }

    /** COUNT(*) is COUNT(ROWTIME), and what the time is doesn't matter. */
    static GroupBy.Column count(String name) {
        return call("WASM_COUNT", "BIGINT", name, row -> 0L);
    }

    static GroupBy.Column count(String type, String name, Argument argument) {
        return call("WASM_COUNT", type, name, argument);
    }

    /** Of nothing 0. */
    static GroupBy.Column sum(String type, String name, Argument argument) {
        Object zero =
                switch (type) {
                    case "INT" -> 0;
                    case "BIGINT" -> 0L;
                    default -> 0.0;
                };
        return call("WASM_SUM", type, name, argument).orElse(zero);
    }

    /** Of nothing 0.0. */
    static GroupBy.Column avg(String type, String name, Argument argument) {
        return call("WASM_AVG", type, name, argument).orElse(0.0);
    }

    /** LATEST_BY_OFFSET goes by arrival, LATEST by a number that it is given: the count of rows. */
    static GroupBy.Column latest(String type, String name, Argument argument) {
        AtomicLong arrived = new AtomicLong();
        return callOfSeveral("WASM_LATEST", type + ", BIGINT", name, row -> new Object[] {
            argument.of(row), arrived.getAndIncrement()
        });
    }

    /** The only overload of a scalar function. */
    static Function.Row.Callsite scalar(String function) {
        return ((Function.Row) CATALOG.overloads(function).get(0)).callsite();
    }

    static Function.Row.Callsite scalar(String function, String... types) {
        return CATALOG.scalar(function, types).callsite();
    }
}
