package streamfn.conformance.ksqldb;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Recorded topics, {@code harness/cases/…/topics/*.jsonl}, in the order in which the harness takes them. */
final class Topics {
    private Topics() {}

    /**
     * One record of a topic.
     *
     * @param key a JSON array of the key's columns; null is no key
     * @param timestamp the record's, or that of the column which the source has it from
     */
    record Recorded(String topic, int partition, int offset, String key, String value, long timestamp) {}

    static Path checkout() {
        return Path.of(System.getProperty("streamfn.checkout"));
    }

    /**
     * Of all partitions the head with the least timestamp is next; of two, that of the earlier topic.
     *
     * @param times the column that a topic's records have their time from, if one has
     */
    static List<Recorded> merged(Map<String, Path> files, Map<String, String> times) {
        List<Deque<Recorded>> partitions = new ArrayList<>();
        files.forEach((topic, file) -> partitions.addAll(read(topic, file, times.get(topic))));
        List<Recorded> merged = new ArrayList<>();
        while (true) {
            Deque<Recorded> next = null;
            for (Deque<Recorded> partition : partitions) {
                if (!partition.isEmpty() && (next == null || partition.peek().timestamp < next.peek().timestamp)) {
                    next = partition;
                }
            }
            if (next == null) {
                return merged;
            }
            merged.add(next.remove());
        }
    }

    private static Collection<Deque<Recorded>> read(String topic, Path file, String time) {
        try {
            Map<Integer, Deque<Recorded>> partitions = new TreeMap<>();
            for (String line : Files.readAllLines(file)) {
                JsonNode json = Rows.parse(line);
                JsonNode key = json.get("key");
                JsonNode value = json.get("value");
                int partition = json.path("partition").intValue();
                Deque<Recorded> records = partitions.computeIfAbsent(partition, none -> new ArrayDeque<>());
                records.add(new Recorded(
                        topic,
                        partition,
                        records.size(),
                        key.isNull() ? null : "[" + key + "]",
                        value.isNull() ? null : value.toString(),
                        (time == null ? json.get("timestamp") : value.get(time)).longValue()));
            }
            return partitions.values();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
