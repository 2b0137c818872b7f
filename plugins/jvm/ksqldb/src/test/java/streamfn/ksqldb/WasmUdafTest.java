package streamfn.ksqldb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.confluent.ksql.util.Pair;
import io.confluent.ksql.util.Quadruple;
import io.confluent.ksql.util.Quintuple;
import io.confluent.ksql.util.Triple;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.api.Test;

class WasmUdafTest {
    /** Its state is the arguments of the last row. */
    private static class Last extends WasmUdaf<Object, String> {
        Last(String parameters) {
            super("LAST_ROW", parameters, "STRUCT<`ROW` STRING>", "STRING");
        }

        @Override
        protected Object[] callCreate() {
            return new Object[] {null};
        }

        @Override
        protected Object[] callAccumulate(Object[] state, Object[] arguments) {
            return new Object[] {Arrays.toString(arguments)};
        }

        @Override
        protected Object callValue(Object[] state) {
            return state[0];
        }
    }

    @Test
    void up_to_five_arguments_come_in_a_tuple() {
        assertEquals("[1]", last("INT", 1));
        assertEquals("[1, 2]", last("INT, INT", Pair.of(1, 2)));
        assertEquals("[1, 2, 3]", last("INT, INT, INT", Triple.of(1, 2, 3)));
        assertEquals("[1, 2, 3, 4]", last("INT, INT, INT, INT", Quadruple.of(1, 2, 3, 4)));
        assertEquals("[1, 2, 3, 4, 5]", last("INT, INT, INT, INT, INT", Quintuple.of(1, 2, 3, 4, 5)));
        assertThrows(FunctionFailed.class, () -> last("INT, INT, INT, INT, INT, INT", 1));
    }

    @Test
    void the_rowtime_of_a_call_without_arguments_is_no_argument() {
        assertEquals("[]", last("", 1702763539281L));
    }

    private static String last(String parameters, Object input) {
        Last last = new Last(parameters);
        return last.map(last.aggregate(input, last.initialize()));
    }

    @Test
    void a_null_reaches_the_function_only_where_it_may() {
        Last last = new Last("INT, INT NOT NULL");
        Struct state = last.initialize();
        assertSame(state, last.aggregate(Pair.of(1, null), state));
        assertEquals("[null, 2]", last.map(last.aggregate(Pair.of(null, 2), state)));
    }

    @Test
    void an_error_leaves_as_an_exception_that_fits_in_one_line_of_a_log() {
        Last endless = new Last("INT") {
            @Override
            protected Object[] callAccumulate(Object[] state, Object[] arguments) {
                throw new StackOverflowError("a\nb" + "c".repeat(2_000));
            }
        };
        var failure = assertThrows(FunctionFailed.class, () -> endless.aggregate(1, endless.initialize()));
        assertTrue(failure.getMessage().startsWith("LAST_ROW: a\\u000abcc"), failure.getMessage());
        assertEquals(1_001, failure.getMessage().length());
        assertEquals(StackOverflowError.class, failure.getCause().getClass());
    }

    @Test
    void without_merge_a_session_window_fails_with_the_reason() {
        Last last = new Last("INT");
        var failure = assertThrows(FunctionFailed.class, () -> last.merge(last.initialize(), last.initialize()));
        assertTrue(failure.getMessage().contains("SESSION"), failure.getMessage());
    }

    @Test
    void a_scalar_without_an_argument_that_it_needs_is_null_and_a_table_function_has_no_row() {
        WasmUdf twice = new WasmUdf("TWICE", "INT NOT NULL", "INT") {
            @Override
            protected Object call(Object[] arguments) {
                return 2 * (Integer) arguments[0];
            }
        };
        assertEquals(4, twice.eval(2));
        assertNull(twice.eval((Object) null));

        WasmUdtf digits = new WasmUdtf("DIGITS", "STRING NOT NULL", "STRUCT<`DIGIT` STRING>") {
            @Override
            protected List<?> call(Object[] arguments) {
                return ((String) arguments[0]).chars().mapToObj(c -> new Object[] {Character.toString(c)}).toList();
            }
        };
        assertEquals(List.of("1", "2"), digits.rows("12").stream().map(row -> ((Struct) row).get("DIGIT")).toList());
        assertEquals(List.of(), digits.rows((Object) null));
    }
}
