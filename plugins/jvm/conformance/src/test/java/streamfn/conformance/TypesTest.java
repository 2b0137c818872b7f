package streamfn.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.StringData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import streamfn.flink.OverloadedScalar;
import streamfn.flink.Signature;
import streamfn.flink.WasmScalar;

/** What the planner makes of a signature: the overload it takes, the type that comes out, and what it tells the user. */
class TypesTest {
    private final Flink flink = Flink.streaming().table(
            "readings", "i, l, d, f, s, maybe_i, maybe_s",
            "(1, CAST(2 AS BIGINT), CAST(3 AS DOUBLE), CAST(4 AS FLOAT), 'de', CAST(NULL AS INT), CAST(NULL AS STRING))",
            "(5, CAST(6 AS BIGINT), CAST(7 AS DOUBLE), CAST(8 AS FLOAT), 'ch', 9, 'fr')");

    @ParameterizedTest
    @EnumSource
    void each_call_takes_the_overload_of_its_type(Functions functions) throws Exception {
        String sums = functions.in("SELECT SUM(i), SUM(l), SUM(d), COUNT(*), COUNT(l) FROM readings");
        assertEquals("[INT, BIGINT, DOUBLE, BIGINT NOT NULL, BIGINT NOT NULL]", types(sums));
        assertEquals(List.of("+I[6, 8, 10.0, 2, 2]"), flink.table(sums));
    }

    /** The twin has fewer than the component. */
    @Test
    void without_one_a_call_takes_the_narrowest_wider_overload() throws Exception {
        String sums = Functions.TWIN.in("SELECT SUM(f), SUM(CAST(i AS SMALLINT)) FROM readings");
        assertEquals("[DOUBLE, INT]", types(sums));
        assertEquals(List.of("+I[12.0, 6]"), flink.table(sums));
    }

    @ParameterizedTest
    @EnumSource
    void a_result_is_not_null_only_if_no_null_can_keep_a_row_away(Functions functions) {
        String columns = "SELECT VAT(l, s), VAT(l, maybe_s), VAT(maybe_i, s) FROM readings";
        assertEquals("[BIGINT NOT NULL, BIGINT, BIGINT]", types(functions.in(columns)));
        String aggregates = "SELECT COUNT(l), COUNT(CAST(maybe_i AS BIGINT)), BASKET_TOTALS(l, maybe_i, d) FROM readings";
        assertEquals(
                "[BIGINT NOT NULL, BIGINT, ROW<`ts` TIMESTAMP_LTZ(3), `sum_qty` INT, `total_price` DOUBLE> NOT NULL]",
                types(functions.in(aggregates)));
    }

    @ParameterizedTest
    @EnumSource
    void a_null_that_the_signature_excludes_gives_null_or_skips_the_row(Functions functions) throws Exception {
        assertEquals(List.of("+I[119, null]", "+I[540, 600]"), flink.table(functions.in(
                "SELECT VAT(CAST(i * 100 AS BIGINT), s), VAT(CAST(i * 100 AS BIGINT), maybe_s) FROM readings")));
        assertEquals(List.of("+I[9, 1, null]"), flink.table(functions.in(
                "SELECT SUM(maybe_i), COUNT(CAST(maybe_i AS BIGINT)), SUM(CAST(NULL AS INT)) FROM readings")));
    }

    @ParameterizedTest
    @EnumSource
    void wrong_arguments_are_answered_with_the_signatures_that_exist(Functions functions) {
        String types = refusal(functions.in("SELECT SUM(s) FROM readings"));
        for (String signature : List.of("SUM(x INT)", "SUM(x BIGINT)", "SUM(x DOUBLE)")) {
            assertTrue(types.contains(functions.in(signature)), types);
        }
        String count = refusal(functions.in("SELECT VAT(l) FROM readings"));
        assertTrue(count.contains(functions.in("VAT(net BIGINT, country STRING)")), count);
    }

    @ParameterizedTest
    @EnumSource
    void no_argument_is_cast_unasked_where_that_could_lose_something(Functions functions) {
        String decimal = refusal(functions.in("SELECT BASKET_TOTALS(l, i, CAST(i AS DECIMAL(10, 2))) FROM readings"));
        assertTrue(decimal.contains("No signature for the types [BIGINT NOT NULL, INT NOT NULL, DECIMAL(10, 2)"), decimal);
        String timestamp = refusal(functions.in("SELECT MAX(CAST(TO_TIMESTAMP_LTZ(l, 3) AS TIMESTAMP_LTZ(6))) FROM readings"));
        assertTrue(timestamp.contains("No signature for the types [TIMESTAMP"), timestamp);
    }

    @ParameterizedTest
    @EnumSource
    void an_aggregate_without_retract_is_refused_over_updates(Functions functions) {
        String told = refusal(functions.in("SELECT MAX(n) FROM (SELECT s, COUNT(*) AS n FROM readings GROUP BY s)").replace(
                functions.in("COUNT(*)"), "COUNT(*)"));
        assertTrue(told.contains("Could not find an implementation method 'retract' in class '" + functions.type("MAX")), told);
    }

    /** Two scalar functions under one name, one of them with decimals. */
    public static final class Twice extends OverloadedScalar {
        private static final long serialVersionUID = 1L;

        @Override
        protected WasmScalar[] functions() {
            return new WasmScalar[] {new OfString(), new OfDecimal()};
        }

        public static final class OfString extends WasmScalar {
            private static final long serialVersionUID = 1L;

            @Override
            protected Signature signature() {
                return Signature.of("TWICE").argument("x", "STRING", false).result("STRING", false);
            }

            public StringData eval(StringData x) {
                return x == null ? null : StringData.fromString(x.toString().repeat(2));
            }
        }

        public static final class OfDecimal extends WasmScalar {
            private static final long serialVersionUID = 1L;

            @Override
            protected Signature signature() {
                return Signature.of("TWICE").argument("x", "DECIMAL(38, s)", false).result("DECIMAL(38, s)", false);
            }

            public DecimalData eval(DecimalData x) {
                return x == null ? null : (DecimalData) fit(x.toBigDecimal().add(x.toBigDecimal()));
            }
        }
    }

    @Test
    void scalar_functions_are_overloaded_too() throws Exception {
        flink.sql.executeSql("CREATE TEMPORARY FUNCTION TWICE AS '" + Twice.class.getName() + "'");
        String query = "SELECT TWICE(s), TWICE(maybe_s), TWICE(CAST(i AS DECIMAL(6, 3))) FROM readings";
        assertEquals("[STRING, STRING, DECIMAL(38, 3)]", types(query));
        assertEquals(List.of("+I[chch, frfr, 10.000]", "+I[dede, null, 2.000]"), flink.table(query));
    }

    private String types(String query) {
        return flink.sql.sqlQuery(query).getResolvedSchema().getColumnDataTypes().toString();
    }

    private String refusal(String query) {
        return Flink.told(assertThrows(ValidationException.class, () -> flink.sql.explainSql(query)));
    }
}
