package streamfn.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.types.Row;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import streamfn.flink.Entries;
import streamfn.flink.Signature;
import streamfn.flink.WasmKeyedAggregate;

/** Keys that the JVM takes for different objects though SQL has them for equal ones: bytes, rows, decimals of two scales. */
class KeysTest {
    /** Counts by a key that is made of the arguments. */
    public abstract static class Counts extends WasmKeyedAggregate {
        private static final long serialVersionUID = 1L;

        final void count(Entries entries, Object made) {
            Object key = key(made);
            Object before = get(entries, key);
            set(entries, key, before, before == null ? 1 : (Integer) before + 1);
        }
    }

    public static final class ByBytes extends Counts {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            return Signature.of("BY_BYTES").argument("x", "STRING", true).entries("BYTES", "INT", false, false, Integer.MAX_VALUE).result("MAP<BYTES, INT>", true);
        }

        public void accumulate(Entries entries, StringData x) {
            count(entries, x.toBytes());
        }
    }

    public static final class ByRow extends Counts {
        private static final long serialVersionUID = 1L;
        private static final String ROW = "ROW<`a` STRING, `b` DECIMAL(38, s)>";

        @Override
        protected Signature signature() {
            return Signature.of("BY_ROW")
                    .argument("x", "STRING", true)
                    .argument("n", "DECIMAL(38, s)", true)
                    .entries(ROW, "INT", false, false, Integer.MAX_VALUE)
                    .result("MAP<" + ROW + ", INT>", true);
        }

        public void accumulate(Entries entries, StringData x, DecimalData n) {
            count(entries, GenericRowData.of(StringData.fromString(x.toString()), n.toBigDecimal()));
        }
    }

    public static final class ByDecimal extends Counts {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            return Signature.of("BY_DECIMAL")
                    .argument("n", "DECIMAL(38, s)", true)
                    .entries("DECIMAL(38, s)", "INT", false, false, Integer.MAX_VALUE)
                    .result("MAP<DECIMAL(38, s), INT>", true);
        }

        public void accumulate(Entries entries, DecimalData n) {
            BigDecimal number = n.toBigDecimal();
            count(entries, number.signum() > 0 ? number.stripTrailingZeros() : number);
        }
    }

    @ParameterizedTest
    @CsvSource({"hashmap", "rocksdb"})
    void equal_keys_have_one_entry_before_and_after_a_recovery(String state) throws Exception {
        List<Row> rows = List.of(
                Row.of("a", 1.5), Row.of("b", 0.0), Row.of("a", 1.5), Row.of("a", 1.0), Row.of("a", 1.5), Row.of("b", 0.0),
                Row.of("a", 1.5), Row.of("b", 1.0), Row.of("a", 1.0), Row.of("a", 1.5), Row.of("b", 0.0), Row.of("a", 1.5));
        Flink flink = Flink.streaming(Map.of(
                "state.backend.type", state,
                "execution.checkpointing.interval", "20 ms",
                "restart-strategy.type", "fixed-delay",
                "restart-strategy.fixed-delay.attempts", "1",
                "restart-strategy.fixed-delay.delay", "0 s"));
        for (Class<?> type : List.of(ByBytes.class, ByRow.class, ByDecimal.class)) {
            flink.sql.executeSql("CREATE TEMPORARY FUNCTION " + type.getSimpleName() + " AS '" + type.getName() + "'");
        }
        flink.sql.createTemporaryView(
                "t", Rows.interrupted(flink.jobs, rows, Types.ROW_NAMED(new String[] {"x", "n"}, Types.STRING, Types.DOUBLE)));
        List<Row> changes = flink.changes("SELECT CARDINALITY(ByBytes(x)), ByRow(x, CAST(n AS DECIMAL(6, 2))),"
                + " ByDecimal(CAST(n AS DECIMAL(6, 2))) FROM t");
        Row last = changes.get(changes.size() - 1);
        assertEquals(2, last.getField(0));
        assertEquals(
                Map.of(
                        Row.of("a", new BigDecimal("1.50")), 6, Row.of("a", new BigDecimal("1.00")), 2,
                        Row.of("b", new BigDecimal("0.00")), 3, Row.of("b", new BigDecimal("1.00")), 1),
                last.getField(1));
        assertEquals(
                Map.of(new BigDecimal("1.50"), 6, new BigDecimal("1.00"), 3, new BigDecimal("0.00"), 3), last.getField(2));
        assertTrue(Rows.course().restored > 0, "no checkpoint was restored");
    }
}
