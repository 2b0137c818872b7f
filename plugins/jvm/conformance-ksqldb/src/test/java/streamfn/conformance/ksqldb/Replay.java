package streamfn.conformance.ksqldb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What the harness makes of the same SQL and the same topics, with the component itself. */
final class Replay {
    private Replay() {}

    static List<Change> of(String sql, String table, Topics topics) throws IOException, InterruptedException {
        Path program = Path.of(System.getProperty("streamfn.command"));
        if (!Files.isExecutable(program)) {
            throw new IllegalStateException("wanted the command " + program + ", found none: run `make build`");
        }
        List<String> command = new ArrayList<>(List.of(program.toString(), "replay", "--changelog"));
        command.addAll(List.of("--format", "json"));
        command.addAll(List.of("--sql", Topics.checkout().resolve("sql/ksqldb/" + sql).toString(), "--table", table));
        for (Map.Entry<String, Path> topic : topics.files().entrySet()) {
            command.addAll(List.of("--topic", topic.getKey() + "=" + topic.getValue()));
        }
        Path output = Files.createTempFile("streamfn-", ".jsonl");
        try {
            Process process = new ProcessBuilder(command)
                    // There it finds the checkout's target/plugins, wherever the command itself is.
                    .directory(Topics.checkout().toFile())
                    .redirectOutput(output.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("wanted an answer within 60 s, found none: " + command);
            }
            if (process.exitValue() != 0) {
                throw new IllegalStateException("wanted exit code 0, found " + process.exitValue() + ": " + command);
            }
            return Files.readAllLines(output).stream().map(Change::ofReplay).toList();
        } finally {
            Files.delete(output);
        }
    }
}
