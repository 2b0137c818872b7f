package streamfn.conformance.ksqldb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the command in the checkout, where it finds what `make` put into target/plugins. */
final class Streamfn {
    private Streamfn() {}

    /** What it prints, line by line. */
    static List<String> run(List<String> arguments) {
        Path program = Path.of(System.getProperty("streamfn.command"));
        if (!Files.isExecutable(program)) {
            throw new IllegalStateException("wanted the command at " + program
                    + ", found none: run `make build` in the checkout, or name it with -Dstreamfn.command=PATH");
        }
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        try {
            Path output = Files.createTempFile("streamfn-", ".out");
            try {
                Process process = new ProcessBuilder(command)
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
                return Files.readAllLines(output);
            } finally {
                Files.delete(output);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException stopped) {
            throw new IllegalStateException("interrupted while waiting for " + command, stopped);
        }
    }
}
