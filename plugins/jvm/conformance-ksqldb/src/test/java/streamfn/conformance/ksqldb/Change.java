package streamfn.conformance.ksqldb;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One record of a stream's or a table's topic.
 *
 * @param op insert into a stream; upsert and delete in a table
 * @param row all columns, those of the key too; of a deleted row they alone are not null
 * @param origin topic, partition and offset of the record that caused it
 */
record Change(String table, String op, long rowtime, JsonNode row, JsonNode origin) {
    /** As {@code streamfn replay --changelog --format json} writes it. */
    static Change of(String line) {
        JsonNode json = Rows.parse(line);
        return new Change(
                json.get("table").textValue().toUpperCase(Locale.ROOT),
                json.get("op").textValue(),
                json.get("rowtime").longValue(),
                json.get("row"),
                json.get("origin"));
    }

    /** Whether it is what an expectation says; decimals compare as many digits as are written there. */
    boolean is(Map<String, String> cells, boolean decimals) {
        return cells.entrySet().stream().allMatch(cell -> same(cell.getValue(), text(cell.getKey()), decimals));
    }

    private static boolean same(String expected, String found, boolean decimals) {
        if (decimals && expected.matches("-?\\d+\\.\\d+") && found.matches("-?\\d+\\.\\d+(E-?\\d+)?")) {
            BigDecimal wanted = new BigDecimal(expected);
            return new BigDecimal(found).setScale(wanted.scale(), RoundingMode.HALF_EVEN).equals(wanted);
        }
        return expected.equals(found);
    }

    private String text(String column) {
        return switch (column) {
            case "ROWTIME" -> Long.toString(rowtime);
            case "OP" -> op;
            default -> row.has(column) ? text(row.get(column)) : "no such column";
        };
    }

    /** As ksqlDB shows a value: a list between brackets, a map or a STRUCT between braces. */
    private static String text(JsonNode value) {
        if (value.isArray()) {
            List<String> elements = new ArrayList<>();
            value.forEach(element -> elements.add(text(element)));
            return "[" + String.join(", ", elements) + "]";
        }
        if (value.isObject()) {
            List<String> entries = new ArrayList<>();
            value.properties().forEach(entry -> entries.add(entry.getKey() + "=" + text(entry.getValue())));
            return "{" + String.join(", ", entries) + "}";
        }
        return value.asText();
    }
}
