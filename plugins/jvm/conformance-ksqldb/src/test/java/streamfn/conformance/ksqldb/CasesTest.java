package streamfn.conformance.ksqldb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The cases in Kafka Streams with the jars' functions: record by record what a case expects, and what the harness gives. */
class CasesTest {
    private static final Map<String, Case> CASES = Case.ofKsqldb();
    private static final Set<String> same = new TreeSet<>();
    private static int records;

    static Stream<String> cases() {
        return Topologies.OF_CASES.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void every_record_is_the_expected_one_and_the_harnesss(String name) {
        Case harnessCase = CASES.get(name);
        List<Statements.Output> outputs = Topologies.of(name).outputs().stream()
                .filter(output -> isBuilt(name, output.table()))
                .toList();
        List<String> tables = outputs.stream().map(Statements.Output::table).toList();
        List<String> expected = harnessCase.expected().stream().filter(table -> isBuilt(name, table)).toList();
        assertTrue(tables.containsAll(expected), () -> "wanted " + expected + ", built are " + tables);

        List<Topics.Recorded> recorded =
                Topics.merged(harnessCase.topics(), Topologies.of(name).times());
        List<Change> together = Run.of(() -> Topologies.of(name), recorded);
        List<Change> byPartition = Run.byPartition(() -> Topologies.of(name), recorded);
        List<Change> harness =
                Replay.of(harnessCase, outputs.stream().map(Statements.Output::topic).toList());
        for (Statements.Output output : outputs) {
            boolean apart = Topologies.BY_PARTITION.contains(name + "/" + output.table());
            List<Change> changes = of(output.table(), apart ? byPartition : together);
            asTheHarness(of(output.table(), harness), changes);
            asExpected(harnessCase, output, changes);
            records += changes.size();
        }
        same.add(name);
    }

    private static boolean isBuilt(String name, String table) {
        return !Topologies.NOT_BUILT.containsKey(name + "/" + table);
    }

    private static List<Change> of(String table, List<Change> changes) {
        return changes.stream().filter(change -> change.table().equals(table)).toList();
    }

    private static void asTheHarness(List<Change> harness, List<Change> changes) {
        assertFalse(changes.isEmpty());
        for (int at = 0; at < Math.min(harness.size(), changes.size()); at++) {
            assertEquals(harness.get(at), changes.get(at), "change " + at);
        }
        assertEquals(harness.size(), changes.size());
    }

    private static void asExpected(Case harnessCase, Statements.Output output, List<Change> changes) {
        String table = output.table();
        List<Map<String, String>> wanted = harnessCase.rows("changes", table);
        if (!wanted.isEmpty()) {
            assertEquals(wanted.size(), changes.size(), table);
            for (int at = 0; at < wanted.size(); at++) {
                assertTrue(
                        changes.get(at).is(wanted.get(at), harnessCase.decimals()),
                        "wanted " + wanted.get(at) + ", found " + changes.get(at));
            }
        }
        List<Map<String, String>> rows = harnessCase.rows("tables", table);
        assertEquals(harnessCase.expected().contains(table), !wanted.isEmpty() || !rows.isEmpty(), table);
        if (!rows.isEmpty()) {
            List<Change> last = finalRows(changes, output.key());
            assertEquals(rows.size(), last.size(), table);
            for (Map<String, String> row : rows) {
                assertTrue(
                        last.stream().anyMatch(change -> change.is(row, harnessCase.decimals())),
                        "wanted " + row + ", found " + last);
            }
        }
    }

    /** Of a table the last change of each key that is no tombstone, of a stream all. */
    private static List<Change> finalRows(List<Change> changes, List<String> key) {
        Map<String, Change> rows = new TreeMap<>();
        for (int at = 0; at < changes.size(); at++) {
            Change change = changes.get(at);
            List<JsonNode> id = key.stream().map(column -> change.row().get(column)).toList();
            rows.put(change.op().equals("insert") ? Integer.toString(at) : id.toString(), change);
        }
        return rows.values().stream().filter(change -> !change.op().equals("delete")).toList();
    }

    @Test
    void every_case_is_built_or_it_says_why_not() {
        List<String> listed = new ArrayList<>(Topologies.OF_CASES.keySet());
        Topologies.NOT_BUILT.keySet().stream().filter(name -> !name.contains("/")).forEach(listed::add);
        assertEquals(new ArrayList<>(CASES.keySet()), listed.stream().sorted().toList());
        Stream.concat(Topologies.NOT_BUILT.keySet().stream(), Topologies.BY_PARTITION.stream())
                .filter(name -> name.contains("/"))
                .forEach(name -> assertTrue(
                        CASES.get(name.split("/")[0]).expected().contains(name.split("/")[1]), "no expectation " + name));
    }

    @AfterAll
    static void print() {
        Set<String> different = new TreeSet<>(Topologies.OF_CASES.keySet());
        different.removeAll(same);
        System.out.println("ksqlDB's topologies: " + same.size() + " cases, " + records + " records compared, "
                + (different.isEmpty() ? "none different" : "different: " + different));
    }
}
