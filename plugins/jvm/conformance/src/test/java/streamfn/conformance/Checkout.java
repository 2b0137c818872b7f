package streamfn.conformance;

import static java.util.stream.Collectors.toList;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** What this checkout has for every host: topics, SQL, and the command that replays the one through the other. */
final class Checkout {
    private static final Path ROOT = Path.of(System.getProperty("streamfn.checkout")).normalize();
    private static final ObjectMapper JSON = new ObjectMapper();

    private Checkout() {}

    /** The values of a topic's records. */
    static List<JsonNode> topic(String file) throws IOException {
        return records(ROOT.resolve(file)).stream().map(record -> record.get("value")).collect(toList());
    }

    /** The SELECT of a pipeline's only INSERT. */
    static String query(String file) throws IOException {
        String sql = Files.readString(ROOT.resolve(file));
        int insert = sql.indexOf("INSERT INTO ");
        return sql.substring(sql.indexOf("SELECT", insert), sql.lastIndexOf(';'));
    }

    /** Every change that the harness makes of a topic with a pipeline in Flink's SQL. */
    static List<JsonNode> replayed(String sql, String topic, String file) throws Exception {
        Path command = Path.of(System.getProperty("streamfn.command")).normalize();
        assertTrue(Files.isExecutable(command), "no command at " + command + ": `make build`, or name it with -Dstreamfn.command");
        Path out = Files.createTempFile("changes", ".jsonl");
        Path errors = Files.createTempFile("errors", ".txt");
        Process process = new ProcessBuilder(
                        command.toString(), "replay", "--dialect", "flink", "--changelog", "--format", "json",
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
        return records(out);
    }

    private static List<JsonNode> records(Path jsonl) throws IOException {
        List<JsonNode> records = new ArrayList<>();
        for (String line : Files.readAllLines(jsonl)) {
            if (!line.isBlank()) {
                records.add(JSON.readTree(line));
            }
        }
        return records;
    }
}
