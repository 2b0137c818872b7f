package streamfn.conformance.cases;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Asks a real Flink about cases.
 *
 * <p>Without arguments it answers requests, one JSON object a line: {@code {"sql": …, "phases": [{"name": …, "records":
 * [{"topic": …, "key": …, "value": …, "timestamp": …, "partition": …}, …]}, …], "settings": {…}, "failing": false}}. The answer
 * is a line with {@code version} and either {@code sinks}, each with its columns and its changes by phase, and
 * {@code failures}; or {@code refused} with the statement's refusal; or {@code failed} with the reason a job ended for.
 *
 * <p>With a file of SQL and a folder as arguments it prints the changes. The folder has topics ({@code TOPIC.jsonl}), or
 * folders of topics, one a phase, in the order of their names. {@code --failing} injects failures, {@code key=value} sets an
 * option of Flink's.
 */
public final class CaseRunner {
    private static final ObjectMapper JSON = new ObjectMapper();

    private CaseRunner() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err);
        try (Cluster cluster = new Cluster()) {
            if (arguments.length > 0) {
                ByHand.show(answer(cluster, ByHand.request(arguments)), out);
                return;
            }
            BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                out.write((JSON.writeValueAsString(answer(cluster, JSON.readTree(line))) + "\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        }
    }

    private static ObjectNode answer(Cluster cluster, JsonNode request) throws IOException, InterruptedException {
        ObjectNode answer = JSON.createObjectNode().put("version", EnvironmentInformation.getVersion());
        Map<String, String> settings = new HashMap<>();
        request.path("settings").properties().forEach(field -> settings.put(field.getKey(), field.getValue().asText()));
        try (Run run = new Run(cluster, settings, request.path("failing").asBoolean())) {
            try {
                run.start(request.get("sql").asText());
            } catch (RuntimeException refusal) {
                return answer.put("refused", told(refusal));
            }
            try {
                int phase = 0;
                for (JsonNode next : request.get("phases")) {
                    run.feed(phase++, records(next.get("records")));
                }
            } catch (Run.JobFailed failed) {
                return answer.put("failed", told(failed.getCause()));
            }
            answer.put("failures", run.broker().failures());
            answer.set("sinks", sinks(run.broker(), request.get("phases")));
        }
        return answer;
    }

    private static List<Run.Fed> records(JsonNode records) throws IOException {
        List<Run.Fed> fed = new ArrayList<>();
        for (JsonNode record : records) {
            fed.add(new Run.Fed(record.get("topic").asText(), new Broker.TopicRecord(
                    record.path("partition").asInt(), record.path("timestamp").asLong(),
                    bytes(record.get("key")), bytes(record.get("value")))));
        }
        return fed;
    }

    /** A record's key or value. Text is one of the format {@code raw}: JSON's has an object. */
    private static byte[] bytes(JsonNode json) throws IOException {
        if (json == null || json.isNull()) {
            return null;
        }
        return json.isTextual() ? json.asText().getBytes(StandardCharsets.UTF_8) : JSON.writeValueAsBytes(json);
    }

    private static ArrayNode sinks(Broker broker, JsonNode phases) {
        ArrayNode sinks = JSON.createArrayNode();
        broker.written().forEach((described, written) -> {
            ObjectNode sink = described.deepCopy();
            ArrayNode changes = sink.putArray("changes");
            for (Broker.Written change : written) {
                ObjectNode shown = changes.addObject()
                        .put("phase", phases.get(change.phase()).path("name").asText())
                        .put("op", change.kind());
                shown.set("row", change.row());
                if (change.record() != null) {
                    ObjectNode record = shown.putObject("record").put("topic", change.topic());
                    record.put("key", text(change.record().key())).put("value", text(change.record().value()));
                }
            }
            sinks.add(sink);
        });
        return sinks;
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    /** The sentences of an exception and its causes, as a user reads them. */
    private static String told(Throwable failure) {
        Set<String> sentences = new LinkedHashSet<>();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            sentences.add(String.valueOf(cause.getMessage()));
        }
        return String.join("\n", sentences);
    }
}
