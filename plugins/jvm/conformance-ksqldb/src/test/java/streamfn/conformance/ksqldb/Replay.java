package streamfn.conformance.ksqldb;

import java.util.ArrayList;
import java.util.List;

/** What the harness makes of a case's SQL and topics, with the components themselves. */
final class Replay {
    private Replay() {}

    static List<Change> of(Case harnessCase, Iterable<String> tables) {
        List<String> arguments = new ArrayList<>(List.of("replay", "--changelog", "--format", "json"));
        arguments.addAll(List.of("--sql", harnessCase.sql().toString()));
        tables.forEach(table -> arguments.addAll(List.of("--table", table)));
        harnessCase.topics().forEach((topic, file) -> arguments.addAll(List.of("--topic", topic + "=" + file)));
        harnessCase.plugins().forEach(plugin -> arguments.addAll(List.of("--plugin", plugin)));
        return Streamfn.run(arguments).stream().map(Change::of).toList();
    }
}
