package streamfn.conformance;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Smartshop's aggregation: Flink's own functions, ours, and the harness make the same changes for every session. */
class SmartshopTest {
    private static final String TOPIC = "harness/cases/smartshop/topics/smartshop-basket.jsonl";
    private static final String THREE_COLUMNS = "sql/flink/smartshop.sql";
    private static final String ONE_ROW = "sql/flink/smartshop-basket-totals.sql";
    private static final TypeInformation<Row> BASKET = Types.ROW_NAMED(
            new String[] {"session_id", "ts", "sku", "qty", "unit_price"},
            Types.STRING, Types.LONG, Types.STRING, Types.INT, Types.DOUBLE);

    /** A change as both sides say it: `+U 2023-12-16T21:52:54.397Z 6 335.71`. */
    private record Change(String session, String text) {}

    @Test
    void the_finals_of_flinks_own_functions_are_the_documented_ones() throws Exception {
        assertEquals(
                Map.of(
                        "978d646d0d8340b9923733ebe22cb952", "+U 2023-12-16T21:52:54.397Z 6 335.71",
                        "759c1c73a8e942c0a0344b28bff01be0", "+U 2023-12-16T21:53:23.494Z 8 248.2",
                        "646660cc080b4e32a0b391914c885702", "+U 2023-12-16T21:54:05.628Z 9 532.25"),
                finals(changes(Flink.streaming(), Checkout.query(THREE_COLUMNS))));
    }

    @Test
    void the_harness_makes_the_changes_that_flink_makes() throws Exception {
        Map<String, List<String>> flink = changes(Flink.streaming(), Checkout.query(THREE_COLUMNS));
        assertEquals(flink, replayed(THREE_COLUMNS));
        assertEquals(flink, replayed(ONE_ROW));
    }

    @ParameterizedTest
    @EnumSource
    void our_functions_make_the_changes_that_flinks_own_make(Functions functions) throws Exception {
        Map<String, List<String>> flink = changes(Flink.streaming(), Checkout.query(THREE_COLUMNS));
        assertEquals(flink, changes(Flink.streaming(), functions.in(Checkout.query(THREE_COLUMNS))));
        assertEquals(flink, changes(Flink.streaming(), functions.in(Checkout.query(ONE_ROW))));
    }

    @ParameterizedTest
    @CsvSource({"hashmap", "rocksdb"})
    void a_failure_and_recovery_change_nothing(String state) throws Exception {
        for (Functions functions : Functions.values()) {
            for (String sql : List.of(THREE_COLUMNS, ONE_ROW)) {
                String query = functions.in(Checkout.query(sql));
                Map<String, List<String>> undisturbed = changes(Flink.streaming(), query);
                Flink flink = Flink.streaming(Map.of(
                        "state.backend.type", state,
                        "execution.checkpointing.interval", "20 ms",
                        "restart-strategy.type", "fixed-delay",
                        "restart-strategy.fixed-delay.attempts", "1",
                        "restart-strategy.fixed-delay.delay", "0 s"));
                List<Row> rows = rows();
                assertEquals(undisturbed, changes(flink, query, Rows.interrupted(flink.jobs, rows, BASKET)));

                Rows.Course course = Rows.course();
                assertEquals(1, course.failures);
                assertTrue(course.restored > 0, "no checkpoint was restored");
                assertNotEquals(rows.get(0), course.resumed, "the job began anew");
            }
        }
    }

    private static Map<String, List<String>> changes(Flink flink, String query) throws Exception {
        return changes(flink, query, Rows.arriving(flink.jobs, rows(), BASKET));
    }

    private static Map<String, List<String>> changes(Flink flink, String query, DataStream<Row> basket) throws Exception {
        flink.sql.createTemporaryView("basket", basket);
        return bySession(flink.changes(query).stream().map(SmartshopTest::change).collect(toList()));
    }

    /** The three columns may stand by themselves or in a ROW. */
    private static Change change(Row change) {
        Row totals = change.getArity() == 2
                ? change.<Row>getFieldAs(1)
                : Row.of(change.getField(1), change.getField(2), change.getField(3));
        String text = change.getKind().shortString() + " " + totals.getField(0) + " " + totals.getField(1) + " " + totals.getField(2);
        return new Change(change.getFieldAs(0), text);
    }

    private static Map<String, List<String>> replayed(String sql) throws Exception {
        return bySession(Checkout.replayed(sql, "smartshop-basket", TOPIC).stream().map(SmartshopTest::change).collect(toList()));
    }

    private static Change change(JsonNode change) {
        JsonNode row = change.get("row");
        JsonNode totals = row.has("totals") ? row.get("totals") : row;
        String text = change.get("op").asText() + " " + Instant.ofEpochMilli(totals.get("ts").asLong())
                + " " + totals.get("sum_qty").asInt() + " " + totals.get("total_price").asDouble();
        return new Change(row.get("session_id").asText(), text);
    }

    private static Map<String, List<String>> bySession(List<Change> changes) {
        return changes.stream()
                .collect(groupingBy(Change::session, LinkedHashMap::new, mapping(Change::text, toList())));
    }

    private static Map<String, String> finals(Map<String, List<String>> changes) {
        Map<String, String> finals = new LinkedHashMap<>();
        changes.forEach((session, texts) -> finals.put(session, texts.get(texts.size() - 1)));
        return finals;
    }

    private static List<Row> rows() throws Exception {
        return Checkout.topic(TOPIC).stream()
                .map(value -> Row.of(
                        value.get("session_id").asText(), value.get("ts").asLong(), value.get("sku").asText(),
                        value.get("qty").asInt(), value.get("unit_price").asDouble()))
                .collect(toList());
    }
}
