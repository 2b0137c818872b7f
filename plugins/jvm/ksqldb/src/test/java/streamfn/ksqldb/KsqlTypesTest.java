package streamfn.ksqldb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.sql.Date;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KsqlTypesTest {
    @Test
    void each_value_comes_back_as_it_went_in() {
        comesBack("BOOLEAN", true, true);
        comesBack("INT", -1, -1);
        comesBack("BIGINT", Long.MIN_VALUE, Long.MIN_VALUE);
        comesBack("DOUBLE", -0.0, -0.0);
        comesBack("STRING", "ä", "ä");
        comesBack("DECIMAL(38, 2)", new BigDecimal("-1.50"), new BigDecimal("-1.50"));
        comesBack("TIMESTAMP", new Timestamp(-1), -1L);
        comesBack("DATE", new Date(-86_400_000), -1);
        comesBack("TIME", new Time(86_399_999), 86_399_999);
        comesBack("ARRAY<DATE>", Arrays.asList(new Date(0), null), Arrays.asList(0, null));
        comesBack("MAP<STRING, TIMESTAMP>", Map.of("a", new Timestamp(1)), Map.of("a", 1L));
    }

    private static void comesBack(String text, Object ksql, Object bridge) {
        KsqlType type = KsqlTypes.type(text);
        assertEquals(bridge, type.toBridge(ksql), text);
        assertEquals(ksql, type.toKsql(bridge), text);
        assertEquals(null, type.toBridge(null), text);
        assertEquals(null, type.toKsql(null), text);
        assertTrue(type.schema().isOptional(), text);
    }

    @Test
    void a_date_is_the_day_in_utc_whatever_zone_the_server_is_in() {
        long days = LocalDate.of(1969, 12, 31).toEpochDay();
        assertEquals((int) days, KsqlTypes.type("DATE").toBridge(new Date(days * 86_400_000)));
    }

    @Test
    void reading_bytes_leaves_the_buffer_as_it_was() {
        ByteBuffer buffer = ByteBuffer.wrap(new byte[] {1, 2, 3}).position(1);
        assertArrayEquals(new byte[] {2, 3}, (byte[]) KsqlTypes.type("BYTES").toBridge(buffer));
        assertEquals(1, buffer.position());
        assertEquals(ByteBuffer.wrap(new byte[] {4}), KsqlTypes.type("BYTES").toKsql(new byte[] {4}));
    }

    @Test
    void a_decimal_gets_the_zeros_of_its_type_and_loses_no_digit() {
        KsqlType type = KsqlTypes.type("DECIMAL(4, 2)");
        assertEquals(new BigDecimal("12.00"), type.toKsql(new BigDecimal("1.2E1")));
        assertEquals(new BigDecimal("12.30"), type.toKsql(new BigDecimal("12.300")));
        for (String bad : List.of("0.001", "100", "123.4")) {
            var failure = assertThrows(streamfn.bridge.Refused.class, () -> type.toKsql(new BigDecimal(bad)));
            assertEquals("wanted a DECIMAL(4, 2), found " + bad, failure.getMessage());
        }
    }

    @Test
    void a_struct_is_read_by_name_because_its_schema_is_the_servers_own() {
        KsqlType.StructType type = KsqlTypes.struct("STRUCT<`SIZE` INT, `IN``NER` STRUCT<`AT` TIMESTAMP>>");
        Schema inner = SchemaBuilder.struct()
                .field("AT", org.apache.kafka.connect.data.Timestamp.builder().optional().build())
                .optional()
                .build();
        Schema servers = SchemaBuilder.struct()
                .field("IN`NER", inner)
                .field("SIZE", Schema.OPTIONAL_INT32_SCHEMA)
                .optional()
                .build();
        Struct struct = new Struct(servers)
                .put("SIZE", 7)
                .put("IN`NER", new Struct(inner).put("AT", new java.util.Date(5)));
        Object[] record = type.lower(struct);
        assertEquals(7, record[0]);
        assertArrayEquals(new Object[] {5L}, (Object[]) record[1]);

        Struct back = type.lift(record);
        assertEquals(7, back.get("SIZE"));
        assertEquals(new Timestamp(5), back.getStruct("IN`NER").get("AT"));
        assertTrue(back.schema().isOptional());
    }

    @Test
    void a_parameter_may_be_not_null() {
        var parameters = KsqlTypes.parameters("BIGINT NOT NULL, MAP<STRING, INT>, DECIMAL(9, 0) NOT NULL");
        assertEquals(List.of(false, true, false), parameters.stream().map(KsqlType.Parameter::nullable).toList());
        assertEquals(List.of(), KsqlTypes.parameters(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "FLOAT", "INT INT", "ARRAY<INT", "STRUCT<SIZE INT>", "STRUCT<`A INT>", "DECIMAL(1)", "INT,"})
    void any_other_text_is_refused(String text) {
        var failure = assertThrows(IllegalArgumentException.class, () -> KsqlTypes.type(text));
        assertTrue(failure.getMessage().startsWith("wanted "), failure.getMessage());
    }
}
