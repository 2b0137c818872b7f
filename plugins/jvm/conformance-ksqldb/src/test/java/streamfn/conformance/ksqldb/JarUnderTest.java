package streamfn.conformance.ksqldb;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** The jars that all tests load, packed as a user packs them; and one made by hand, to be broken in every way. */
final class JarUnderTest {
    private JarUnderTest() {}

    private static final Path AGGREGATE = packed("target/plugins/aggregate.wasm");
    private static final Path COLLECT = packed("target/plugins/collect.wasm");
    private static final Path ENRICH = packed("target/plugins/enrich.wasm");
    private static final Path PRICING = packed("harness/tests/elsewhere/target/plugins/acme-pricing.wasm");

    static Path aggregate() {
        return AGGREGATE;
    }

    static Path collect() {
        return COLLECT;
    }

    static Path enrich() {
        return ENRICH;
    }

    static Path pricing() {
        return PRICING;
    }

    private static Path packed(String component) {
        try {
            Path jar = Files.createTempDirectory("streamfn-").resolve(Path.of(component).getFileName() + ".jar");
            // What is named last is deleted first.
            jar.getParent().toFile().deleteOnExit();
            jar.toFile().deleteOnExit();
            Streamfn.run(List.of("pack", "--engine", "ksqldb", component, "-o", jar.toString()));
            return jar;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Functions of one package and what they extend, as a packed jar holds them. */
    static Path byHand(String name, String classes) {
        try {
            Map<String, byte[]> entries = new TreeMap<>();
            entries.putAll(classes(JarUnderTest.class, classes));
            entries.putAll(classes(streamfn.ksqldb.WasmUdf.class, "streamfn/ksqldb/"));
            return write(Files.createTempDirectory("streamfn-").resolve(name + "-ksqldb.jar"), entries);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    static Path write(Path jar, Map<String, byte[]> entries) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
            }
        }
        // What is named last is deleted first.
        jar.getParent().toFile().deleteOnExit();
        jar.toFile().deleteOnExit();
        return jar;
    }

    static Map<String, byte[]> read(Path jar) throws IOException {
        Map<String, byte[]> entries = new TreeMap<>();
        try (var zip = new java.util.zip.ZipFile(jar.toFile())) {
            for (ZipEntry entry : zip.stream().filter(each -> !each.isDirectory()).map(ZipEntry.class::cast).toList()) {
                try (InputStream in = zip.getInputStream(entry)) {
                    entries.put(entry.getName(), in.readAllBytes());
                }
            }
        }
        return entries;
    }

    /** From the jar or the directory that {@code neighbour} comes from. */
    private static Map<String, byte[]> classes(Class<?> neighbour, String folder) throws IOException {
        Path from;
        try {
            from = Path.of(neighbour.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
        if (Files.isDirectory(from)) {
            return below(from, folder);
        }
        try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + from.toUri()), Map.of())) {
            return below(jar.getPath("/"), folder);
        }
    }

    private static Map<String, byte[]> below(Path root, String folder) throws IOException {
        Map<String, byte[]> entries = new TreeMap<>();
        List<Path> files;
        try (Stream<Path> walk = Files.walk(root.resolve(folder))) {
            files = walk.filter(file -> file.toString().endsWith(".class")).toList();
        }
        for (Path file : files) {
            entries.put(root.relativize(file).toString(), Files.readAllBytes(file));
        }
        return entries;
    }
}
