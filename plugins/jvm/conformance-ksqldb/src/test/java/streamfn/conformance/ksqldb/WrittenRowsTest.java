package streamfn.conformance.ksqldb;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.streams.kstream.SessionWindowedSerializer;
import org.apache.kafka.streams.kstream.TimeWindowedSerializer;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.SessionWindow;
import org.apache.kafka.streams.kstream.internals.TimeWindow;
import org.junit.jupiter.api.Test;

/**
 * What the libraries that ksqlDB writes with make of rows is what the harness' encoder is tested with: Connect's JSON, commons-csv,
 * Kafka's and Kafka Streams' serialisers. {@code -Dstreamfn.record} writes the file anew.
 */
class WrittenRowsTest {
    private static final Path FILE =
            Path.of(System.getProperty("streamfn.checkout"), "harness/src/topic/encode/written/ksqldb.json");
    private static final Schema INNER = SchemaBuilder.struct().field("X", Schema.OPTIONAL_INT32_SCHEMA).optional().build();
    /** As ksqlDB's {@code SchemaConverters} makes it of columns. */
    private static final Schema EVERY = SchemaBuilder.struct()
            .field("BO", Schema.OPTIONAL_BOOLEAN_SCHEMA).field("I", Schema.OPTIONAL_INT32_SCHEMA)
            .field("BI", Schema.OPTIONAL_INT64_SCHEMA).field("DO", Schema.OPTIONAL_FLOAT64_SCHEMA)
            .field("DE", Decimal.builder(2).parameter("connect.decimal.precision", "10").optional().build())
            .field("ST", Schema.OPTIONAL_STRING_SCHEMA).field("BY", Schema.OPTIONAL_BYTES_SCHEMA)
            .field("DA", org.apache.kafka.connect.data.Date.builder().optional().build())
            .field("TM", org.apache.kafka.connect.data.Time.builder().optional().build())
            .field("TS", org.apache.kafka.connect.data.Timestamp.builder().optional().build())
            .field("AR", SchemaBuilder.array(Schema.OPTIONAL_INT32_SCHEMA).optional().build())
            .field("MA", SchemaBuilder.map(Schema.OPTIONAL_STRING_SCHEMA, Schema.OPTIONAL_FLOAT64_SCHEMA).optional().build())
            .field("RO", INNER)
            .build();

    private final ObjectNode written = new ObjectMapper().createObjectNode();

    @Test
    void rows_are_written_as_recorded() throws Exception {
        written.put("origin", "connect-json, kafka-clients and kafka-streams 4.3.1, commons-csv 1.4, by WrittenRowsTest");
        written.put("filled json", json(EVERY, filled()));
        written.put("null json", json(EVERY, new Struct(EVERY)));
        written.put("odd json", json(EVERY, odd()));
        written.put("small decimal json", json(Decimal.schema(10), new BigDecimal("-0.0000001200")));
        written.put("zero decimal json", json(Decimal.schema(8), new BigDecimal("0.00000000")));
        written.put("key json", json(Schema.OPTIONAL_STRING_SCHEMA, "a"));
        written.put("letters csv", csv("a", 7, -7, 1.5, true, null, ""));
        written.put("negative csv", csv(-7, "x y", "x ", "#x", "!", "a,b", "a\"b", "a\nb"));
        written.put("empty csv", csv("", null));
        written.put("null csv", csv(null, "\u00e4", "-"));
        written.put("umlaut csv", csv("\u00e4"));
        written.put("only null csv", csv((Object) null));
        written.put("int kafka", hex(Serdes.Integer().serializer().serialize("t", -2)));
        written.put("bigint kafka", hex(Serdes.Long().serializer().serialize("t", 1_702_763_574_397L)));
        written.put("double kafka", hex(Serdes.Double().serializer().serialize("t", 335.71)));
        written.put("string kafka", hex(Serdes.String().serializer().serialize("t", "\u00e4\ud83e\uddfa")));
        written.put("bytes kafka", hex(Serdes.ByteBuffer().serializer().serialize("t", ByteBuffer.wrap(new byte[] {0, (byte) 0xff}))));
        written.put("time window", hex(new TimeWindowedSerializer<>(Serdes.String().serializer())
                .serialize("t", new Windowed<>("a", new TimeWindow(1000, 2000)))));
        written.put("session window", hex(new SessionWindowedSerializer<>(Serdes.String().serializer())
                .serialize("t", new Windowed<>("a", new SessionWindow(1000, 2000)))));
        String text = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(written) + "\n";
        if (System.getProperty("streamfn.record") != null) {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, text);
        }
        assertEquals(Files.readString(FILE), text);
    }

    private static Struct filled() {
        return new Struct(EVERY).put("BO", true).put("I", 7).put("BI", 1_702_763_574_397L).put("DO", 335.71)
                .put("DE", new BigDecimal("100.00")).put("ST", "Ann \"A\"").put("BY", ByteBuffer.wrap(new byte[] {0, (byte) 0xff}))
                .put("DA", new Date(19_707 * 86_400_000L)).put("TM", new Date(45_296_789)).put("TS", new Date(1_702_763_574_397L))
                .put("AR", Arrays.asList(1, null, -70)).put("MA", Map.of("k", 0.1)).put("RO", new Struct(INNER).put("X", 5));
    }

    private static Struct odd() {
        return new Struct(EVERY).put("BO", false).put("I", Integer.MIN_VALUE).put("BI", Long.MIN_VALUE).put("DO", Double.NaN)
                .put("DE", new BigDecimal("-0.05")).put("ST", "\u0001\u001f\t\b\f\r\n\\/ \u007f\u00e4\u2028\ud83e\uddfa")
                .put("BY", ByteBuffer.wrap(new byte[0])).put("DA", new Date(-86_400_000L)).put("TM", new Date(0)).put("TS", new Date(-1))
                .put("AR", List.of()).put("MA", Collections.singletonMap(null, 1e21)).put("RO", new Struct(INNER));
    }

    /** As {@code KsqlJsonSerdeFactory} configures it. */
    private static String json(Schema schema, Object value) {
        try (JsonConverter converter = new JsonConverter()) {
            converter.configure(Map.of("schemas.enable", false, "decimal.format", "NUMERIC"), false);
            return new String(converter.fromConnectData("t", schema, value), StandardCharsets.UTF_8);
        }
    }

    /** As {@code KsqlDelimitedSerializer} prints it, without the line's end. */
    private static String csv(Object... values) throws Exception {
        StringWriter text = new StringWriter();
        try (CSVPrinter printer = new CSVPrinter(text, CSVFormat.DEFAULT.withDelimiter(','))) {
            printer.printRecord(Arrays.asList(values));
        }
        return text.toString().replaceFirst("\r\n$", "");
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
