package streamfn.conformance.ksqldb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.objectweb.asm.AnnotationVisitor;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Opcodes;

/** What is in a jar, read without loading a class: which classes are functions, and what must not be there. */
final class JarContents {
    /** The Java of the oldest servers and the number of its class files. */
    private static final int JAVA = 17;

    private static final int CLASS_FILE = 44 + JAVA;
    private static final List<String> ENGINE = List.of("io/confluent/", "org/apache/kafka/");

    private JarContents() {}

    enum Shape {
        SCALAR("Lio/confluent/ksql/function/udf/UdfDescription;"),
        TABLE("Lio/confluent/ksql/function/udtf/UdtfDescription;"),
        AGGREGATE("Lio/confluent/ksql/function/udaf/UdafDescription;");

        private final String annotation;

        Shape(String annotation) {
            this.annotation = annotation;
        }
    }

    /** The classes that carry one of ksqlDB's annotations. */
    static Map<String, Shape> functionsOf(Path jar) {
        Map<String, Shape> functions = new TreeMap<>();
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                String name = entry.getName();
                if (ENGINE.stream().anyMatch(name::startsWith) && !entry.isDirectory()) {
                    throw new Refusal(jar.toString(), "no class of the server's own", name);
                }
                if (name.endsWith(".class") && !name.startsWith("META-INF/")) {
                    byte[] bytes = zip.getInputStream(entry).readAllBytes();
                    checkVersion(jar, name, bytes);
                    readAnnotations(bytes, name, functions);
                }
            }
        } catch (IOException unreadable) {
            throw new Refusal(jar.toString(), "a jar", unreadable.getMessage(), unreadable);
        }
        if (functions.isEmpty()) {
            throw new Refusal(
                    jar.toString(), "a class with @UdfDescription, @UdtfDescription or @UdafDescription", "none");
        }
        return functions;
    }

    private static void checkVersion(Path jar, String name, byte[] bytes) {
        int version = bytes.length < 8 ? 0 : (bytes[6] & 0xff) << 8 | bytes[7] & 0xff;
        if (version > CLASS_FILE) {
            throw new Refusal(
                    jar.toString(),
                    "class files that the server's JVM reads, for Java " + JAVA + " or older",
                    name + " for Java " + (version - 44));
        }
    }

    private static void readAnnotations(byte[] bytes, String name, Map<String, Shape> functions) {
        new ClassReader(bytes)
                .accept(
                        new ClassVisitor(Opcodes.ASM9) {
                            @Override
                            public AnnotationVisitor visitAnnotation(String descriptor, boolean visible) {
                                for (Shape shape : Shape.values()) {
                                    if (shape.annotation.equals(descriptor) && visible) {
                                        functions.put(name.substring(0, name.length() - 6).replace('/', '.'), shape);
                                    }
                                }
                                return null;
                            }
                        },
                        ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
    }
}
