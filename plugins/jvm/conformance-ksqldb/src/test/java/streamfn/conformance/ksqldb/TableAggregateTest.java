package streamfn.conformance.ksqldb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static streamfn.conformance.ksqldb.Calls.call;
import static streamfn.conformance.ksqldb.Calls.column;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Aggregates of a table, whose rows change and go: the old row is undone, then the new one is added. */
class TableAggregateTest {
    /** By hand: (10 × 1 + 40 × 2) / 3 is 30, and so on; powers of two and small integers leave no rounding. */
    @Test
    void a_weighted_mean_follows_its_rows() {
        List<Topics.Recorded> records = new ArrayList<>();
        offer(records, "a", "{\"grp\": \"x\", \"price\": 10, \"sold\": 1}");
        offer(records, "b", "{\"grp\": \"x\", \"price\": 40, \"sold\": 2}");
        offer(records, "b", "{\"grp\": \"x\", \"price\": 20, \"sold\": 1}");
        offer(records, "a", "{\"grp\": \"x\", \"price\": null, \"sold\": 1}");
        offer(records, "b", "{\"grp\": \"y\", \"price\": 20, \"sold\": 1}");
        offer(records, "b", null);
        assertEquals(
                List.of(
                        "0 x {\"MEAN\":10.0}",
                        "1 x {\"MEAN\":30.0}",
                        "2 x {\"MEAN\":15.0}",
                        "3 x {\"MEAN\":20.0}",
                        "4 x {\"MEAN\":null}",
                        "4 y {\"MEAN\":20.0}",
                        "5 y {\"MEAN\":null}"),
                run(
                        "GRP STRING, PRICE DOUBLE, SOLD BIGINT",
                        records,
                        Calls.callOfSeveral("WASM_WEIGHTED_MEAN", "DOUBLE, BIGINT", "MEAN", row -> new Object[] {
                            row.get("PRICE"), row.get("SOLD")
                        })));
    }

    /** By hand. Of b the apple goes and a pear comes; the kiwi is b's, in another group; then a's apple goes. */
    @Test
    void collections_follow_their_rows() {
        List<Topics.Recorded> records = new ArrayList<>();
        offer(records, "a", "{\"grp\": \"x\", \"name\": \"apple\", \"sold\": 7}");
        offer(records, "b", "{\"grp\": \"x\", \"name\": \"apple\", \"sold\": 7}");
        offer(records, "b", "{\"grp\": \"x\", \"name\": \"pear\", \"sold\": 8}");
        offer(records, "b", "{\"grp\": \"y\", \"name\": \"kiwi\", \"sold\": 8}");
        offer(records, "a", null);
        assertEquals(
                List.of(
                        "0 x {\"C\":{\"apple\":1},\"H\":{\"apple\":1},\"S\":[7],\"L\":[7]}",
                        "1 x {\"C\":{\"apple\":2},\"H\":{\"apple\":2},\"S\":[7],\"L\":[7,7]}",
                        "2 x {\"C\":{\"apple\":1,\"pear\":1},\"H\":{\"apple\":1,\"pear\":1},\"S\":[7,8],\"L\":[7,8]}",
                        "3 x {\"C\":{\"apple\":1},\"H\":{\"apple\":1},\"S\":[7],\"L\":[7]}",
                        "3 y {\"C\":{\"kiwi\":1},\"H\":{\"kiwi\":1},\"S\":[8],\"L\":[8]}",
                        "4 x {\"C\":{},\"H\":{},\"S\":[],\"L\":[]}"),
                run(
                        "GRP STRING, NAME STRING, SOLD BIGINT",
                        records,
                        call("WASM_COLLECT", "STRING", "C", column("NAME")),
                        call("WASM_HISTOGRAM", "STRING", "H", column("NAME")),
                        call("WASM_COLLECT_SET", "BIGINT", "S", column("SOLD")),
                        call("WASM_COLLECT_LIST", "BIGINT", "L", column("SOLD"))));
    }

    private static void offer(List<Topics.Recorded> records, String key, String value) {
        records.add(new Topics.Recorded(
                "offers", 0, records.size(), Rows.key(key), value, records.size()));
    }

    private static List<String> run(String columns, List<Topics.Recorded> records, GroupBy.Column... functions) {
        Statements statements = new Statements();
        statements.table("offers", "ID STRING", columns).aggregate("GRP", functions).into("GROUPS", "GRP");
        return Run.of(() -> statements, records).stream()
                .map(change -> change.rowtime() + " " + group(change) + " " + change.row())
                .toList();
    }

    private static String group(Change change) {
        return ((ObjectNode) change.row()).remove("GRP").textValue();
    }
}
