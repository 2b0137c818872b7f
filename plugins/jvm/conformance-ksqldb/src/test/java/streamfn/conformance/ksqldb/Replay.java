package streamfn.conformance.ksqldb;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the harness makes of the same SQL and the same topics, with the component itself. */
final class Replay {
    private Replay() {}

    static List<Change> of(String sql, String table, Topics topics) {
        List<String> arguments = new ArrayList<>(List.of("replay", "--changelog", "--format", "json"));
        arguments.addAll(List.of("--sql", "sql/ksqldb/" + sql, "--table", table));
        for (Map.Entry<String, Path> topic : topics.files().entrySet()) {
            arguments.addAll(List.of("--topic", topic.getKey() + "=" + topic.getValue()));
        }
        return Streamfn.run(arguments).stream().map(Change::ofReplay).toList();
    }
}
