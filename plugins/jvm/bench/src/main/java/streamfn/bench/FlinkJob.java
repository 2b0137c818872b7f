package streamfn.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * Five million rows through Smartshop's aggregation in a streaming job: Flink's own functions, the Java twin, and the classes
 * that the arguments name.
 */
public final class FlinkJob {
    private static final long ROWS = 5_000_000;
    private static final long WARM_UP = 1_000_000;
    private static final int[] KEYS = {1, 10_000};
    private static final String BUILT_IN = "built-in";
    private static final String TWIN = "streamfn.twin.BasketTotals";

    private FlinkJob() {}

    public static void main(String[] components) throws Exception {
        List<String> contenders = new ArrayList<>(List.of(BUILT_IN, TWIN));
        contenders.addAll(Arrays.asList(components));
        Contest contest = new Contest(contenders, TWIN, ROWS, WARM_UP);
        for (int keys : KEYS) {
            contest.run(String.format("%6d keys", keys), (contender, rows) -> run(contender, rows, keys));
        }
    }

    private static double run(String contender, long rows, int keys) throws Exception {
        StreamExecutionEnvironment jobs = StreamExecutionEnvironment.getExecutionEnvironment(new Configuration());
        jobs.setParallelism(1);
        StreamTableEnvironment flink = StreamTableEnvironment.create(jobs);
        flink.executeSql("CREATE TABLE basket (session INT, ts BIGINT, qty INT, unit_price DOUBLE) WITH ('connector' = 'datagen',"
                + " 'number-of-rows' = '" + rows + "', 'fields.session.min' = '1', 'fields.session.max' = '" + keys + "',"
                + " 'fields.ts.min' = '1702763539281', 'fields.ts.max' = '1702764539281', 'fields.qty.min' = '-2', 'fields.qty.max' = '5',"
                + " 'fields.unit_price.min' = '0', 'fields.unit_price.max' = '100', 'rows-per-second' = '100000000')");
        if (contender.equals(BUILT_IN)) {
            flink.executeSql("CREATE TABLE totals (session INT, ts TIMESTAMP_LTZ(3), sum_qty INT, total_price DOUBLE)"
                    + " WITH ('connector' = 'blackhole')");
        } else {
            flink.executeSql("CREATE TABLE totals (session INT, totals ROW<ts TIMESTAMP_LTZ(3), sum_qty INT, total_price DOUBLE>)"
                    + " WITH ('connector' = 'blackhole')");
            flink.executeSql("CREATE TEMPORARY FUNCTION BASKET_TOTALS AS '" + contender + "'");
        }
        String columns = contender.equals(BUILT_IN)
                ? "MAX(TO_TIMESTAMP_LTZ(ts, 3)), SUM(qty), SUM(qty * unit_price)"
                : "BASKET_TOTALS(ts, qty, unit_price)";
        try (ThreadTime aggregating = new ThreadTime("GroupAggregate")) {
            flink.executeSql("INSERT INTO totals SELECT session, " + columns + " FROM basket GROUP BY session").await();
            return aggregating.seconds();
        }
    }
}
