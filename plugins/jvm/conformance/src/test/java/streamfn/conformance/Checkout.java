package streamfn.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** What this checkout has for every host: topics, SQL, and the command that replays the one through the other. */
final class Checkout {
    private static final Path ROOT = Path.of(System.getProperty("streamfn.checkout")).normalize();
    private static final ObjectMapper JSON = new ObjectMapper();

    private Checkout() {}

    /** The values of a topic's records. */
    static List<JsonNode> topic(String file) throws IOException {
        return lines(Files.readAllLines(ROOT.resolve(file)).stream()).stream().map(record -> record.get("value")).collect(Collectors.toList());
    }

    /** The SELECT of a pipeline's only INSERT. */
    static String query(String file) throws IOException {
        String sql = Files.readString(ROOT.resolve(file));
        int insert = sql.indexOf("INSERT INTO ");
        return sql.substring(sql.indexOf("SELECT", insert), sql.lastIndexOf(';'));
    }

    /** Every change that the harness makes of a topic with a pipeline in Flink's SQL. */
    static List<JsonNode> replayed(String sql, String topic, String file) throws Exception {
        Path out = Files.createTempFile("changes", ".jsonl");
        Path errors = Files.createTempFile("errors", ".txt");
        Process process = new ProcessBuilder(
                        System.getProperty("streamfn.command"), "replay", "--dialect", "flink", "--changelog", "--format", "json",
                        "--sql", ROOT.resolve(sql).toString(), "--topic", topic + "=" + ROOT.resolve(file))
                .redirectOutput(out.toFile())
                .redirectError(errors.toFile())
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("streamfn replay has not ended after 60 s");
        }
        if (process.exitValue() != 0) {
            throw new AssertionError("streamfn replay: " + Files.readString(errors));
        }
        return lines(Files.readAllLines(out).stream());
    }

    private static List<JsonNode> lines(Stream<String> lines) throws IOException {
        List<String> texts = lines.filter(line -> !line.isBlank()).collect(Collectors.toList());
        return JSON.readValue("[" + String.join(",", texts) + "]", JSON.getTypeFactory().constructCollectionType(List.class, JsonNode.class));
    }
}
