package streamfn.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * Names into multisets, four groups of them: Flink's own COLLECT, the Java twin, and the classes that the arguments name. All
 * of them give out a multiset after so many rows of a mini-batch: after each row they would do little else.
 */
public final class CollectJob {
    private static final int GROUPS = 4;
    private static final int[] NAMES = {10, 1_000, 100_000};
    private static final String BUILT_IN = "built-in";
    private static final String TWIN = "streamfn.twin.Collect";
    private static final int BATCH = 500_000;

    private CollectJob() {}

    public static void main(String[] components) throws Exception {
        List<String> contenders = new ArrayList<>(List.of(BUILT_IN, TWIN));
        contenders.addAll(Arrays.asList(components));
        Contest contest = new Contest(contenders, TWIN, 5_000_000, 1_000_000);
        contest.run("    10 names, after each row", (contender, rows) -> run(contender, rows, 10, 1));
        for (int names : NAMES) {
            String what = String.format("%6d names, every %,d rows", names, BATCH);
            contest.run(what, (contender, rows) -> run(contender, rows, names, BATCH));
        }
    }

    private static double run(String contender, long rows, int names, int batch) throws Exception {
        StreamExecutionEnvironment jobs = StreamExecutionEnvironment.getExecutionEnvironment(new Configuration());
        jobs.setParallelism(1);
        StreamTableEnvironment flink = StreamTableEnvironment.create(jobs);
        if (batch > 1) {
            flink.getConfig().set("table.exec.mini-batch.enabled", "true");
            flink.getConfig().set("table.exec.mini-batch.allow-latency", "1 h");
            flink.getConfig().set("table.exec.mini-batch.size", Integer.toString(batch));
            flink.getConfig().set("table.optimizer.agg-phase-strategy", "ONE_PHASE");
        }
        flink.executeSql("CREATE TABLE purchases (shop INT, n INT, name AS CONCAT('product ', CAST(n AS STRING))) WITH ("
                + "'connector' = 'datagen', 'number-of-rows' = '" + rows + "', 'rows-per-second' = '100000000',"
                + " 'fields.shop.min' = '1', 'fields.shop.max' = '" + GROUPS + "',"
                + " 'fields.n.min' = '1', 'fields.n.max' = '" + names + "')");
        flink.executeSql("CREATE TABLE products (shop INT, names MULTISET<STRING>) WITH ('connector' = 'blackhole')");
        String function = "COLLECT";
        if (!contender.equals(BUILT_IN)) {
            function = "COLLECT_NAMES";
            flink.executeSql("CREATE TEMPORARY FUNCTION COLLECT_NAMES AS '" + contender + "'");
        }
        try (ThreadTime aggregating = new ThreadTime("GroupAggregate")) {
            flink.executeSql("INSERT INTO products SELECT shop, " + function + "(name) FROM purchases GROUP BY shop").await();
            return aggregating.seconds();
        }
    }
}
