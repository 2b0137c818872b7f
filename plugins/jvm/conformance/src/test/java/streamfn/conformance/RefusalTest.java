package streamfn.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A row that a function refuses fails the job, and whoever reads why learns the function, its arguments and its reason. */
class RefusalTest {
    private final Flink flink = Flink.streaming();

    @ParameterizedTest
    @EnumSource
    void rows_that_a_scalar_function_takes(Functions functions) throws Exception {
        flink.table("orders", "net, country", "(100, 'de')", "(50, 'hu')", "(-50, 'hu')");
        String gross = functions.in("SELECT country, VAT(net, country) FROM orders");
        assertEquals(List.of("+I[de, 119]", "+I[hu, -63]", "+I[hu, 64]"), flink.table(gross));
    }

    @ParameterizedTest
    @EnumSource
    void a_row_that_a_scalar_function_refuses(Functions functions) {
        flink.table("orders", "net, country", "(100, 'de')", "(100, 'xx')");
        String told = refusal(functions.in("SELECT VAT(net, country) FROM orders"));
        assertTrue(told.contains("VAT refused the row in eval (net = 100, country = \"xx\"): unknown country \"xx\""), told);
    }

    @ParameterizedTest
    @EnumSource
    void what_a_terminal_would_obey_is_escaped_and_what_is_long_is_cut(Functions functions) {
        flink.table("orders", "net, country", "(100, U&'\\001b[31m\\202e')", "(100, 'de')");
        String escaped = refusal(functions.in("SELECT VAT(net, country) FROM orders"));
        assertTrue(escaped.contains("country = \"\\u001b[31m\\u202e\""), escaped);
        assertFalse(escaped.contains("\u001b"));
        flink.table("long_orders", "net, country", "(100, '" + "x".repeat(100_000) + "')", "(100, 'de')");
        String cut = refusal(functions.in("SELECT VAT(net, country) FROM long_orders"));
        assertTrue(cut.contains("country = \"" + "x".repeat(200) + "…\""), cut);
        assertTrue(cut.length() < 2_000);
    }

    @ParameterizedTest
    @EnumSource
    void a_row_that_an_aggregate_refuses(Functions functions) {
        flink.table("sales", "price, weight", "(2.5e0, 1)", "(4.5e0, -1)");
        String told = refusal(functions.in("SELECT WEIGHTED_MEAN(price, weight) FROM sales"));
        String sentence = "WEIGHTED_MEAN refused the row in accumulate (price = 4.5, weight = -1): negative weight -1";
        assertTrue(told.contains(sentence), told);
    }

    private String refusal(String query) {
        return Flink.told(assertThrows(RuntimeException.class, () -> flink.changes(query)));
    }
}
