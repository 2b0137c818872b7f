package streamfn.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import streamfn.flink.Signature;
import streamfn.flink.WasmAggregate;
import streamfn.flink.WasmScalar;

/** Every SQL type goes in, through an accumulator and out, as the Java class that a packed function has in its methods. */
class EveryTypeTest {
    private static final String[] TYPES = {
        "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "STRING", "BYTES", "DECIMAL(38, s)", "DATE", "TIME",
        "TIMESTAMP(3)", "TIMESTAMP_LTZ(3)", "ARRAY<STRING>", "MAP<STRING, BIGINT>", "MULTISET<STRING>",
        "ROW<`a` INT, `b` ROW<`c` STRING>>",
    };
    private static final String ROW = "ROW<f0 BOOLEAN, f1 TINYINT, f2 SMALLINT, f3 INT, f4 BIGINT, f5 FLOAT, f6 DOUBLE, f7 STRING, f8 BYTES,"
            + " f9 DECIMAL(38, s), f10 DATE, f11 TIME, f12 TIMESTAMP(3), f13 TIMESTAMP_LTZ(3), f14 ARRAY<STRING>, f15 MAP<STRING, BIGINT>,"
            + " f16 MULTISET<STRING>, f17 ROW<`a` INT, `b` ROW<`c` STRING>>>";
    private static final String VALUES = "TRUE, CAST(1 AS TINYINT), CAST(2 AS SMALLINT), 3, CAST(4 AS BIGINT), CAST(5.5 AS FLOAT),"
            + " CAST(6.5 AS DOUBLE), 'sieben', X'08', CAST(9.25 AS DECIMAL(10, 2)), DATE '2023-12-16', TIME '21:52:54',"
            + " TIMESTAMP '2023-12-16 21:52:54.397', TO_TIMESTAMP_LTZ(1702763574397, 3), ARRAY['a', CAST(NULL AS STRING)],"
            + " MAP['k', CAST(1 AS BIGINT)], BAG('m'), ROW(17, ROW('c'))";
    private static final String EXPECTED = "+I[+I[true, 1, 2, 3, 4, 5.5, 6.5, sieben, [8], 9.25, 2023-12-16, 21:52:54,"
            + " 2023-12-16T21:52:54.397, 2023-12-16T21:52:54.397Z, [a, null], {k=1}, {m=1}, +I[17, +I[c]]]]";

    /** Flink's SQL has no word for a MULTISET but COLLECT, whose result is updated. */
    public static final class Bag extends WasmScalar {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            return Signature.of("BAG").argument("item", "STRING", true).result("MULTISET<STRING>", true);
        }

        public MapData eval(StringData item) {
            return new GenericMapData(Map.of(item, 1));
        }
    }

    /** Gives its arguments back as one row, and wants each in its class. */
    public static final class Echo extends WasmScalar {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            Signature signature = Signature.of("ECHO").result(ROW, true);
            for (int i = 0; i < TYPES.length; i++) {
                signature.argument("f" + i, TYPES[i], false);
            }
            return signature;
        }

        public RowData eval(
                Boolean f0, Byte f1, Short f2, Integer f3, Long f4, Float f5, Double f6, StringData f7, byte[] f8,
                DecimalData f9, Integer f10, Integer f11, TimestampData f12, TimestampData f13, ArrayData f14, MapData f15, MapData f16, RowData f17) {
            return GenericRowData.of(f0, f1, f2, f3, f4, f5, f6, f7, f8, fit(f9.toBigDecimal()), f10, f11, f12, f13, f14, f15, f16, f17);
        }
    }

    /** Keeps the last row, field by field. */
    public static final class Latest extends WasmAggregate {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            Signature signature = Signature.of("LATEST").result(ROW, true);
            for (int i = 0; i < TYPES.length; i++) {
                signature.argument("f" + i, TYPES[i], false).state("f" + i, TYPES[i]);
            }
            return signature;
        }

        @Override
        public RowData createAccumulator() {
            return new GenericRowData(TYPES.length);
        }

        public void accumulate(
                RowData accumulator, Boolean f0, Byte f1, Short f2, Integer f3, Long f4, Float f5, Double f6, StringData f7, byte[] f8,
                DecimalData f9, Integer f10, Integer f11, TimestampData f12, TimestampData f13, ArrayData f14, MapData f15,
                MapData f16, RowData f17) {
            Object[] row = {f0, f1, f2, f3, f4, f5, f6, f7, f8, fit(f9.toBigDecimal()), f10, f11, f12, f13, f14, f15, f16, f17};
            for (int i = 0; i < row.length; i++) {
                ((GenericRowData) accumulator).setField(i, row[i]);
            }
        }

        public void merge(RowData accumulator, Iterable<RowData> others) {
            for (RowData other : others) {
                Object[] row = {
                    other.getBoolean(0), other.getByte(1), other.getShort(2), other.getInt(3), other.getLong(4), other.getFloat(5),
                    other.getDouble(6), other.getString(7), other.getBinary(8), other.getDecimal(9, 38, 2), other.getInt(10),
                    other.getInt(11), other.getTimestamp(12, 3), other.getTimestamp(13, 3), other.getArray(14), other.getMap(15),
                    other.getMap(16), other.getRow(17, 2)
                };
                for (int i = 0; i < row.length; i++) {
                    ((GenericRowData) accumulator).setField(i, row[i]);
                }
            }
        }

        @Override
        public Object getValue(RowData accumulator) {
            GenericRowData state = assertInstanceOf(GenericRowData.class, accumulator);
            GenericRowData value = new GenericRowData(TYPES.length);
            for (int i = 0; i < TYPES.length; i++) {
                value.setField(i, state.getField(i));
            }
            return value;
        }
    }

    @Test
    void through_a_scalar_function() throws Exception {
        Flink flink = registered(Flink.streaming());
        assertEquals(List.of("2 times " + EXPECTED), flink.table("SELECT ECHO(" + columns() + ") FROM readings"));
    }

    @ParameterizedTest
    @CsvSource({"hashmap", "rocksdb"})
    void through_an_accumulator_in_state(String state) throws Exception {
        Flink flink = registered(Flink.streaming(Map.of("state.backend.type", state)));
        assertEquals(List.of(EXPECTED), flink.table("SELECT LATEST(" + columns() + ") FROM readings"));
    }

    @Test
    void through_an_accumulator_that_is_merged() throws Exception {
        Flink stream = registered(Flink.streaming()).inTwoPhases();
        assertEquals(List.of(EXPECTED), stream.table("SELECT LATEST(" + columns() + ") FROM readings"));
        Flink batch = registered(Flink.batch()).with("table.optimizer.agg-phase-strategy", "TWO_PHASE");
        assertEquals(List.of(EXPECTED), batch.table("SELECT LATEST(" + columns() + ") FROM readings"));
    }

    @Test
    void a_decimal_has_the_scale_of_the_first_that_a_call_has() throws Exception {
        Flink flink = registered(Flink.streaming());
        String two = "SELECT ECHO(" + columns() + ").f9, ECHO("
                + columns().replace("f9", "CAST(f9 AS DECIMAL(12, 4))") + ").f9 FROM readings";
        assertEquals("[DECIMAL(38, 2), DECIMAL(38, 4)]", flink.sql.sqlQuery(two).getResolvedSchema().getColumnDataTypes().toString());
        assertEquals(new BigDecimal("9.2500"), flink.changes(two).get(0).getField(1));
    }

    private static Flink registered(Flink flink) {
        flink.sql.executeSql("CREATE TEMPORARY FUNCTION BAG AS '" + Bag.class.getName() + "'");
        flink.sql.executeSql("CREATE TEMPORARY FUNCTION ECHO AS '" + Echo.class.getName() + "'");
        flink.sql.executeSql("CREATE TEMPORARY FUNCTION LATEST AS '" + Latest.class.getName() + "'");
        flink.sql.executeSql("CREATE TEMPORARY VIEW readings(" + columns() + ") AS SELECT " + VALUES + " FROM (VALUES (1), (2))");
        return flink;
    }

    private static String columns() {
        StringBuilder columns = new StringBuilder("f0");
        for (int i = 1; i < TYPES.length; i++) {
            columns.append(", f").append(i);
        }
        return columns.toString();
    }
}
