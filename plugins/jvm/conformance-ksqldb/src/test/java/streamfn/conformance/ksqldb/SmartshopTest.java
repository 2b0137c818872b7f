package streamfn.conformance.ksqldb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.streams.Topology;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kafka Streams with the jar's functions, and the harness with the component: the same records, one by one. */
class SmartshopTest {
    private static final Catalog CATALOG = Extensions.load(JarUnderTest.aggregate());

    @ParameterizedTest
    @ValueSource(strings = {"smartshop", "smartshop-corrections"})
    void in_one_function_every_record_is_the_harnesss(String harnessCase) throws Exception {
        same(Smartshop.inOneFunction(CATALOG), "smartshop-basket-totals.sql", harnessCase);
    }

    /** The corrections hold sums of nothing but nulls, which are null in a component and 0 in ksqlDB's own SUM. */
    @Test
    void in_three_functions_every_record_is_the_harnesss() throws Exception {
        same(Smartshop.inThreeFunctions(CATALOG), "smartshop.sql", "smartshop");
    }

    private static void same(Topology topology, String sql, String harnessCase) throws Exception {
        Topics topics = Topics.of(harnessCase, Smartshop.BASKET, Smartshop.CHECKOUT);
        for (String table : List.of(Smartshop.AGGREGATED, Smartshop.RESULT)) {
            List<Change> harness = Replay.of(sql, table, topics);
            assertFalse(harness.isEmpty(), table);
            List<Change> streams = Run.of(topology, topics.merged(), table);
            for (int at = 0; at < Math.min(harness.size(), streams.size()); at++) {
                assertEquals(harness.get(at), streams.get(at), table + ", change " + at);
            }
            assertEquals(harness.size(), streams.size(), table);
        }
    }

    /**
     * No basket loses its sum, so the aggregated table is written to directly. As ksqlDB 8.3.1 showed for such a join
     * (harness/cases/ksqldb-table-join): a row that WHERE drops after it was there is a tombstone of the dropping
     * record's time, one that never was there is nothing.
     */
    @Test
    void a_row_that_where_drops_is_a_tombstone_if_it_was_there() {
        List<Topics.Recorded> records = List.of(
                new Topics.Recorded(Smartshop.CHECKOUT, 0, "a", "{\"ts\": 100, \"shop_id\": \"s1\"}", 1),
                new Topics.Recorded(Smartshop.AGGREGATED, 0, "a", "{\"TOTALS\": {\"SUM_QTY\": null}}", 2),
                new Topics.Recorded(Smartshop.AGGREGATED, 1, "a", "{\"TOTALS\": {\"SUM_QTY\": 3}}", 3),
                new Topics.Recorded(Smartshop.AGGREGATED, 2, "a", "{\"TOTALS\": {\"SUM_QTY\": null}}", 4),
                new Topics.Recorded(Smartshop.AGGREGATED, 3, "a", null, 5));
        List<String> changes = Run.of(Smartshop.inOneFunction(CATALOG), records, Smartshop.RESULT).stream()
                .map(change -> change.rowtime() + " " + (change.row() == null ? null : change.row().get("SUM_QTY")))
                .toList();
        assertEquals(List.of("100 3", "4 null"), changes);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void the_final_table_is_the_documented_one(boolean inOneFunction) throws IOException {
        Topology topology = inOneFunction ? Smartshop.inOneFunction(CATALOG) : Smartshop.inThreeFunctions(CATALOG);
        Topics topics = Topics.of("smartshop", Smartshop.BASKET, Smartshop.CHECKOUT);
        Map<String, String> table = new LinkedHashMap<>();
        for (Change change : Run.of(topology, topics.merged(), Smartshop.RESULT)) {
            table.put(change.key(), cells(change.row()));
        }
        assertEquals(documented(), table);
    }

    /** In the page's order of columns and with its two decimals. */
    private static String cells(JsonNode row) {
        BigDecimal price = BigDecimal.valueOf(row.get("TOTAL_PRICE").doubleValue()).setScale(2, RoundingMode.HALF_EVEN);
        return Stream.of("SHOP_ID", "CLIENT_ID", "TS", "SUM_QTY").map(column -> row.get(column).asText() + " ").reduce(
                        "", String::concat)
                + price;
    }

    private static Map<String, String> documented() throws IOException {
        Path table = Topics.checkout().resolve("harness/cases/smartshop/tables/" + Smartshop.RESULT + ".txt");
        Map<String, String> rows = new LinkedHashMap<>();
        Files.readAllLines(table).stream().filter(line -> line.startsWith("|")).skip(1).forEach(line -> {
            String[] cells = line.split("\\|");
            StringBuilder row = new StringBuilder();
            for (int at = 2; at < cells.length; at++) {
                row.append(at == 2 ? "" : " ").append(cells[at].strip());
            }
            rows.put(cells[1].strip(), row.toString());
        });
        return rows;
    }
}
