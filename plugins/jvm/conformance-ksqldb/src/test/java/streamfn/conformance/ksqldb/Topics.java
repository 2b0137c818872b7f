package streamfn.conformance.ksqldb;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Recorded topics, {@code harness/cases/…/topics/*.jsonl}, in the order in which the harness takes them. */
final class Topics {
    private final Map<String, Path> files;

    record Recorded(String topic, int offset, String key, String value, long timestamp) {}

    private Topics(Map<String, Path> files) {
        this.files = files;
    }

    /** The order of the names decides between records of one time. */
    static Topics of(String harnessCase, String... names) {
        Map<String, Path> files = new LinkedHashMap<>();
        for (String name : names) {
            files.put(name, checkout().resolve("harness/cases/" + harnessCase + "/topics/" + name + ".jsonl"));
        }
        return new Topics(files);
    }

    static Path checkout() {
        return Path.of(System.getProperty("streamfn.checkout"));
    }

    Map<String, Path> files() {
        return files;
    }

    /** Of all topics the head with the least timestamp is next; within a topic, offset order. */
    List<Recorded> merged() {
        List<Deque<Recorded>> topics = new ArrayList<>();
        files.forEach((name, file) -> topics.add(read(name, file)));
        List<Recorded> merged = new ArrayList<>();
        while (true) {
            Deque<Recorded> next = null;
            for (Deque<Recorded> topic : topics) {
                if (!topic.isEmpty() && (next == null || topic.peek().timestamp < next.peek().timestamp)) {
                    next = topic;
                }
            }
            if (next == null) {
                return merged;
            }
            merged.add(next.remove());
        }
    }

    private static Deque<Recorded> read(String topic, Path file) {
        try {
            Deque<Recorded> records = new ArrayDeque<>();
            for (String line : Files.readAllLines(file)) {
                JsonNode json = Rows.parse(line);
                JsonNode value = json.get("value");
                records.add(new Recorded(
                        topic,
                        records.size(),
                        json.get("key").textValue(),
                        value.isNull() ? null : value.toString(),
                        json.get("timestamp").longValue()));
            }
            return records;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
