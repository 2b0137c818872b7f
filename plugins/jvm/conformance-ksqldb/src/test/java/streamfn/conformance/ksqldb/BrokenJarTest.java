package streamfn.conformance.ksqldb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One jar for each rule that breaks this rule and no other: refused, with the reason and the place. */
class BrokenJarTest {
    private static final List<String> NAMED = List.of("-parameters");

    /** A good class; a test replaces one part of it. */
    private static final String SCALAR =
            """
            @UdfDescription(name = "twice", description = "")
            public class Twice {
                public Twice() {}

                @Udf public Integer eval(Integer x) { return 2 * x; }
            }
            """;

    private static final String AGGREGATE =
            """
            @UdafDescription(name = "last_one", description = "")
            public class LastOne {
                static final Schema X = Schema.OPTIONAL_INT32_SCHEMA;
                static final Schema STATE = SchemaBuilder.struct().field("X", X).optional().build();

                @UdafFactory(description = "", aggregateSchema = "STRUCT<`X` INT>")
                public static Udaf<Integer, Struct, Integer> of() {
                    return new Udaf<Integer, Struct, Integer>() {
                        public Struct initialize() { return new Struct(STATE); }
                        public Struct aggregate(Integer x, Struct state) { return new Struct(STATE).put("X", x); }
                        public Struct merge(Struct a, Struct b) { return b; }
                        public Integer map(Struct state) { return state.getInt32("X"); }
                    };
                }
            }
            """;

    private static final String TABLE =
            """
            @UdtfDescription(name = "upto", description = "")
            public class Upto {
                @Udtf public List<Integer> rows(Integer x) { return List.of(x); }
            }
            """;

    @Test
    void unbroken_they_load() {
        Path jar = SourceJar.of(NAMED, SCALAR, AGGREGATE, TABLE);
        Catalog catalog = Extensions.load(jar);
        assertEquals(List.of("LAST_ONE", "TWICE", "UPTO"), List.copyOf(catalog.names()));
        assertEquals(4, catalog.scalar("TWICE", "INT").callsite().eval(2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"twice-as\" | wanted a name that is a Java identifier, found \"twice-as\"",
                "\"2x\"       | wanted a name that is a Java identifier, found \"2x\"",
                "\"\"         | wanted a name that is a Java identifier, found \"\"",
                "\"Double\"   | wanted a name that is no keyword of Java, found \"Double\"",
                "\"topic\"    | wanted a name that ksqlDB's SQL has not reserved, found \"topic\"",
                "\"TIMESTAMP\"| wanted a name that ksqlDB's SQL has not reserved, found \"TIMESTAMP\"",
                "\"sum\"      | wanted a name that is free, found \"sum\", a built-in function: give it a prefix",
                "\"Replace\"  | wanted a name that is free, found \"Replace\", a built-in function: give it a prefix",
            })
    void a_name_that_ksqldb_does_not_take(String name, String reason) {
        refused(reason, "Twice", SCALAR, "\"twice\"", name);
        refused(reason, "LastOne", AGGREGATE, "\"last_one\"", name);
        refused(reason, "Upto", TABLE, "\"upto\"", name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "byte[]", "int[]", "java.lang.Float", "short", "java.lang.Object", "java.time.Instant",
                "java.util.Date", "java.util.Set<java.lang.String>"
            })
    void a_parameter_that_ksqldb_has_no_sql_type_for(String type) {
        Path jar = SourceJar.of(NAMED, SCALAR.replace("Integer x) { return 2 * x; }", type + " x) { return 1; }"));
        refused(jar, "parameter x: wanted a type that ksqlDB takes", "Twice.eval");
        refused(jar, ", found " + type, "Twice.eval");
    }

    @Test
    void types_that_java_does_not_say_need_a_schema() {
        refused(
                "parameter x: wanted @UdfParameter(schema), because java.math.BigDecimal doesn't say its SQL"
                        + " type, found none",
                "Twice",
                SCALAR,
                "Integer x) { return 2 * x; }",
                "java.math.BigDecimal x) { return 1; }");
        refused(
                "its result: wanted @Udf(schema), because org.apache.kafka.connect.data.Struct doesn't say its"
                        + " SQL type, found none",
                "Twice",
                SCALAR,
                "Integer eval(Integer x) { return 2 * x; }",
                "Struct eval(Integer x) { return null; }");
        refused(
                "its state: wanted aggregateSchema, because org.apache.kafka.connect.data.Struct doesn't say"
                        + " its SQL type, found none",
                "LastOne",
                AGGREGATE,
                ", aggregateSchema = \"STRUCT<`X` INT>\"",
                "");
        refused(
                "its row: wanted @Udtf(schema)",
                "Upto",
                TABLE,
                "List<Integer> rows(Integer x) { return List.of(x); }",
                "List<Struct> rows(Integer x) { return null; }");
        refused(
                "wanted ARRAY with its type arguments, found a raw java.util.List",
                "Twice",
                SCALAR,
                "Integer x) { return 2 * x; }",
                "List x) { return 1; }");
    }

    @Test
    void a_schema_provider_that_is_missing_or_unmarked_or_says_something_else() {
        String named = "@Udf(schemaProvider = \"type\") public Integer eval";
        refused("wanted a schemaProvider that answers, type(List<SqlArgument>)", "Twice", SCALAR, "@Udf public Integer eval", named);
        String provider = "public io.confluent.ksql.schema.ksql.types.SqlType type(List<io.confluent.ksql.schema.ksql.SqlArgument> call) {"
                + " return io.confluent.ksql.schema.ksql.types.SqlTypes.BIGINT; } ";
        refused("wanted @UdfSchemaProvider, found none", "Twice", SCALAR, "@Udf public Integer eval", provider + named);
        refused(
                "wanted the declared result INT, found BIGINT",
                "Twice",
                SCALAR,
                "@Udf public Integer eval",
                "@UdfSchemaProvider " + provider + named);
    }

    @Test
    void a_schema_that_is_none_or_says_something_else() {
        refused(
                "@Udf(schema): wanted a SQL type, found wanted a SQL type of ksqlDB, found FLOAT in the type FLOAT",
                "Twice",
                SCALAR,
                "@Udf public",
                "@Udf(schema = \"FLOAT\") public");
        refused(
                "wanted the Java type of BIGINT, found java.lang.Integer",
                "Twice",
                SCALAR,
                "@Udf public",
                "@Udf(schema = \"BIGINT\") public");
        refused(
                "wanted a field's name, between backquotes if it is a reserved word, found SIZE",
                "LastOne",
                AGGREGATE,
                "STRUCT<`X` INT>",
                "STRUCT<SIZE INT>");
    }

    @Test
    void a_parameter_without_a_name() {
        refused(
                SourceJar.of(List.of(), SCALAR),
                "wanted a name for parameter 1, found neither @UdfParameter nor -parameters",
                "Twice.eval");
        String named = SCALAR.replace("(Integer x)", "(@UdfParameter(\"x\") Integer x)");
        assertEquals(List.of("TWICE"), List.copyOf(Extensions.load(SourceJar.of(List.of(), named)).names()));
    }

    @Test
    void a_class_constructor_or_method_that_the_server_does_not_see() {
        refused("wanted a public class", "Twice", SCALAR, "public class", "class");
        refused(
                "wanted a public constructor without parameters, found none",
                "Twice",
                SCALAR,
                "public Twice()",
                "Twice()");
        refused(
                "wanted a public constructor without parameters, found none",
                "Twice",
                SCALAR,
                "Twice()",
                "Twice(int x)");
        refused("Twice.eval: wanted a public method", "Twice", SCALAR, "@Udf public", "@Udf");
        refused("wanted a method with @Udf, found none", "Twice", SCALAR, "@Udf public", "public");
    }

    @Test
    void a_factory_of_another_shape() {
        refused("LastOne.of: wanted a static factory", "LastOne", AGGREGATE, "public static", "public");
        refused("LastOne.of: wanted a public method", "LastOne", AGGREGATE, "public static", "static");
        refused(
                "wanted a method with @UdafFactory, found none",
                "LastOne",
                AGGREGATE,
                "@UdafFactory(description = \"\", aggregateSchema = \"STRUCT<`X` INT>\")",
                "");
        refused(
                "wanted the type arguments of its result, found none",
                "LastOne",
                AGGREGATE,
                "static Udaf<Integer, Struct, Integer> of",
                "static Udaf of");
        refused(
                "wanted Udaf or TableUdaf as the declared result, found Mine",
                "LastOne",
                AGGREGATE + "interface Mine<I, A, O> extends Udaf<I, A, O> {}",
                "static Udaf<Integer, Struct, Integer> of() {\n        return",
                "static Mine<Integer, Struct, Integer> of() { return null; } static Udaf<Integer, Struct,"
                        + " Integer> other() { return");
        refused(
                "wanted a List of rows as result, found java.lang.Integer",
                "Upto",
                TABLE,
                "List<Integer> rows(Integer x) { return List.of(x); }",
                "Integer rows(Integer x) { return x; }");
    }

    @Test
    void a_state_that_the_server_would_not_take_at_the_first_row() {
        refused("wanted a Struct of an optional schema", "LastOne", AGGREGATE, ".optional().build()", ".build()");
        refused(
                "wanted a state of LAST_ONE of type STRUCT<Y INT>",
                "LastOne",
                AGGREGATE,
                "STRUCT<`X` INT>",
                "STRUCT<`Y` INT>");
        refused(
                "wanted a state of LAST_ONE of type STRUCT<Y INT, X INT>",
                "LastOne",
                AGGREGATE,
                "STRUCT<`X` INT>",
                "STRUCT<`Y` INT, `X` INT>");
        refused(
                "wanted a state of LAST_ONE of type STRUCT<X BIGINT>",
                "LastOne",
                AGGREGATE,
                "STRUCT<`X` INT>",
                "STRUCT<`X` BIGINT>");
    }

    @Test
    void an_overload_twice() {
        refused(
                "wanted each overload once, found TWICE(INT) → INT and TWICE(INT) → BIGINT",
                "Twice",
                SCALAR,
                "@Udf public",
                "@Udf public Long again(int x) { return 1L; }\n @Udf public");
        refused(
                "wanted each overload once, found TWICE(DECIMAL) → INT and TWICE(DECIMAL) → INT",
                "Twice",
                SCALAR,
                "@Udf public Integer eval(Integer x) { return 2 * x; }",
                "@Udf public Integer one(@UdfParameter(schema = \"DECIMAL(4, 2)\") java.math.BigDecimal x)"
                        + " { return 1; }"
                        + "@Udf public Integer two(@UdfParameter(schema = \"DECIMAL(9, 0)\") java.math.BigDecimal x)"
                        + " { return 2; }");
        refused(
                "wanted each overload once, found LAST_ONE(INT) → INT and LAST_ONE(INT) → INT",
                "LastOne",
                AGGREGATE,
                "    @UdafFactory",
                "    @UdafFactory(description = \"\", aggregateSchema = \"STRUCT<`X` INT>\")"
                        + " public static Udaf<Integer, Struct, Integer> again() { return of(); }\n    @UdafFactory");
    }

    @Test
    void a_name_that_another_jar_has_whatever_the_shape() {
        Path first = SourceJar.of(NAMED, SCALAR);
        Path second = SourceJar.of(NAMED, TABLE.replace("\"upto\"", "\"TWICE\""));
        var refusal = assertThrows(Refusal.class, () -> Extensions.load(first, second));
        assertEquals("Upto of broken.jar: wanted a name that is free, found \"TWICE\", which Twice of broken.jar has",
                refusal.getMessage());
    }

    @Test
    void a_static_initialiser_or_constructor_that_fails() {
        refused(
                "wanted a static initialiser that succeeds, found java.lang.ArithmeticException",
                "Twice",
                SCALAR,
                "public Twice() {}",
                "static final int X = Integer.parseInt(\"1\") / 0; public Twice() {}");
        refused(
                "wanted a constructor that succeeds, found java.lang.IllegalStateException",
                "Twice",
                SCALAR,
                "public Twice() {}",
                "public Twice() { throw new IllegalStateException(); }");
    }

    @Test
    void a_constructor_that_takes_long() {
        String slow = "{ for (long until = System.nanoTime() + 40_000_000; System.nanoTime() < until;) {} }";
        refused(
                "wanted a cheap constructor: 30 in 100 ms, found ",
                "Twice",
                SCALAR,
                "public Twice() {}",
                "public Twice() " + slow);
    }

    @Test
    void a_class_of_a_signature_that_is_not_in_the_jar() throws IOException {
        Map<String, byte[]> classes = SourceJar.compile(NAMED,
                SCALAR.replace("@Udf public", "public Missing other() { return null; }\n @Udf public"),
                "public class Missing {}");
        classes.remove("Missing.class");
        refused(
                jar(classes),
                "wanted the classes of all method signatures, found java.lang.NoClassDefFoundError: Missing",
                "Twice");
    }

    /** It is on this JVM's class path, as much may be in a developer's; the server has nothing of it. */
    @Test
    void a_class_of_ours_that_was_forgotten() throws IOException {
        Map<String, byte[]> classes = JarUnderTest.read(JarUnderTest.byHand("pricing", "acme/pricing/"));
        classes.remove("streamfn/ksqldb/WasmUdf.class");
        refused(jar(classes), "java.lang.NoClassDefFoundError: streamfn/ksqldb/WasmUdf", "acme.pricing.Vat");
    }

    @Test
    void a_class_that_asks_the_threads_own_class_loader() {
        refused(
                "wanted a constructor that succeeds, found java.lang.IllegalStateException: not there",
                "Twice",
                SCALAR,
                "public Twice() {}",
                "public Twice() { if (Thread.currentThread().getContextClassLoader().getResource(\"Twice.class\")"
                        + " == null) throw new IllegalStateException(\"not there\"); }");
    }

    @Test
    void a_class_file_newer_than_the_servers_jvm() throws IOException {
        Map<String, byte[]> classes = SourceJar.compile(NAMED, SCALAR);
        classes.get("Twice.class")[7] = 65;
        refused(
                jar(classes),
                "wanted class files that the server's JVM reads, for Java 17 or older, found Twice.class for Java 21",
                "broken.jar");
    }

    @ParameterizedTest
    @ValueSource(strings = {"io/confluent/ksql/function/udf/Udf.class", "org/apache/kafka/connect/data/Struct.class"})
    void a_class_of_the_servers_own(String entry) throws IOException {
        Map<String, byte[]> classes = SourceJar.compile(NAMED, SCALAR);
        classes.put(entry, new byte[0]);
        refused(jar(classes), "wanted no class of the server's own, found " + entry, "broken.jar");
    }

    @Test
    void no_jar_and_a_jar_without_functions() throws IOException {
        Path garbage = Files.writeString(Files.createTempFile("streamfn-", ".jar"), "no zip");
        garbage.toFile().deleteOnExit();
        refused(garbage, "wanted a jar", garbage.toString());
        refused(
                jar(Map.of("README", new byte[0])),
                "wanted a class with @UdfDescription, @UdtfDescription or @UdafDescription, found none",
                "broken.jar");
    }

    @Test
    void one_bad_class_takes_the_good_ones_along() {
        Path good = SourceJar.of(NAMED, TABLE);
        Path bad = SourceJar.of(NAMED, AGGREGATE, SCALAR.replace("\"twice\"", "\"abs\""));
        var refusal = assertThrows(Refusal.class, () -> Extensions.load(good, bad));
        assertTrue(refusal.getMessage().startsWith("Twice of broken.jar: "), refusal.getMessage());
    }

    private static void refused(String reason, String where, String source, String part, String by) {
        assertTrue(source.contains(part), part);
        refused(SourceJar.of(NAMED, source.replace(part, by)), reason, where);
    }

    private static void refused(Path jar, String reason, String where) {
        var refusal = assertThrows(Refusal.class, () -> Extensions.load(jar));
        assertTrue(refusal.getMessage().contains(reason), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(where), refusal.getMessage());
    }

    private static Path jar(Map<String, byte[]> entries) throws IOException {
        return JarUnderTest.write(Files.createTempDirectory("streamfn-").resolve("broken.jar"), entries);
    }
}
