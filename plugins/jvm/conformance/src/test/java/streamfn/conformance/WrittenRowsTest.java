package streamfn.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.formats.avro.AvroRowDataSerializationSchema;
import org.apache.flink.formats.avro.typeutils.AvroSchemaConverter;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.JsonFormatOptions.MapNullKeyMode;
import org.apache.flink.formats.json.JsonRowDataSerializationSchema;
import org.apache.flink.formats.json.debezium.DebeziumJsonSerializationSchema;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.Test;

/**
 * What Flink's formats make of rows is what the harness' encoder is tested with. {@code -Dstreamfn.record} writes the file anew.
 */
class WrittenRowsTest {
    private static final Path FILE =
            Path.of(System.getProperty("streamfn.checkout"), "harness/src/topic/encode/written/flink.json");
    private static final RowType EVERY = type("ROW<bo BOOLEAN, ti TINYINT, sm SMALLINT, i INT NOT NULL, bi BIGINT, fl FLOAT, do DOUBLE,"
            + " de DECIMAL(10, 2), st STRING, `by` BYTES, da DATE, tm TIME(0), ts TIMESTAMP(3), ar ARRAY<INT>, ma MAP<STRING, DOUBLE>,"
            + " mu MULTISET<STRING>, ro ROW<a INT, b ROW<c STRING>>, rs ARRAY<ROW<x INT>>, ms MAP<STRING, ROW<y INT>>> NOT NULL");
    private static final RowType INSTANTS = type("ROW<`at` TIMESTAMP_LTZ(3)> NOT NULL");

    private final ObjectNode written = new ObjectMapper().createObjectNode();

    @Test
    void rows_are_written_as_recorded() throws Exception {
        written.put("origin", "flink-json and flink-avro 2.3.0, by WrittenRowsTest");
        written.put("schema", AvroSchemaConverter.convertToSchema(EVERY).toString());
        Map<String, RowData> rows = new LinkedHashMap<>();
        rows.put("filled", filled());
        rows.put("null", nulls());
        rows.put("odd", odd());
        for (Map.Entry<String, RowData> row : rows.entrySet()) {
            written.put(row.getKey() + " json", text(json(EVERY), row.getValue()));
            byte[] avro = bytes(new AvroRowDataSerializationSchema(EVERY), row.getValue());
            written.put(row.getKey() + " avro", HexFormat.of().formatHex(avro));
        }
        RowData instant = GenericRowData.of(TimestampData.fromEpochMillis(1_577_836_800_120L));
        written.put("instant json", text(json(INSTANTS), instant));
        for (RowKind kind : RowKind.values()) {
            instant.setRowKind(kind);
            written.put(kind.shortString() + " debezium-json", text(new DebeziumJsonSerializationSchema(
                    INSTANTS, TimestampFormat.SQL, MapNullKeyMode.FAIL, "null", false, false), instant));
        }
        String text = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(written) + "\n";
        if (System.getProperty("streamfn.record") != null) {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, text);
        }
        assertEquals(Files.readString(FILE), text);
    }

    private static RowData filled() {
        return GenericRowData.of(
                true, (byte) -1, (short) 300, 7, 1_702_763_574_397L, 1.5f, 335.71, decimal("123.40"), string("Ann \"A\""),
                new byte[] {0, (byte) 0xff}, 19_707, 45_296_000, TimestampData.fromEpochMillis(1_702_763_574_397L),
                new GenericArrayData(new Object[] {1, null, -70}), new GenericMapData(Map.of(string("k"), 0.1)),
                new GenericMapData(Map.of(string("Chair"), 2)),
                GenericRowData.of(1, GenericRowData.of(string("c"))),
                new GenericArrayData(new Object[] {GenericRowData.of(5)}),
                new GenericMapData(Map.of(string("r"), GenericRowData.of(6))));
    }

    private static RowData nulls() {
        GenericRowData row = new GenericRowData(EVERY.getFieldCount());
        row.setField(3, 0);
        return row;
    }

    private static RowData odd() {
        return GenericRowData.of(
                false, Byte.MIN_VALUE, Short.MIN_VALUE, Integer.MIN_VALUE, Long.MIN_VALUE, Float.NaN, Double.NEGATIVE_INFINITY,
                decimal("-100.00"), string("\u0001\u001f\t\b\f\r\n\\/ \u007f\u00e4\u2028\ud83e\uddfa"), new byte[0], -1, 0,
                TimestampData.fromEpochMillis(-1), new GenericArrayData(new Object[0]), new GenericMapData(Map.of()),
                new GenericMapData(Map.of()), GenericRowData.of(null, null), new GenericArrayData(new Object[] {null}),
                new GenericMapData(java.util.Collections.singletonMap(string("r"), null)));
    }

    private static SerializationSchema<RowData> json(RowType type) {
        return new JsonRowDataSerializationSchema(type, TimestampFormat.SQL, MapNullKeyMode.FAIL, "null", false, false);
    }

    private static byte[] bytes(SerializationSchema<RowData> format, RowData row) throws Exception {
        format.open(null);
        return format.serialize(row);
    }

    private static String text(SerializationSchema<RowData> format, RowData row) throws Exception {
        return new String(bytes(format, row), StandardCharsets.UTF_8);
    }

    private static RowType type(String sql) {
        return (RowType) LogicalTypeParser.parse(sql, WrittenRowsTest.class.getClassLoader());
    }

    private static DecimalData decimal(String number) {
        return DecimalData.fromBigDecimal(new BigDecimal(number), 10, 2);
    }

    private static StringData string(String text) {
        return StringData.fromString(text);
    }
}
