package streamfn.flink;

import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/** A value as a message shows it: on one line, of bounded length, and without a control character that a terminal obeys. */
final class Shown {
    private static final int LONGEST = 200;

    private Shown() {}

    static String value(String type, Object value) {
        if (value instanceof StringData) {
            return '"' + text(value.toString()).replace("\"", "\\\"") + '"';
        }
        if (value instanceof byte[] bytes) {
            return bytes.length + " bytes";
        }
        if (value instanceof RowData || value instanceof ArrayData || value instanceof MapData) {
            // Flink's binary rows do not know their types; what is in them is for whoever has the column.
            return "a value of " + text(type);
        }
        return text(String.valueOf(value));
    }

    static String text(String text) {
        StringBuilder shown = new StringBuilder();
        int end = Math.min(text.length(), LONGEST);
        if (end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                shown.append("\\n");
            } else if (c == '\t') {
                shown.append("\\t");
            } else if (obeyed(c)) {
                shown.append(String.format("\\u%04x", (int) c));
            } else {
                shown.append(c);
            }
        }
        return text.length() > end ? shown.append("…").toString() : shown.toString();
    }

    /** Controls, line and paragraph separators, and what turns the direction of writing. */
    private static boolean obeyed(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
