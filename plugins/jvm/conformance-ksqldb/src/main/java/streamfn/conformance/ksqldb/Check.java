package streamfn.conformance.ksqldb;

import java.nio.file.Path;
import java.util.stream.Stream;

/** {@code Check FILE.jar…}: loads jars as a server would, and prints the functions that are there then, or why none is. */
public final class Check {
    private Check() {}

    public static void main(String[] jars) {
        try {
            Catalog catalog = Extensions.load(Stream.of(jars).map(Path::of).toArray(Path[]::new));
            catalog.names().forEach(name -> catalog.overloads(name).forEach(System.out::println));
        } catch (Refusal refusal) {
            System.err.println("error: " + refusal.getMessage());
            System.exit(2);
        }
    }
}
