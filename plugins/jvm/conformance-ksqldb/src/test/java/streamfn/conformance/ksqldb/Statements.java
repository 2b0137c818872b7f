package streamfn.conformance.ksqldb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.test.TestRecord;

/**
 * The statements of one SQL file, as the Kafka Streams operators that ksqlDB builds for them. A record's key is a JSON
 * array of the key's columns, and a row has those columns too, as a row has in ksqlDB.
 */
final class Statements {
    final StreamsBuilder builder = new StreamsBuilder();
    private final Set<String> sources = new HashSet<>();
    private final Map<String, String> times = new HashMap<>();
    private final List<Output> outputs = new ArrayList<>();

    /** A topic that a statement writes: what is in its key, and in the rest of its rows. */
    record Output(String topic, String op, List<String> key, List<String> columns) {
        String table() {
            return topic.toUpperCase(Locale.ROOT);
        }

        Change change(TestRecord<String, String> written, Topics.Recorded cause) {
            JsonNode values = written.value() == null ? null : Rows.parse(written.value());
            JsonNode keys = written.key() == null ? null : Rows.parse(written.key());
            ObjectNode row = JsonNodeFactory.instance.objectNode();
            columns.forEach(column -> row.set(column, values == null ? row.nullNode() : values.get(column)));
            for (int at = 0; at < key.size(); at++) {
                row.set(key.get(at), keys == null ? row.nullNode() : keys.get(at));
            }
            ObjectNode origin = JsonNodeFactory.instance.objectNode();
            origin.put("topic", cause.topic()).put("partition", cause.partition()).put("offset", cause.offset());
            return new Change(table(), values == null ? "delete" : op, written.timestamp(), row, origin);
        }
    }

    /** {@code CREATE STREAM}: its topic, the columns of its key, its other columns. */
    KsqlStream stream(String topic, String key, String columns) {
        sources.add(topic);
        Rows rows = Rows.of(key + ", " + columns);
        return new KsqlStream(
                this,
                builder.stream(topic, Consumed.with(Serdes.String(), rows.serde()))
                        .mapValues((id, row) -> row == null ? null : rows.withKey(id, row)),
                rows);
    }

    /** {@code CREATE TABLE}, likewise. */
    KsqlTable<String> table(String topic, String key, String columns) {
        sources.add(topic);
        Rows rows = Rows.of(key + ", " + columns);
        return new KsqlTable<>(
                this,
                builder.table(topic, Consumed.with(Serdes.String(), rows.serde()))
                        .mapValues((id, row) -> row == null ? null : rows.withKey(id, row)),
                rows,
                id -> id,
                List.of());
    }

    /** {@code WITH (TIMESTAMP = 'column')} of a source: its name in the records. */
    Statements timestamp(String topic, String column) {
        times.put(topic, column);
        return this;
    }

    void writes(String topic, String op, List<String> key, Rows rows) {
        List<String> columns = new ArrayList<>(rows.columns());
        columns.removeAll(key);
        if (outputs.stream().noneMatch(output -> output.topic.equals(topic))) {
            outputs.add(new Output(topic, op, key, columns));
        }
    }

    boolean reads(String topic) {
        return sources.contains(topic);
    }

    Map<String, String> times() {
        return times;
    }

    List<Output> outputs() {
        return outputs;
    }

    Topology topology() {
        return builder.build();
    }

    /** A row's columns, as a function takes them. */
    interface Values {
        Object[] of(Struct row);
    }

    /** The same of a joined pair; what the outer side lacks is null. */
    interface Joined {
        Object[] of(Struct left, Struct right);
    }
}
