package streamfn.conformance.ksqldb;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.test.TestRecord;

/** A topology over recorded topics, one record after the other, without a cache: every change comes out. */
final class Run {
    private Run() {}

    static List<Change> of(Topology topology, List<Topics.Recorded> records, String output) {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "conformance");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:0");
        config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        config.put(
                StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG,
                BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class);
        List<Change> changes = new ArrayList<>();
        try (TopologyTestDriver driver = new TopologyTestDriver(topology, config)) {
            TestOutputTopic<String, String> topic =
                    driver.createOutputTopic(output, new StringDeserializer(), new StringDeserializer());
            for (Topics.Recorded record : records) {
                driver.createInputTopic(record.topic(), new StringSerializer(), new StringSerializer())
                        .pipeInput(new TestRecord<>(
                                record.key(),
                                record.value(),
                                java.time.Instant.ofEpochMilli(record.timestamp())));
                topic.readRecordsToList().forEach(change -> changes.add(Change.of(change, record)));
            }
        }
        return changes;
    }
}
