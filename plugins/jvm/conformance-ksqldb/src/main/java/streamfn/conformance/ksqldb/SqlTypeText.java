package streamfn.conformance.ksqldb;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a type as ksqlDB's grammar has it: a name without quotes is upper-cased and must not be reserved. */
final class SqlTypeText {
    private static final Pattern TOKEN = Pattern.compile(
            "\\s*(?:([A-Za-z_][A-Za-z0-9_@]*)|(\\d+)|`((?:[^`]|``)*)`|(\\S))");

    private final String text;
    private final Matcher token;
    private boolean more;

    SqlTypeText(String text) {
        this.text = text;
        this.token = TOKEN.matcher(text);
        this.more = token.lookingAt();
    }

    SqlType read() {
        SqlType type = type();
        if (more) {
            throw wanted("the end");
        }
        return type;
    }

    private SqlType type() {
        String word = more && token.group(1) != null ? token.group(1).toUpperCase(Locale.ROOT) : "";
        String base =
                switch (word) {
                    case "INTEGER" -> "INT";
                    case "VARCHAR" -> "STRING";
                    default -> word;
                };
        switch (base) {
            case "ARRAY": {
                next();
                want("<");
                SqlType element = type();
                want(">");
                return SqlType.array(element);
            }
            case "MAP": {
                next();
                want("<");
                SqlType key = type();
                want(",");
                SqlType value = type();
                want(">");
                return SqlType.map(key, value);
            }
            case "STRUCT":
                next();
                return struct();
            case "DECIMAL":
                next();
                return decimal();
            default:
                if (!SqlType.isSimple(base)) {
                    throw wanted("a SQL type of ksqlDB");
                }
                next();
                return SqlType.simple(base);
        }
    }

    private SqlType decimal() {
        want("(");
        int precision = number();
        want(",");
        int scale = number();
        want(")");
        return SqlType.decimal(precision, scale);
    }

    private SqlType struct() {
        List<SqlType.Part> fields = new ArrayList<>();
        want("<");
        while (!is(">")) {
            if (!fields.isEmpty()) {
                want(",");
            }
            String name = name();
            if (fields.stream().anyMatch(field -> field.name().equals(name))) {
                throw wanted("each field once");
            }
            fields.add(new SqlType.Part(name, type()));
        }
        want(">");
        return SqlType.struct(fields);
    }

    private String name() {
        String name;
        if (more && token.group(3) != null) {
            name = token.group(3).replace("``", "`");
        } else if (more && token.group(1) != null && !FunctionNames.isReserved(token.group(1))) {
            name = token.group(1).toUpperCase(Locale.ROOT);
        } else {
            throw wanted("a field's name, between backquotes if it is a reserved word");
        }
        next();
        return name;
    }

    private int number() {
        if (!more || token.group(2) == null) {
            throw wanted("a number");
        }
        int number = Integer.parseInt(token.group(2));
        next();
        return number;
    }

    private boolean is(String symbol) {
        return more && symbol.equals(token.group(4));
    }

    private void want(String symbol) {
        if (!is(symbol)) {
            throw wanted(symbol);
        }
        next();
    }

    private void next() {
        token.region(token.end(), text.length());
        more = token.lookingAt();
    }

    private IllegalArgumentException wanted(String wanted) {
        String found = more ? token.group().strip() : "the end";
        return new IllegalArgumentException("wanted " + wanted + ", found " + found + " in the type " + text);
    }
}
