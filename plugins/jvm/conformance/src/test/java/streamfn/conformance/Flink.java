package streamfn.conformance;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;

/** A Flink in this JVM, one task at a time so that changes have one order, and what comes out of its queries. */
final class Flink {
    final StreamExecutionEnvironment jobs;
    final StreamTableEnvironment sql;

    private Flink(Configuration configuration, EnvironmentSettings settings) {
        jobs = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        jobs.setParallelism(1);
        sql = StreamTableEnvironment.create(jobs, settings);
        sql.getConfig().set("table.local-time-zone", "UTC");
        for (Functions functions : Functions.values()) {
            functions.register(sql);
        }
    }

    static Flink streaming() {
        return streaming(Map.of());
    }

    static Flink streaming(Map<String, String> options) {
        return new Flink(Configuration.fromMap(options), EnvironmentSettings.inStreamingMode());
    }

    static Flink batch() {
        return new Flink(new Configuration(), EnvironmentSettings.inBatchMode());
    }

    Flink with(String option, String value) {
        sql.getConfig().set(option, value);
        return this;
    }

    /** Local aggregates before global ones, over buffers of two rows. */
    Flink inTwoPhases() {
        return with("table.exec.mini-batch.enabled", "true")
                .with("table.exec.mini-batch.allow-latency", "1 s")
                .with("table.exec.mini-batch.size", "2")
                .with("table.optimizer.agg-phase-strategy", "TWO_PHASE");
    }

    /** A view over {@code VALUES}. */
    Flink table(String name, String columns, String... rows) {
        String values = String.join(", ", rows);
        sql.executeSql("CREATE TEMPORARY VIEW " + name + " AS SELECT * FROM (VALUES " + values + ") AS t(" + columns + ")");
        return this;
    }

    /** Every change, in order. */
    List<Row> changes(String query) throws Exception {
        List<Row> rows = new ArrayList<>();
        CloseableIterator<Row> results = sql.executeSql(query).collect();
        try {
            results.forEachRemaining(rows::add);
        } finally {
            results.close();
        }
        return rows;
    }

    /** What is left when every change has been made, sorted as text. */
    List<String> table(String query) throws Exception {
        Map<Row, Integer> table = new LinkedHashMap<>();
        for (Row change : changes(query)) {
            int count = change.getKind() == RowKind.INSERT || change.getKind() == RowKind.UPDATE_AFTER ? 1 : -1;
            change.setKind(RowKind.INSERT);
            table.merge(change, count, Integer::sum);
        }
        table.values().removeIf(count -> count == 0);
        return table.entrySet().stream()
                .map(row -> (row.getValue() == 1 ? "" : row.getValue() + " times ") + row.getKey())
                .sorted()
                .collect(Collectors.toList());
    }

    /** The sentences of an exception and its causes, as a user reads them. */
    static String told(Throwable failure) {
        StringBuilder told = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            told.append(cause.getMessage()).append('\n');
        }
        return told.toString();
    }
}
