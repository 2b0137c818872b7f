package streamfn.conformance.cases;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** A question from files, and its answer for people. */
final class ByHand {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ByHand() {}

    static ObjectNode request(String[] arguments) throws IOException {
        ObjectNode request = JSON.createObjectNode();
        ObjectNode settings = request.putObject("settings");
        List<String> paths = new ArrayList<>();
        for (String argument : arguments) {
            if (argument.equals("--failing")) {
                request.put("failing", true);
            } else if (argument.contains("=")) {
                settings.put(argument.substring(0, argument.indexOf('=')), argument.substring(argument.indexOf('=') + 1));
            } else {
                paths.add(argument);
            }
        }
        request.put("sql", Files.readString(Path.of(paths.get(0))));
        ArrayNode phases = request.putArray("phases");
        Path topics = Path.of(paths.get(1));
        List<Path> folders = new ArrayList<>(sorted(topics).stream().filter(Files::isDirectory).toList());
        folders.sort(Comparator.comparingInt(ByHand::number));
        for (Path folder : folders.isEmpty() ? List.of(topics) : folders) {
            ObjectNode phase = phases.addObject().put("name", folder.getFileName().toString());
            List<ObjectNode> records = new ArrayList<>();
            for (Path file : sorted(folder)) {
                String topic = file.getFileName().toString().replace(".jsonl", "");
                for (String line : Files.readAllLines(file)) {
                    if (!line.isBlank()) {
                        records.add(((ObjectNode) JSON.readTree(line)).put("topic", topic));
                    }
                }
            }
            // Topics side by side by time; within one the file has the order.
            records.sort(Comparator.comparingLong(record -> record.path("timestamp").asLong()));
            phase.putArray("records").addAll(records);
        }
        return request;
    }

    /** A phase's: 2 of {@code 2-corrections}. */
    private static int number(Path folder) {
        return Integer.parseInt(folder.getFileName().toString().split("-")[0]);
    }

    private static List<Path> sorted(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.sorted().toList();
        }
    }

    static void show(ObjectNode answer, PrintStream out) throws IOException {
        out.println("Flink " + answer.get("version").asText());
        for (String ended : List.of("refused", "failed")) {
            if (answer.has(ended)) {
                out.println(ended + ": " + answer.get(ended).asText());
            }
        }
        for (JsonNode sink : answer.path("sinks")) {
            out.println(sink.get("sink").asText() + " " + sink.get("columns"));
            for (JsonNode change : sink.get("changes")) {
                out.println("  " + change.get("phase").asText() + "  " + change.get("op").asText() + "  " + change.get("row")
                        + (change.has("record") ? "  writes " + change.get("record") : ""));
            }
        }
    }
}
