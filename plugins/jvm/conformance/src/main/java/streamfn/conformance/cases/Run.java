package streamfn.conformance.cases;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * One case: its SQL started as it stands, its records fed, everything through before the next are fed.
 *
 * <p>Records are fed in their order. Two topics are two inputs of a join, of which nobody knows which goes first; so where the
 * topic changes, what is before is through first. It is when every source has read its topic and a checkpoint of every job is
 * complete that has all of it: its barriers have pushed every row before them into the sinks.
 */
final class Run implements AutoCloseable {
    private static final Pattern SET = Pattern.compile("SET\\s+'([^']*)'\\s*=\\s*'([^']*)'", Pattern.CASE_INSENSITIVE);
    private static final Pattern QUESTION = Pattern.compile(
            "(?:SELECT|WITH|SHOW|DESCRIBE|EXPLAIN)\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private final Cluster cluster;
    private final Broker broker;
    private final boolean failing;
    private final List<JobID> jobs = new ArrayList<>();
    private final StreamTableEnvironment flink;

    record Fed(String topic, Broker.TopicRecord record) {}

    /** A job that ended in a failure that nobody wanted. */
    static final class JobFailed extends Exception {
        private static final long serialVersionUID = 1L;

        JobFailed(Throwable cause) {
            super(cause);
        }
    }

    Run(Cluster cluster, Map<String, String> settings, boolean failing) {
        this.cluster = cluster;
        this.failing = failing;
        broker = new Broker(failing);
        Map<String, String> all = new HashMap<>(Map.of(
                "parallelism.default", "1",
                "execution.checkpointing.interval", "365 d", // only those that are triggered
                "execution.buffer-timeout.interval", "0 ms",
                "restart-strategy.type", failing ? "fixed-delay" : "none",
                "table.local-time-zone", "UTC"));
        if (failing) {
            all.put("restart-strategy.fixed-delay.attempts", "20");
            all.put("restart-strategy.fixed-delay.delay", "0 ms");
        }
        all.putAll(settings);
        StreamExecutionEnvironment environment = cluster.environment(Configuration.fromMap(all), jobs);
        flink = StreamTableEnvironment.create(environment);
        flink.loadModule("connectors", new Connectors(broker));
    }

    /** Starts every job of the SQL. */
    void start(String sql) {
        for (String statement : Statements.of(sql)) {
            Matcher set = SET.matcher(statement);
            if (set.matches()) {
                // One task of each kind: more would have no order.
                if (!set.group(1).endsWith("parallelism") && !set.group(1).equals("parallelism.default")) {
                    flink.getConfig().set(set.group(1), set.group(2));
                }
            } else if (QUESTION.matcher(statement).matches()) {
                throw new IllegalArgumentException("wanted statements that fill tables, found: " + statement);
            } else {
                flink.executeSql(statement);
            }
        }
    }

    /** Feeds a phase; when it returns, all of it is through. */
    void feed(int phase, List<Fed> records) throws JobFailed, InterruptedException {
        broker.begin(phase);
        String topic = null;
        int fed = 0;
        for (Fed next : records) {
            // A source fails at its first record after a checkpoint with others: one has to be in between.
            if (fed > 0 && (failing || !next.topic.equals(topic))) {
                settle();
            }
            broker.append(next.topic, next.record);
            topic = next.topic;
            fed++;
        }
        settle();
    }

    private void settle() throws JobFailed, InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        do {
            do {
                while (!broker.awaitReaders(20)) {
                    throwFailure(end);
                }
                for (JobID job : jobs) {
                    while (cluster.isRunning(job) && !cluster.checkpoint(job)) {
                        throwFailure(end);
                        Thread.sleep(2);
                    }
                }
                throwFailure(end);
            } while (!broker.isCovered());
        } while (broker.commit());
    }

    private void throwFailure(long end) throws JobFailed {
        if (System.nanoTime() > end) {
            throw new JobFailed(new IllegalStateException("the jobs have not read their topics after 60 s"));
        }
        for (JobID job : jobs) {
            Throwable failure = cluster.failure(job);
            if (failure != null) {
                throw new JobFailed(failure);
            }
        }
    }

    Broker broker() {
        return broker;
    }

    @Override
    public void close() {
        cluster.cancel(jobs);
        broker.close();
    }
}
