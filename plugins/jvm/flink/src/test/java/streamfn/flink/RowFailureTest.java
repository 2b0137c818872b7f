package streamfn.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.math.BigDecimal;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.junit.jupiter.api.Test;
import streamfn.bridge.Refused;

class RowFailureTest {
    private static final Signature VAT = Signature.of("VAT").argument("net", "BIGINT", true).argument("country", "STRING", true);

    @Test
    void a_refusal_is_told_by_its_reason_alone() {
        RuntimeException refusal = new Refused("unknown country \"xx\"");
        RuntimeException failure = RowFailure.of(VAT, "eval", refusal, 100L, StringData.fromString("xx"));
        assertEquals("function VAT refused the row in eval (net = 100, country = \"xx\"): unknown country \"xx\"", failure.getMessage());
        assertNull(failure.getCause());
    }

    @Test
    void any_other_failure_keeps_the_place_where_it_was() {
        RuntimeException trap = new IllegalStateException("out of bounds memory access");
        RuntimeException failure = RowFailure.of(VAT, "eval", trap, 100L, null);
        assertEquals(
                "function VAT failed in eval (net = 100, country = null): java.lang.IllegalStateException: out of bounds memory access",
                failure.getMessage());
        assertArrayEquals(trap.getStackTrace(), failure.getStackTrace());
    }

    @Test
    void values_are_shown_on_one_line_of_bounded_length() {
        assertEquals("\"a\\nb\\u0000\\u009b\\u202ec\\\"\"", Shown.value("STRING", StringData.fromString("a\nb\0\u009b\u202ec\"")));
        assertEquals("\"" + "x".repeat(200) + "…\"", Shown.value("STRING", StringData.fromString("x".repeat(201))));
        assertEquals("9.25", Shown.value("DECIMAL(38, s)", DecimalData.fromBigDecimal(new BigDecimal("9.25"), 10, 2)));
        assertEquals("1970-01-01T00:00:00.001", Shown.value("TIMESTAMP_LTZ(3)", TimestampData.fromEpochMillis(1)));
        assertEquals("3 bytes", Shown.value("BYTES", new byte[3]));
        assertEquals("a value of ROW<`a` INT>", Shown.value("ROW<`a` INT>", GenericRowData.of(1)));
    }
}
