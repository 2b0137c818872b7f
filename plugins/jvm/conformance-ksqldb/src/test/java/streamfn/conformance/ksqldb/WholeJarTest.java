package streamfn.conformance.ksqldb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Timestamp;
import java.util.List;
import java.util.Set;
import org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.api.Test;

/** Good jars load whole, side by side, and their functions answer. */
class WholeJarTest {
    private static final Catalog CATALOG = Extensions.load(JarUnderTest.aggregate(), JarUnderTest.pricing());

    @Test
    void every_function_of_both_jars_is_there() {
        assertTrue(CATALOG.names().containsAll(Set.of("WASM_BASKET_TOTALS", "WASM_COUNT", "WASM_MAX", "WASM_SUM")));
        assertTrue(CATALOG.names().containsAll(Set.of("WASM_VAT", "WASM_WEIGHTED_MEAN")));
        assertTrue(CATALOG.names().stream().allMatch(name -> name.startsWith("WASM_")), CATALOG.names().toString());
    }

    @Test
    void an_overload_is_found_by_its_exact_argument_types() {
        assertEquals(SqlType.of("INT"), CATALOG.find("wasm_sum", "INT").result());
        assertEquals(SqlType.of("DOUBLE"), CATALOG.find("WASM_SUM", "DOUBLE").result());
        var failure = assertThrows(
                IllegalArgumentException.class, () -> CATALOG.find("WASM_BASKET_TOTALS", "INT", "INT", "DOUBLE"));
        assertTrue(failure.getMessage().contains("(BIGINT, INT, DOUBLE)"), failure.getMessage());
    }

    @Test
    void only_what_can_retract_is_for_tables() {
        assertTrue(CATALOG.aggregate("WASM_SUM", "INT").isForTables());
        assertTrue(CATALOG.aggregate("WASM_WEIGHTED_MEAN", "DOUBLE", "BIGINT").isForTables());
        assertFalse(CATALOG.aggregate("WASM_MAX", "TIMESTAMP").isForTables());
        assertFalse(CATALOG.aggregate("WASM_BASKET_TOTALS", "BIGINT", "INT", "DOUBLE").isForTables());
    }

    @Test
    void an_aggregate_skips_nulls_and_shows_its_state_as_a_struct() {
        var totals = CATALOG.aggregate("WASM_BASKET_TOTALS", "BIGINT", "INT", "DOUBLE").callsite();
        Object state = totals.initialize();
        state = totals.aggregate(state, 5L, 2, 1.5);
        state = totals.aggregate(state, null, 1, null);
        Struct row = (Struct) totals.map(state);
        assertEquals(new Timestamp(5), row.get("TS"));
        assertEquals(3, row.get("SUM_QTY"));
        assertEquals(3.0, row.get("TOTAL_PRICE"));
    }

    @Test
    void two_sessions_that_grow_together_are_merged() {
        var sum = CATALOG.aggregate("WASM_SUM", "INT").callsite();
        Object merged = sum.merge(sum.aggregate(sum.initialize(), 3), sum.aggregate(sum.initialize(), 4));
        assertEquals(7, sum.map(merged));
    }

    @Test
    void a_call_without_arguments_counts_rowtimes() {
        var count = CATALOG.aggregate("WASM_COUNT", "BIGINT").callsite();
        Object state = count.aggregate(count.initialize(), 1702763539281L);
        assertEquals(1L, count.map(count.aggregate(state, (Object) null)));
    }

    @Test
    void a_scalar_answers_or_refuses_with_an_exception_that_names_it() {
        var vat = CATALOG.scalar("WASM_VAT", "BIGINT", "STRING").callsite();
        assertEquals(119L, vat.eval(100L, "de"));
        assertNull(vat.eval(100L, null));
        var refused = assertThrows(RuntimeException.class, () -> vat.eval(100L, "xx"));
        assertTrue(refused.getMessage().contains("WASM_VAT"), refused.getMessage());
        assertTrue(refused.getMessage().contains("unknown country \"xx\""), refused.getMessage());
    }

    @Test
    void a_table_function_gives_rows() {
        Catalog pricing = Extensions.load(JarUnderTest.pricing());
        var lines = pricing.scalar("WASM_BASKET_LINES", "STRING").callsite();
        List<?> rows = (List<?>) lines.eval("apple:2,pear:1");
        assertEquals(List.of("apple", "pear"), rows.stream().map(row -> ((Struct) row).get("ARTICLE")).toList());
        assertEquals(List.of(), lines.eval((Object) null));
    }

    @Test
    void the_same_jar_twice_is_refused_because_its_names_are_taken() {
        var refusal = assertThrows(
                Refusal.class, () -> Extensions.load(JarUnderTest.aggregate(), JarUnderTest.aggregate()));
        assertTrue(refusal.getMessage().contains("wanted a name that is free"), refusal.getMessage());
    }
}
