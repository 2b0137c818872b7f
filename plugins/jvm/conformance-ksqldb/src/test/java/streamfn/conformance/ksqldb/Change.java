package streamfn.conformance.ksqldb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import org.apache.kafka.streams.test.TestRecord;

/**
 * One record of a table's topic.
 *
 * @param row the columns beside the key; null is a tombstone
 * @param origin topic and offset of the record that caused it
 */
record Change(String key, JsonNode row, long rowtime, String origin) {
    static Change of(TestRecord<String, String> output, Topics.Recorded cause) {
        JsonNode row = output.value() == null ? null : Rows.parse(output.value());
        return new Change(output.key(), row, output.timestamp(), cause.topic() + " " + cause.offset());
    }

    /** As {@code streamfn replay --changelog --format json} writes it, with the key as the first column. */
    static Change ofReplay(String line) {
        JsonNode json = Rows.parse(line);
        JsonNode origin = json.get("origin");
        ObjectNode row = JsonNodeFactory.instance.objectNode();
        Iterator<String> names = json.get("row").fieldNames();
        String key = json.get("row").get(names.next()).textValue();
        names.forEachRemaining(name -> row.set(name, json.get("row").get(name)));
        return new Change(
                key,
                json.get("op").textValue().equals("delete") ? null : row,
                json.get("rowtime").longValue(),
                origin.get("topic").textValue() + " " + origin.get("offset"));
    }
}
