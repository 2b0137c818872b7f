package streamfn.conformance.ksqldb;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.test.TestRecord;

/** Statements over recorded topics, one record after the other, without a cache: every change comes out. */
final class Run {
    private Run() {}

    private record Task(Statements statements, TopologyTestDriver driver) {
        static Task of(Statements statements) {
            return new Task(statements, new TopologyTestDriver(statements.topology(), config()));
        }
    }

    /** With one task for all partitions, as behind a repartition. */
    static List<Change> of(Supplier<Statements> statements, List<Topics.Recorded> records) {
        return of(statements, records, record -> 0);
    }

    /** With a task for each partition, which has its own state and stream time. */
    static List<Change> byPartition(Supplier<Statements> statements, List<Topics.Recorded> records) {
        return of(statements, records, Topics.Recorded::partition);
    }

    private static List<Change> of(
            Supplier<Statements> statements,
            List<Topics.Recorded> records,
            java.util.function.Function<Topics.Recorded, Integer> taskOf) {
        Map<Integer, Task> tasks = new TreeMap<>();
        List<Change> changes = new ArrayList<>();
        try {
            for (Topics.Recorded record : records) {
                Task task = tasks.computeIfAbsent(taskOf.apply(record), at -> Task.of(statements.get()));
                if (task.statements.reads(record.topic())) {
                    changes.addAll(changes(task, record));
                }
            }
        } finally {
            tasks.values().forEach(task -> task.driver.close());
        }
        return changes;
    }

    private static List<Change> changes(Task task, Topics.Recorded record) {
        task.driver
                .createInputTopic(record.topic(), new StringSerializer(), new StringSerializer())
                .pipeInput(new TestRecord<>(record.key(), record.value(), Instant.ofEpochMilli(record.timestamp())));
        List<Change> changes = new ArrayList<>();
        for (Statements.Output output : task.statements.outputs()) {
            task.driver
                    .createOutputTopic(output.topic(), new StringDeserializer(), new StringDeserializer())
                    .readRecordsToList()
                    .forEach(written -> changes.add(output.change(written, record)));
        }
        return changes;
    }

    private static Properties config() {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "conformance");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:0");
        config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        config.put(
                StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG,
                BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class);
        return config;
    }
}
