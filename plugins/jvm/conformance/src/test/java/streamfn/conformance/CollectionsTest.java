package streamfn.conformance;

import static java.util.stream.Collectors.toList;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Aggregates over a map that Flink keeps entry by entry, and functions that give rows. */
class CollectionsTest {
    private static final String TOPIC = "harness/cases/smartshop/topics/smartshop-basket.jsonl";
    private static final TypeInformation<Row> BASKET = Types.ROW_NAMED(
            new String[] {"session_id", "sku", "unit_price"}, Types.STRING, Types.STRING, Types.DOUBLE);
    private static final String SKUS = "SELECT session_id, COLLECT(sku) AS skus FROM basket GROUP BY session_id";
    private static final String RANGES =
            "SELECT session_id, PRICE_RANGE(sku, unit_price), COLLECT(sku) FROM basket GROUP BY session_id";

    @ParameterizedTest
    @EnumSource
    void each_change_is_that_of_flinks_own_collect(Functions functions) throws Exception {
        List<Row> own = changes(Flink.streaming(), SKUS);
        assertTrue(own.size() > rows().size());
        assertEquals(own, changes(Flink.streaming(), functions.in(SKUS)));
    }

    /** The harness has no row of before; and a group that did not change is none to Flink. */
    @Test
    void each_change_is_that_of_the_harness() throws Exception {
        Path sql = Files.createTempFile("collect", ".sql");
        Files.writeString(sql, "CREATE TABLE basket (session_id STRING, sku STRING) WITH ('connector' = 'kafka', 'topic' = 't',"
                + " 'properties.bootstrap.servers' = 'localhost:9092', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');\n"
                + "CREATE TABLE skus (session_id STRING, skus MULTISET<STRING>) WITH ('connector' = 'print');\n"
                + "INSERT INTO skus " + SKUS + ";\n");
        List<JsonNode> replayed = Checkout.replayed(sql.toString(), "t", TOPIC, "target/plugins/collect.wasm");
        List<Row> component = changes(Flink.streaming(), Functions.COMPONENT.in(SKUS));
        assertEquals(
                component.stream().map(CollectionsTest::entries).collect(toList()),
                replayed.stream().map(change -> entries(change.get("row"))).collect(toList()));
    }

    private static Map<String, Object> entries(Row change) {
        Map<String, Object> entries = new HashMap<>(Map.of("session", change.getFieldAs(0)));
        entries.putAll(change.<Map<String, Integer>>getFieldAs(1));
        return entries;
    }

    private static Map<String, Object> entries(JsonNode row) {
        Map<String, Object> entries = new HashMap<>(Map.of("session", row.get("session_id").asText()));
        row.get("skus").properties().forEach(entry -> entries.put(entry.getKey(), entry.getValue().asInt()));
        return entries;
    }

    @ParameterizedTest
    @CsvSource({"hashmap", "rocksdb"})
    void a_failure_and_recovery_change_nothing(String state) throws Exception {
        List<Row> undisturbed = changes(Flink.streaming(), Functions.TWIN.in(RANGES));
        for (Functions functions : Functions.values()) {
            Flink flink = Flink.streaming(Map.of(
                    "state.backend.type", state,
                    "execution.checkpointing.interval", "20 ms",
                    "restart-strategy.type", "fixed-delay",
                    "restart-strategy.fixed-delay.attempts", "1",
                    "restart-strategy.fixed-delay.delay", "0 s"));
            List<Row> rows = rows();
            flink.sql.createTemporaryView("basket", Rows.interrupted(flink.jobs, rows, BASKET));
            assertEquals(undisturbed, flink.changes(functions.in(RANGES)));

            Rows.Course course = Rows.course();
            assertEquals(1, course.failures);
            assertTrue(course.restored > 0, "no checkpoint was restored");
            assertNotEquals(rows.get(0), course.resumed, "the job began anew");
        }
    }

    @ParameterizedTest
    @EnumSource
    void two_phases_join_the_entries_of_one_key(Functions functions) throws Exception {
        String query = functions.in("SELECT shop, PRICE_RANGE(article, price) FROM offers GROUP BY shop");
        List<String> expected = List.of(
                "+I[r, {pear=+I[2.5, 2.5, 1]}]", "+I[s, {apple=+I[0.5, 1.5, 3], pear=+I[2.0, 2.0, 1]}]");
        String[] offers = {
            "('s', 'apple', 1.5e0)", "('s', 'pear', 2e0)", "('s', 'apple', 0.5e0)", "('s', CAST(NULL AS STRING), 9e0)",
            "('r', 'pear', 2.5e0)", "('s', 'apple', 1e0)", "('s', 'apple', CAST(NULL AS DOUBLE))"
        };
        Flink stream = Flink.streaming().table("offers", "shop, article, price", offers);
        assertEquals(expected, stream.table(query));
        stream.inTwoPhases();
        assertTrue(stream.sql.explainSql(query).contains("LocalGroupAggregate"));
        assertEquals(expected, stream.table(query));
        Flink batch = Flink.batch().table("offers", "shop, article, price", offers);
        assertEquals(expected, batch.table(query));
        batch.with("table.optimizer.agg-phase-strategy", "TWO_PHASE");
        assertTrue(batch.sql.explainSql(query).contains("LocalSortAggregate"), batch.sql.explainSql(query));
        assertEquals(expected, batch.table(query));
    }

    @ParameterizedTest
    @EnumSource
    void a_group_without_a_key_has_no_entries(Functions functions) throws Exception {
        Flink flink = Flink.streaming().table("names", "name", "(CAST(NULL AS STRING))");
        assertEquals(List.of("+I[{}]"), flink.table(functions.in("SELECT COLLECT(name) FROM names")));
    }

    @Test
    void a_row_that_is_retracted_and_was_never_added_is_an_error() {
        Flink flink = Flink.streaming();
        List<Row> rows = List.of(
                Row.ofKind(RowKind.INSERT, "a"), Row.ofKind(RowKind.INSERT, "c"), Row.ofKind(RowKind.DELETE, "b"));
        flink.sql.createTemporaryView(
                "names", flink.sql.fromChangelogStream(Rows.arriving(flink.jobs, rows, Types.ROW_NAMED(new String[] {"name"}, Types.STRING))));
        String told = Flink.told(assertThrows(
                RuntimeException.class, () -> flink.changes(Functions.COMPONENT.in("SELECT COLLECT(name) FROM names"))));
        assertTrue(told.contains("WASM_COLLECT failed in getValue ()"), told);
        assertTrue(told.contains("wanted each row to be added before it is retracted, found -1 of \"b\""), told);
    }

    @ParameterizedTest
    @EnumSource
    void a_table_function_gives_a_row_for_each_element(Functions functions) throws Exception {
        String[] baskets = {"(1, 'apple:2, pear')", "(2, '')", "(3, CAST(NULL AS STRING))", "(4, 'kiwi:7')"};
        String query = functions.in("SELECT n, l.* FROM baskets, LATERAL TABLE(BASKET_LINES(basket)) AS l");
        List<String> expected = List.of("+I[1, apple, 2]", "+I[1, pear, 1]", "+I[4, kiwi, 7]");
        for (Flink flink : List.of(Flink.streaming(), Flink.batch())) {
            assertEquals(expected, flink.table("baskets", "n, basket", baskets).table(query));
        }
        String outer = functions.in("SELECT n, a FROM baskets LEFT JOIN LATERAL TABLE(BASKET_LINES(basket)) AS l(a, q) ON TRUE");
        assertEquals(
                List.of("+I[1, apple]", "+I[1, pear]", "+I[2, null]", "+I[3, null]", "+I[4, kiwi]"),
                Flink.streaming().table("baskets", "n, basket", baskets).table(outer));
    }

    @ParameterizedTest
    @EnumSource
    void a_row_that_a_table_function_refuses(Functions functions) {
        Flink flink = Flink.streaming().table("baskets", "basket", "('apple:2')", "('kiwi:many')");
        String query = functions.in("SELECT l.* FROM baskets, LATERAL TABLE(BASKET_LINES(basket)) AS l");
        String told = Flink.told(assertThrows(RuntimeException.class, () -> flink.changes(query)));
        String sentence = "BASKET_LINES refused the row in eval (basket = \"kiwi:many\"): no quantity: \"many\" in \"kiwi:many\"";
        assertTrue(told.contains(sentence), told);
    }

    private static List<Row> changes(Flink flink, String query) throws Exception {
        flink.sql.createTemporaryView("basket", Rows.arriving(flink.jobs, rows(), BASKET));
        return flink.changes(query);
    }

    private static List<Row> rows() throws Exception {
        return Checkout.topic(TOPIC).stream()
                .map(value -> Row.of(value.get("session_id").asText(), value.get("sku").asText(), value.get("unit_price").asDouble()))
                .collect(toList());
    }
}
