package streamfn.conformance.ksqldb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** A jar of classes that a test writes down: the one way to break a single rule and keep all others. */
final class SourceJar {
    private static final String IMPORTS =
            """
            import io.confluent.ksql.function.udaf.*;
            import io.confluent.ksql.function.udf.*;
            import io.confluent.ksql.function.udtf.*;
            import io.confluent.ksql.util.*;
            import java.util.*;
            import org.apache.kafka.connect.data.*;
            """;

    private SourceJar() {}

    /** Each of {@code sources} begins with its class; options are the compiler's. */
    static Path of(List<String> options, String... sources) {
        try {
            return JarUnderTest.write(
                    Files.createTempDirectory("streamfn-").resolve("broken.jar"), compile(options, sources));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    static Map<String, byte[]> compile(List<String> options, String... sources) throws IOException {
        Path classes = Files.createTempDirectory("streamfn-");
        List<JavaFileObject> files = new ArrayList<>();
        for (String source : sources) {
            String name = source.replaceFirst("(?s).*?\\bclass (\\w+).*", "$1");
            files.add(new Source(name, IMPORTS + source));
        }
        List<String> all = new ArrayList<>(options);
        all.addAll(List.of("-d", classes.toString(), "-proc:none"));
        all.addAll(List.of("-classpath", System.getProperty("java.class.path")));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (!compiler.getTask(null, null, null, all, null, files).call()) {
            throw new IllegalArgumentException("does not compile");
        }
        Map<String, byte[]> entries = new TreeMap<>();
        try (Stream<Path> walk = Files.list(classes)) {
            for (Path file : walk.toList()) {
                entries.put(file.getFileName().toString(), Files.readAllBytes(file));
                Files.delete(file);
            }
        }
        Files.delete(classes);
        return entries;
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
