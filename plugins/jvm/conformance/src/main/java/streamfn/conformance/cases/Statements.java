package streamfn.conformance.cases;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts a file of SQL at its semicolons: not at those in text, names and comments, nor within BEGIN … END. */
final class Statements {
    private static final Pattern TOKEN = Pattern.compile(
            "'[^']*'|`[^`]*`|--[^\\n]*|/\\*.*?\\*/|\\b(?:BEGIN|CASE)\\b|\\bEND\\b|;", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private Statements() {}

    static List<String> of(String sql) {
        List<String> statements = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        int depth = 0;
        int from = 0;
        for (Matcher token = TOKEN.matcher(sql); token.find(); from = token.end()) {
            statement.append(sql, from, token.start());
            String found = token.group();
            if (found.startsWith("--") || found.startsWith("/*")) {
                continue;
            }
            if (found.equals(";") && depth == 0) {
                statements.add(statement.toString().strip());
                statement.setLength(0);
                continue;
            }
            if (found.length() <= 5 && Character.isLetter(found.charAt(0))) {
                depth += found.equalsIgnoreCase("END") ? -1 : 1;
            }
            statement.append(found);
        }
        statements.add(statement.append(sql.substring(from)).toString().strip());
        statements.removeIf(String::isEmpty);
        return statements;
    }
}
