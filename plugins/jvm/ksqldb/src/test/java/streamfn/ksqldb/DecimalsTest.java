package streamfn.ksqldb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.confluent.ksql.schema.ksql.SqlArgument;
import io.confluent.ksql.schema.ksql.types.SqlTypes;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A DECIMAL that a function gives has the scale of the call's first DECIMAL argument. */
class DecimalsTest {
    private static final BigDecimal TWO_DIGITS = new BigDecimal("0.25");
    private static final BigDecimal FOUR_DIGITS = new BigDecimal("1.2500");

    /** Gives its second argument. */
    private static final class Second extends WasmUdf {
        Second(String result) {
            super("SECOND", "STRING, DECIMAL(38, s), DECIMAL(38, s)", result);
        }

        @Override
        protected Object call(Object[] arguments) {
            return arguments[2];
        }
    }

    @Test
    void the_planner_is_told_the_type_of_a_result() {
        List<SqlArgument> call = List.of(
                SqlArgument.of(SqlTypes.STRING), SqlArgument.of(SqlTypes.decimal(6, 2)), SqlArgument.of(SqlTypes.decimal(9, 4)));
        assertEquals("DECIMAL(38, 2)", new Second("DECIMAL(38, s)").type(call).toString());
        String nested = "MAP<STRING, ARRAY<STRUCT<`A` DECIMAL(38, s), `B` BYTES>>>";
        assertEquals(nested.replace("s)", "2)"), new Second(nested).type(call).toString());
        // A literal NULL has no type, and without a decimal the scale is 18.
        assertEquals("DECIMAL(38, 18)", new Second("DECIMAL(38, s)").type(List.of(SqlArgument.of(null))).toString());
    }

    @Test
    void a_result_has_the_scale_of_the_first_decimal_or_is_refused() {
        Second second = new Second("DECIMAL(38, s)");
        assertEquals(FOUR_DIGITS.setScale(2), second.eval("x", TWO_DIGITS, FOUR_DIGITS));
        assertEquals(TWO_DIGITS.setScale(4), second.eval("x", FOUR_DIGITS, TWO_DIGITS));
        var refused = assertThrows(FunctionFailed.class, () -> second.eval("x", TWO_DIGITS, new BigDecimal("0.125")));
        assertTrue(refused.getMessage().contains("SECOND: wanted a DECIMAL(38, 2), found 0.125"), refused.getMessage());
    }

    @Test
    void while_the_first_decimal_is_null_its_scale_is_that_of_the_rows_before() {
        Second second = new Second("DECIMAL(38, s)");
        assertEquals(FOUR_DIGITS, second.eval("x", null, FOUR_DIGITS));
        second.eval("x", TWO_DIGITS, TWO_DIGITS);
        assertEquals(new BigDecimal("1.25"), second.eval("x", null, FOUR_DIGITS));
        assertNull(second.eval("x", TWO_DIGITS, null));
    }

    /** Sums by a decimal key; its entries are pairs, for ksqlDB's maps have keys of text. */
    private static final class Sums extends WasmKeyedUdaf<BigDecimal, List<?>, Map<?, ?>> {
        Sums(int most) {
            super("SUMS", "DECIMAL(38, s)", "ARRAY<STRUCT<`K` DECIMAL(38, s), `V` DECIMAL(38, s)>>", "MAP<STRING, DECIMAL(38, s)>", false, most);
        }

        @Override
        protected Object callKey(Object[] arguments) {
            return ((BigDecimal) arguments[0]).abs().stripTrailingZeros();
        }

        @Override
        protected Object callAccumulate(Object entry, Object[] arguments) {
            BigDecimal number = (BigDecimal) arguments[0];
            BigDecimal sum = entry == null ? number : number.add((BigDecimal) entry);
            return sum.signum() == 0 ? null : sum;
        }

        @Override
        protected Object callMerge(Object a, Object b) {
            return ((BigDecimal) a).add((BigDecimal) b);
        }

        @Override
        protected Object callValue(Object entries) {
            Map<Object, Object> named = new TreeMap<>();
            ((Map<?, ?>) entries).forEach((key, sum) -> named.put(((BigDecimal) key).toPlainString(), sum));
            return named;
        }
    }

    @Test
    void entries_with_keys_of_any_type_are_pairs_and_equal_keys_have_one() {
        Sums sums = new Sums(Integer.MAX_VALUE);
        sums.initializeTypeArguments(List.of(SqlArgument.of(SqlTypes.decimal(6, 2))));
        assertEquals("ARRAY<STRUCT<`K` DECIMAL(38, 2), `V` DECIMAL(38, 2)>>", sums.getAggregateSqlType().orElseThrow().toString());
        List<?> empty = sums.initialize();
        List<?> one = sums.aggregate(new BigDecimal("1.50"), empty);
        List<?> two = sums.aggregate(new BigDecimal("0.25"), sums.aggregate(new BigDecimal("1.50"), one));
        assertEquals(List.of(0, 1, 2), List.of(empty.size(), one.size(), two.size()));
        assertEquals("{0.25=0.25, 1.50=3.00}", sums.map(two).toString());
        assertEquals("{1.50=1.50}", sums.map(one).toString());
        assertEquals("{0.25=0.25, 1.50=4.50}", sums.map(sums.merge(one, two)).toString());
        assertEquals("{}", sums.map(sums.aggregate(new BigDecimal("-1.50"), one)).toString());
    }

    @Test
    void a_row_that_would_make_an_entry_too_many_is_refused_and_others_are_not() {
        Sums sums = new Sums(1);
        sums.initializeTypeArguments(List.of(SqlArgument.of(SqlTypes.decimal(6, 2))));
        List<?> one = sums.aggregate(new BigDecimal("1.50"), sums.initialize());
        FunctionFailed refused =
                assertThrows(FunctionFailed.class, () -> sums.aggregate(new BigDecimal("0.25"), one));
        assertTrue(refused.getMessage().contains("wanted at most 1 entries in a group (--limit-entries)"), refused.getMessage());
        assertEquals("{1.50=3.00}", sums.map(sums.aggregate(new BigDecimal("1.50"), one)).toString());
        List<?> other = sums.aggregate(new BigDecimal("0.25"), sums.initialize());
        assertThrows(FunctionFailed.class, () -> sums.merge(one, other));
    }
}
