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
    static List<JsonNode> replayed(String sql, String topic, String file, String... plugins) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "replay", "--dialect", "flink", "--changelog", "--format", "json", "--sql", sql, "--topic", topic + "=" + file));
        for (String plugin : plugins) {
            arguments.addAll(List.of("--plugin", plugin));
        }
        return records(run(arguments.toArray(String[]::new)));
    }

    /** The jar of a component, packed as a user packs it. */
    static Path packed(String component) {
        try {
            Path jar = Files.createTempDirectory("packed").resolve(Path.of(component).getFileName() + ".jar");
            run("pack", "--engine", "flink", component, "-o", jar.toString());
            return jar;
        } catch (IOException | InterruptedException failed) {
            throw new IllegalStateException(failed);
        }
    }

    /** What the command prints, in a file. It runs in the checkout, where it finds what `make` put into target/plugins. */
    private static Path run(String... arguments) throws IOException, InterruptedException {
        Path program = Path.of(System.getProperty("streamfn.command")).toAbsolutePath().normalize();
        assertTrue(Files.isExecutable(program), "no command at " + program + ": `make build`, or name it with -Dstreamfn.command");
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile("out", ".txt");
        Path errors = Files.createTempFile("errors", ".txt");
        Process process = new ProcessBuilder(command)
                .directory(ROOT.toFile())
                .redirectOutput(out.toFile())
                .redirectError(errors.toFile())
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(command + " has not ended after 60 s");
        }
        if (process.exitValue() != 0) {
            throw new AssertionError(command + ": " + Files.readString(errors));
        }
        return out;
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
