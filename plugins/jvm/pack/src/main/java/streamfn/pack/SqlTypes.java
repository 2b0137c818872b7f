package streamfn.pack;

import java.util.ArrayList;
import java.util.List;

/** The text of a SQL type, taken apart. Names in it are between backquotes. */
final class SqlTypes {
    private SqlTypes() {}

    /** What is between the angle brackets, cut at the commas that are in no type and no name there. */
    static List<String> parts(String type) {
        String inside = type.substring(type.indexOf('<') + 1, type.length() - 1);
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int from = 0;
        boolean name = false;
        for (int at = 0; at < inside.length(); at++) {
            switch (inside.charAt(at)) {
                case '`' -> name = !name;
                case '<', '(' -> depth += name ? 0 : 1;
                case '>', ')' -> depth -= name ? 0 : 1;
                case ',' -> {
                    if (depth == 0 && !name) {
                        parts.add(inside.substring(from, at).strip());
                        from = at + 1;
                    }
                }
                default -> {}
            }
        }
        parts.add(inside.substring(from).strip());
        return parts;
    }
}
