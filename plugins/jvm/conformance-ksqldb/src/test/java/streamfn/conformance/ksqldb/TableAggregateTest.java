package streamfn.conformance.ksqldb;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;

/** Aggregates of a table, whose rows change and go: the old row is undone, then the new one is added. */
class TableAggregateTest {
    private static final Catalog CATALOG = Extensions.load(
            JarUnderTest.aggregate(), JarUnderTest.collect(), JarUnderTest.pricing());

    /** What ksqlDB 8.3.1 emitted for its own COUNT and SUM; only the last sum is null and not 0, as it has no row. */
    @Test
    void counts_and_sums_are_ksqldbs_own() {
        GroupBy groupBy = new GroupBy(
                // COUNT(*) is COUNT(ROWTIME) in ksqlDB, and what the time is doesn't matter.
                GroupBy.column("N", CATALOG.aggregate("WASM_COUNT", "BIGINT"), row -> new Object[] {0L}),
                GroupBy.column("SV", CATALOG.aggregate("WASM_SUM", "INT"), row -> new Object[] {row.get("V")}));
        Topology topology = topology("acc", Rows.of("STRUCT<GRP STRING, V INT, S STRING>"), groupBy);
        Topics topics = Topics.of("ksqldb-table-aggregate", "acc");
        assertEquals(
                List.of(
                        "1 x {\"N\":1,\"SV\":1}",
                        "2 x {\"N\":2,\"SV\":3}",
                        "3 x {\"N\":2,\"SV\":7}",
                        "4 x {\"N\":1,\"SV\":2}",
                        "4 y {\"N\":1,\"SV\":7}",
                        "5 x {\"N\":0,\"SV\":null}"),
                run(topology, topics.merged()));
    }

    /** By hand: (10 × 1 + 40 × 2) / 3 is 30, and so on; powers of two and small integers leave no rounding. */
    @Test
    void a_weighted_mean_follows_its_rows() {
        GroupBy groupBy = new GroupBy(GroupBy.column(
                "MEAN",
                CATALOG.aggregate("WASM_WEIGHTED_MEAN", "DOUBLE", "BIGINT"),
                row -> new Object[] {row.get("PRICE"), row.get("SOLD")}));
        Topology topology = topology("offers", Rows.of("STRUCT<GRP STRING, PRICE DOUBLE, SOLD BIGINT>"), groupBy);
        List<Topics.Recorded> records = new ArrayList<>();
        offer(records, "a", "{\"grp\": \"x\", \"price\": 10, \"sold\": 1}");
        offer(records, "b", "{\"grp\": \"x\", \"price\": 40, \"sold\": 2}");
        offer(records, "b", "{\"grp\": \"x\", \"price\": 20, \"sold\": 1}");
        offer(records, "a", "{\"grp\": \"x\", \"price\": null, \"sold\": 1}");
        offer(records, "b", "{\"grp\": \"y\", \"price\": 20, \"sold\": 1}");
        offer(records, "b", null);
        assertEquals(
                List.of(
                        "0 x {\"MEAN\":10.0}",
                        "1 x {\"MEAN\":30.0}",
                        "2 x {\"MEAN\":15.0}",
                        "3 x {\"MEAN\":20.0}",
                        "4 x {\"MEAN\":null}",
                        "4 y {\"MEAN\":20.0}",
                        "5 y {\"MEAN\":null}"),
                run(topology, records));
    }

    /** By hand. Of b the apple goes and a pear comes; the kiwi is b's, in another group; then a's apple goes. */
    @Test
    void collections_follow_their_rows() {
        GroupBy groupBy = new GroupBy(
                GroupBy.column("C", CATALOG.aggregate("WASM_COLLECT", "STRING"), row -> new Object[] {row.get("NAME")}),
                GroupBy.column("H", CATALOG.aggregate("WASM_HISTOGRAM", "STRING"), row -> new Object[] {row.get("NAME")}),
                GroupBy.column("S", CATALOG.aggregate("WASM_COLLECT_SET", "BIGINT"), row -> new Object[] {row.get("SOLD")}),
                GroupBy.column("L", CATALOG.aggregate("WASM_COLLECT_LIST", "BIGINT"), row -> new Object[] {row.get("SOLD")}));
        Topology topology = topology("offers", Rows.of("STRUCT<GRP STRING, NAME STRING, SOLD BIGINT>"), groupBy);
        List<Topics.Recorded> records = new ArrayList<>();
        offer(records, "a", "{\"grp\": \"x\", \"name\": \"apple\", \"sold\": 7}");
        offer(records, "b", "{\"grp\": \"x\", \"name\": \"apple\", \"sold\": 7}");
        offer(records, "b", "{\"grp\": \"x\", \"name\": \"pear\", \"sold\": 8}");
        offer(records, "b", "{\"grp\": \"y\", \"name\": \"kiwi\", \"sold\": 8}");
        offer(records, "a", null);
        assertEquals(
                List.of(
                        "0 x {\"C\":{\"apple\":1},\"H\":{\"apple\":1},\"S\":[7],\"L\":[7]}",
                        "1 x {\"C\":{\"apple\":2},\"H\":{\"apple\":2},\"S\":[7],\"L\":[7,7]}",
                        "2 x {\"C\":{\"apple\":1,\"pear\":1},\"H\":{\"apple\":1,\"pear\":1},\"S\":[7,8],\"L\":[7,8]}",
                        "3 x {\"C\":{\"apple\":1},\"H\":{\"apple\":1},\"S\":[7],\"L\":[7]}",
                        "3 y {\"C\":{\"kiwi\":1},\"H\":{\"kiwi\":1},\"S\":[8],\"L\":[8]}",
                        "4 x {\"C\":{},\"H\":{},\"S\":[],\"L\":[]}"),
                run(topology, records));
    }

    private static void offer(List<Topics.Recorded> records, String key, String value) {
        records.add(new Topics.Recorded("offers", records.size(), key, value, records.size()));
    }

    private static List<String> run(Topology topology, List<Topics.Recorded> records) {
        return Run.of(topology, records, "groups").stream()
                .map(change -> change.rowtime() + " " + change.key() + " " + change.row())
                .toList();
    }

    private static Topology topology(String topic, Rows rows, GroupBy groupBy) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.table(topic, Consumed.with(Serdes.String(), rows.serde()))
                .groupBy(
                        (id, row) -> KeyValue.pair(row.getString("GRP"), row),
                        Grouped.with(Serdes.String(), rows.serde()))
                .aggregate(
                        groupBy::initialize,
                        (group, row, state) -> groupBy.add(row, state),
                        (group, row, state) -> groupBy.undo(row, state),
                        Materialized.<String, Struct>as(Stores.inMemoryKeyValueStore("Aggregate-Materialize"))
                                .withKeySerde(Serdes.String())
                                .withValueSerde(groupBy.states().serde())
                                .withCachingDisabled())
                .mapValues(groupBy::map)
                .toStream()
                .to("groups", Produced.with(Serdes.String(), groupBy.results().serde()));
        return builder.build();
    }
}
