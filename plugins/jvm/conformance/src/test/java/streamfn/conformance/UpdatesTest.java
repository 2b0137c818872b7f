package streamfn.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.table.api.Schema;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows that are taken back, and accumulators that are joined: every way in which Flink does so gives what one pass gives. */
class UpdatesTest {
    private static final TypeInformation<Row> SALE = Types.ROW_NAMED(
            new String[] {"shop", "price", "weight", "at"}, Types.STRING, Types.DOUBLE, Types.LONG, Types.LONG);
    /** In the order in which they arrive; the time is in seconds. */
    private static final List<Row> SALES = List.of(
            Row.of("a", 2.5, 1L, 0L), Row.of("a", 4.0, 3L, 4L), Row.of("b", 1.5, 2L, 3L), Row.of("a", 8.5, 1L, 20L),
            Row.of("b", 0.5, 6L, 4L), Row.of("a", 1.0, 4L, 22L), Row.of("c", 9.5, 0L, 5L), Row.of("a", 3.0, 2L, 2L));
    private static final String AGGREGATES = "SUM(weight), SUM(price), COUNT(*), WEIGHTED_MEAN(price, weight),"
            + " COLLECT(CAST(weight AS STRING))";
    private static final String TOTALS = "SELECT shop, " + AGGREGATES + " FROM sales GROUP BY shop";
    private static final String DEAREST = "SELECT shop, MAX(price) AS price, COUNT(*) AS weight FROM sales GROUP BY shop";
    private static final List<String> EXPECTED = List.of(
            "+I[a, 11, 19.0, 5, 3.0, {1=2, 2=1, 3=1, 4=1}]", "+I[b, 8, 2.0, 2, 0.75, {2=1, 6=1}]",
            "+I[c, 0, 9.5, 1, null, {0=1}]");

    @ParameterizedTest
    @EnumSource
    void one_pass(Functions functions) throws Exception {
        assertEquals(EXPECTED, streaming().table(functions.in(TOTALS)));
    }

    @ParameterizedTest
    @EnumSource
    void rows_that_an_inner_aggregate_updates_are_retracted(Functions functions) throws Exception {
        // Of each shop its dearest sale so far, then all shops in one: each change takes the old row back.
        String query = "SELECT " + functions.in(AGGREGATES) + " FROM (" + DEAREST + ")";
        List<Row> changes = streaming().changes(query);
        assertTrue(changes.stream().anyMatch(change -> change.getKind() == RowKind.UPDATE_BEFORE));
        assertEquals("+U[8, 19.5, 3, 6.875, {1=1, 2=1, 5=1}]", changes.get(changes.size() - 1).toString());
    }

    @ParameterizedTest
    @EnumSource
    void a_group_whose_rows_are_all_retracted_is_gone(Functions functions) throws Exception {
        // How many shops have made so many sales: each number but the last is left again.
        String query = "SELECT n, " + functions.in("SUM(n), COUNT(*)")
                + " FROM (SELECT shop, COUNT(*) AS n FROM sales GROUP BY shop) GROUP BY n";
        assertEquals(List.of("+I[1, 1, 1]", "+I[2, 2, 1]", "+I[5, 5, 1]"), streaming().table(query));
    }

    @ParameterizedTest
    @EnumSource
    void local_and_global_aggregates_are_merged(Functions functions) throws Exception {
        Flink flink = streaming().inTwoPhases();
        String query = functions.in(TOTALS);
        assertTrue(flink.sql.explainSql(query).contains("LocalGroupAggregate"));
        assertEquals(EXPECTED, flink.table(query));
    }

    @ParameterizedTest
    @EnumSource
    void local_aggregates_that_only_take_back_are_merged(Functions functions) throws Exception {
        Flink flink = streaming().inTwoPhases().with("table.exec.mini-batch.size", "1");
        String query = "SELECT " + functions.in(AGGREGATES) + " FROM (" + DEAREST + ")";
        assertTrue(flink.sql.explainSql(query).contains("LocalGroupAggregate"));
        assertEquals(List.of("+I[8, 19.5, 3, 6.875, {1=1, 2=1, 5=1}]"), flink.table(query));
    }

    @ParameterizedTest
    @EnumSource
    void a_batch_in_two_phases_is_merged(Functions functions) throws Exception {
        Flink flink = batch().with("table.optimizer.agg-phase-strategy", "TWO_PHASE");
        String query = functions.in(TOTALS);
        assertTrue(flink.sql.explainSql(query).contains("LocalSortAggregate"), flink.sql.explainSql(query));
        assertEquals(EXPECTED, flink.table(query));
    }

    @ParameterizedTest
    @EnumSource
    void sessions_that_grow_together_are_merged(Functions functions) throws Exception {
        // Of `a` the rows at 0 and 4 are two sessions until the one at 2 joins them; those at 20 and 22 are another.
        String sessions = "SELECT shop, " + AGGREGATES + ", BASKET_TOTALS(`at` * 1000, CAST(weight AS INT), price)"
                + " FROM TABLE(SESSION(TABLE sales PARTITION BY shop, DESCRIPTOR(moment), INTERVAL '3' SECOND))"
                + " GROUP BY shop, window_start, window_end";
        assertEquals(
                List.of(
                        "+I[a, 5, 9.5, 2, 2.5, {1=1, 4=1}, +I[1970-01-01T00:00:22Z, 5, 12.5]]",
                        "+I[a, 6, 9.5, 3, 3.4166666666666665, {1=1, 2=1, 3=1}, +I[1970-01-01T00:00:04Z, 6, 20.5]]",
                        "+I[b, 8, 2.0, 2, 0.75, {2=1, 6=1}, +I[1970-01-01T00:00:04Z, 8, 6.0]]",
                        "+I[c, 0, 9.5, 1, null, {0=1}, +I[1970-01-01T00:00:05Z, 0, 0.0]]"),
                streaming().table(functions.in(sessions)));
    }

    @ParameterizedTest
    @EnumSource
    void the_time_of_a_row_is_a_timestamp(Functions functions) throws Exception {
        assertEquals(List.of("+I[1970-01-01T00:00:22Z]"), streaming().table(functions.in("SELECT MAX(moment) FROM sales")));
    }

    private static Flink streaming() {
        Flink flink = Flink.streaming();
        Schema schema = Schema.newBuilder()
                .columnByExpression("moment", "TO_TIMESTAMP_LTZ(`at`, 0)")
                // No row is late.
                .watermark("moment", "moment - INTERVAL '1' HOUR")
                .build();
        flink.sql.createTemporaryView("sales", Rows.arriving(flink.jobs, SALES, SALE), schema);
        return flink;
    }

    private static Flink batch() {
        String[] sales = SALES.stream()
                .map(sale -> String.format(
                        "('%s', CAST(%s AS DOUBLE), CAST(%s AS BIGINT))", sale.getField(0), sale.getField(1), sale.getField(2)))
                .toArray(String[]::new);
        return Flink.batch().table("sales", "shop, price, weight", sales);
    }
}
