package streamfn.conformance.ksqldb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A case of {@code harness/cases}: statements, topics, and what must come out. */
record Case(String name, Path sql, Map<String, Path> topics, List<String> plugins, boolean decimals, Path directory) {
    private static final Pattern STRING = Pattern.compile("\"([^\"]*)\"");
    private static final Pattern TOPIC = Pattern.compile("(?m)^\"?([^\"\\s]+)\"? = \"([^\"]+\\.jsonl)\"$");

    /** All of ksqlDB's dialect. */
    static Map<String, Case> ofKsqldb() {
        Map<String, Case> cases = new TreeMap<>();
        for (Path directory : list(Topics.checkout().resolve("harness/cases"))) {
            Path file = directory.resolve("case.toml");
            String toml = Files.exists(file) ? read(file) : "";
            if (toml.contains("dialect = \"ksqldb\"")) {
                cases.put(directory.getFileName().toString(), of(directory, toml));
            }
        }
        return cases;
    }

    private static Case of(Path directory, String toml) {
        Path sql = directory.resolve(strings(toml, "sql").get(0)).normalize();
        List<String> plugins = strings(toml, "plugins").stream()
                .map(plugin -> directory.resolve(plugin).normalize().toString())
                .toList();
        boolean decimals = strings(toml, "tolerance").equals(List.of("decimals"));
        String name = directory.getFileName().toString();
        return new Case(name, sql, topics(directory, toml, read(sql)), plugins, decimals, directory);
    }

    /** In the order in which the SQL names them: it decides between records of one time. */
    private static Map<String, Path> topics(Path directory, String toml, String sql) {
        Map<String, Path> files = new TreeMap<>();
        for (Path file : list(directory.resolve("topics"))) {
            files.put(file.getFileName().toString().replace(".jsonl", ""), file);
        }
        TOPIC.matcher(toml).results().forEach(
                topic -> files.put(topic.group(1), directory.resolve(topic.group(2)).normalize()));
        Map<String, Path> ordered = new LinkedHashMap<>();
        files.keySet().stream()
                .sorted(Comparator.comparing(topic -> sql.indexOf("'" + topic + "'")))
                .forEach(topic -> ordered.put(topic, files.get(topic)));
        return ordered;
    }

    /** The strings on the line of a key. */
    private static List<String> strings(String toml, String key) {
        return toml.lines()
                .filter(line -> line.startsWith(key + " = "))
                .flatMap(line -> STRING.matcher(line).results())
                .map((MatchResult found) -> found.group(1))
                .toList();
    }

    /** The tables and streams that the case says something about, in upper case. */
    List<String> expected() {
        return Stream.of("changes", "tables")
                .flatMap(folder -> list(directory.resolve(folder)).stream())
                .map(file -> file.getFileName().toString().replace(".txt", ""))
                .map(name -> name.toUpperCase(Locale.ROOT))
                .distinct()
                .toList();
    }

    /** Every change of a table, or its final rows: each row a map from the upper-case column to the cell's text. */
    List<Map<String, String>> rows(String folder, String table) {
        Path file = list(directory.resolve(folder)).stream()
                .filter(each -> each.getFileName().toString().equalsIgnoreCase(table + ".txt"))
                .findFirst()
                .orElse(directory);
        List<Map<String, String>> rows = new ArrayList<>();
        List<String> columns = null;
        for (String line : Files.isRegularFile(file) ? read(file).lines().toList() : List.<String>of()) {
            if (!line.startsWith("|")) {
                continue;
            }
            List<String> cells = Stream.of(line.substring(1).split("\\|")).map(String::strip).toList();
            if (columns == null) {
                columns = cells.stream().map(name -> name.toUpperCase(Locale.ROOT)).toList();
                continue;
            }
            Map<String, String> row = new TreeMap<>();
            for (int at = 0; at < cells.size(); at++) {
                row.put(columns.get(at), cells.get(at));
            }
            rows.add(row);
        }
        return rows;
    }

    private static List<Path> list(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
