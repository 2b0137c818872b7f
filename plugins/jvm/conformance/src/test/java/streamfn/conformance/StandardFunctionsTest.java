package streamfn.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every function of the standard jars, over every type that it takes: what Flink's own functions give, or by hand. */
class StandardFunctionsTest {
    private static final Map<String, String> JARS = Map.of(
            "aggregate", "Avg Count Earliest Latest Max MaxWithRetract Min MinWithRetract Sum",
            "collect", "Collect CollectList CollectSet Histogram",
            "enrich", "UnnestEntries WithProduct WithUser");
    /** By type two values, the smaller one first. */
    private static final Map<String, List<String>> VALUES = Map.ofEntries(
            Map.entry("TINYINT", List.of("CAST(-1 AS TINYINT)", "CAST(2 AS TINYINT)")),
            Map.entry("SMALLINT", List.of("CAST(-1 AS SMALLINT)", "CAST(2 AS SMALLINT)")),
            Map.entry("INT", List.of("-1", "2")),
            Map.entry("BIGINT", List.of("CAST(-1 AS BIGINT)", "CAST(2 AS BIGINT)")),
            Map.entry("FLOAT", List.of("CAST(-1.5 AS FLOAT)", "CAST(2.25 AS FLOAT)")),
            Map.entry("DOUBLE", List.of("CAST(-1.5 AS DOUBLE)", "CAST(2.25 AS DOUBLE)")),
            Map.entry("DECIMAL", List.of("CAST(-1.50 AS DECIMAL(10, 2))", "CAST(2.25 AS DECIMAL(10, 2))")),
            Map.entry("STRING", List.of("'a?b'", "'ü'")),
            Map.entry("DATE", List.of("DATE '1969-12-31'", "DATE '2023-12-16'")),
            Map.entry("TIME", List.of("TIME '00:00:01'", "TIME '21:52:54'")),
            Map.entry("TIMESTAMP", List.of("TIMESTAMP '1969-12-31 23:59:59.999'", "TIMESTAMP '2023-12-16 21:52:54.397'")),
            Map.entry("TIMESTAMP_LTZ", List.of("TO_TIMESTAMP_LTZ(-1, 3)", "TO_TIMESTAMP_LTZ(1702763574397, 3)")));

    @ParameterizedTest
    @ValueSource(strings = {
        "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "STRING", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ"
    })
    void an_aggregate_over_each_type(String type) throws Exception {
        List<String> values = VALUES.get(type);
        boolean number = !type.matches("STRING|DATE|TIME.*");
        // The first and the last row have the smaller one.
        String own = "COLLECT(x), COUNT(x), MAX(x), MIN(x), MAX(x), MIN(x), 2, 2, 3, MIN(x), MIN(x)";
        String ours = "STD_COLLECT(x), STD_COUNT(x), STD_MAX(x), STD_MIN(x), STD_MAX_WITH_RETRACT(x), STD_MIN_WITH_RETRACT(x),"
                + " CARDINALITY(STD_COLLECT_SET(x)), CARDINALITY(STD_HISTOGRAM(x)), CARDINALITY(STD_COLLECT_LIST(x)),"
                + " STD_EARLIEST(x, n), STD_LATEST(x, n)";
        String columns = "CAST(n AS BIGINT) AS n, x FROM rows_of_one";
        for (Flink flink : List.of(registered(Flink.streaming()), registered(Flink.batch()))) {
            flink.table("rows_of_one", "n, x", "(1, " + values.get(0) + ")", "(2, " + values.get(1) + ")", "(3, " + values.get(0) + ")");
            List<String> wanted = flink.table("SELECT " + own + (number ? ", SUM(x)" : "") + " FROM (SELECT " + columns + ")");
            List<String> found = flink.table("SELECT " + ours + (number ? ", STD_SUM(x)" : "") + " FROM (SELECT " + columns + ")");
            assertEquals(wanted, found);
        }
    }

    /** -1, 2 and -1 are nothing in all; of three numbers with two digits after the point the mean has no more. */
    @Test
    void a_mean() throws Exception {
        Flink flink = registered(Flink.streaming()).table("numbers", "i, c", "(-1, 1.50)", "(2, 2.50)", "(-1, 3.50)");
        assertEquals(List.of("+I[0.0, 0.0, 2.50]"), flink.table("SELECT STD_AVG(i), STD_AVG(CAST(i AS BIGINT)), STD_AVG(c) FROM numbers"));
    }

    @Test
    void values_in_their_order() throws Exception {
        Flink flink = registered(Flink.streaming()).table("names", "name", "('b')", "('a')", "('b')");
        Row last = last(flink, "SELECT STD_COLLECT_LIST(name), STD_COLLECT_LIST(name, 3), STD_COLLECT_SET(name), STD_HISTOGRAM(name) FROM names");
        assertEquals(List.of("b", "a", "b"), List.of(last.<Object[]>getFieldAs(0)));
        assertEquals(List.of("b", "a", "b"), List.of(last.<Object[]>getFieldAs(1)));
        assertEquals(List.of("a", "b"), List.of(last.<Object[]>getFieldAs(2)).stream().sorted().toList());
        assertEquals(Map.of("a", 1L, "b", 2L), last.getField(3));
    }

    @Test
    void entries_become_rows_again() throws Exception {
        Flink flink = registered(Flink.streaming()).table("names", "name", "('b')", "('a')", "('b')");
        for (String function : List.of("STD_COLLECT", "STD_HISTOGRAM", "COLLECT")) {
            String query = "SELECT e.* FROM (SELECT " + function + "(name) AS m FROM names), LATERAL TABLE(STD_UNNEST_ENTRIES(m)) AS e";
            assertEquals(List.of("+I[a, 1]", "+I[b, 2]"), flink.table(query));
        }
    }

    @Test
    void rows_are_joined_into_one() throws Exception {
        String event = "CAST(ROW(7, 'p1', 2.5, 's') AS ROW<event_time BIGINT, product_id STRING, price DOUBLE, user_session STRING>)";
        String user = "CAST(ROW('Ada', 'L', 'a@b', CAST(NULL AS STRING)) AS ROW<firstname STRING, lastname STRING, email STRING, address STRING>)";
        Flink flink = registered(Flink.batch());
        assertEquals(
                List.of("+I[+I[7, p1, 2.5, s, Ada, L, a@b, null], +I[s, Ada, L, a@b, null, 2.5, chair]]"),
                flink.table("SELECT e, STD_WITH_PRODUCT(e, CAST(ROW('chair') AS ROW<product_name STRING>)) FROM (SELECT STD_WITH_USER("
                        + event + ", " + user + ") AS e)"));
    }

    private static Row last(Flink flink, String query) throws Exception {
        List<Row> changes = flink.changes(query);
        return changes.get(changes.size() - 1);
    }

    private static Flink registered(Flink flink) {
        JARS.forEach((component, classes) -> {
            for (String type : classes.split(" ")) {
                String name = type.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT);
                flink.sql.executeSql("CREATE TEMPORARY FUNCTION STD_" + name + " AS 'streamfn." + component + "." + type
                        + "' USING JAR '" + Functions.jar("target/plugins/" + component + ".wasm") + "'");
            }
        });
        return flink;
    }
}
