package streamfn.conformance.ksqldb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.sql.Timestamp;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.api.Test;

/** Good jars load whole, side by side, and their functions answer. */
class WholeJarTest {
    private static final Catalog CATALOG = Extensions.load(
            JarUnderTest.aggregate(), JarUnderTest.collect(), JarUnderTest.enrich(), JarUnderTest.pricing());

    @Test
    void every_function_of_all_jars_is_there() {
        assertTrue(CATALOG.names().containsAll(Set.of("WASM_BASKET_TOTALS", "WASM_COUNT", "WASM_MAX", "WASM_SUM")));
        assertTrue(CATALOG.names().containsAll(Set.of("WASM_VAT", "WASM_WEIGHTED_MEAN", "WASM_PRICE_RANGE")));
        assertTrue(CATALOG.names().containsAll(
                Set.of("WASM_COLLECT", "WASM_COLLECT_LIST", "WASM_COLLECT_SET", "WASM_HISTOGRAM", "WASM_UNNEST_ENTRIES")));
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
        assertTrue(CATALOG.aggregate("WASM_COLLECT", "STRING").isForTables());
        assertFalse(CATALOG.aggregate("WASM_PRICE_RANGE", "STRING", "DOUBLE").isForTables());
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
    void a_keyed_aggregate_changes_one_entry_of_a_map_and_leaves_the_one_it_was_given() {
        var range = CATALOG.aggregate("WASM_PRICE_RANGE", "STRING", "DOUBLE").callsite();
        Object empty = range.initialize();
        Object apple = range.aggregate(empty, "apple", 1.5);
        Object both = range.aggregate(range.aggregate(apple, "pear", 2.0), "apple", 0.5);
        // Without an article it is in no entry, and without a price the row does not reach the function.
        assertEquals(both, range.aggregate(range.aggregate(both, null, 9.0), "kiwi", null));
        assertEquals(List.of("{}", "{apple=1}", "{apple=2, pear=1}"), List.of(offers(empty), offers(apple), offers(both)));
        Struct low = (Struct) ((Map<?, ?>) range.map(both)).get("apple");
        assertEquals(List.of(0.5, 1.5, 2L), List.of(low.get("LOW"), low.get("HIGH"), low.get("OFFERS")));
        Object older = range.aggregate(range.aggregate(empty, "kiwi", 1.0), "apple", 7.0);
        Object merged = range.merge(older, both);
        assertEquals("{kiwi=1, apple=3, pear=1}", offers(merged));
        assertEquals("{kiwi=1, apple=1}", offers(older));
    }

    private static String offers(Object state) {
        Map<Object, Object> offers = new LinkedHashMap<>();
        ((Map<?, ?>) state).forEach((key, span) -> offers.put(key, ((Struct) span).get("OFFERS")));
        return offers.toString();
    }

    @Test
    void a_row_that_is_undone_and_was_never_added_is_an_error() {
        var collect = CATALOG.aggregate("WASM_COLLECT", "STRING").callsite();
        Object state = collect.undo(collect.initialize(), "b");
        var failed = assertThrows(RuntimeException.class, () -> collect.map(state));
        assertTrue(failed.getMessage().contains("WASM_COLLECT: wanted each row to be added before it is retracted, found -1 of b"), failed.getMessage());
    }

    @Test
    void decimals_have_the_scale_of_the_call_wherever_they_are() {
        var sum = CATALOG.aggregate("WASM_SUM", "DECIMAL(6, 2)").callsite(SqlType.of("DECIMAL(6, 2)"));
        assertEquals(2, sum.result().scale());
        assertEquals(38, sum.result().precision());
        Object state = sum.aggregate(sum.aggregate(sum.initialize(), new BigDecimal("1.50")), new BigDecimal("2.50"));
        assertEquals(new BigDecimal("4.00"), sum.map(state));
        BigDecimal most = new BigDecimal("9".repeat(36) + ".99");
        Object full = sum.aggregate(sum.initialize(), most);
        assertEquals(most, sum.map(full));
        assertThrows(RuntimeException.class, () -> sum.map(sum.aggregate(full, most)));

        var set = CATALOG.aggregate("WASM_COLLECT_SET", "DECIMAL(6, 3)").callsite(SqlType.of("DECIMAL(6, 3)"));
        assertEquals(3, set.result().parts().get(0).type().scale());
        Object once = set.aggregate(set.aggregate(set.initialize(), new BigDecimal("1.500")), new BigDecimal("1.500"));
        assertEquals(1, ((List<?>) once).size());
        assertEquals(List.of(new BigDecimal("1.500")), set.map(once));
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
