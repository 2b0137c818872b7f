package streamfn.ksqldb;

import io.confluent.ksql.schema.ksql.types.SqlTypes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;

/**
 * Reads types as ksqlDB writes them, the very text that is in a function's annotations: {@code INT}, {@code
 * DECIMAL(38, 2)}, {@code MAP<STRING, ARRAY<BIGINT>>}, {@code STRUCT<`TS` TIMESTAMP, `SUM_QTY` INT>}. Only what {@code
 * streamfn pack} writes: a field's name is between backquotes, as it is to be, because words such as SIZE are reserved.
 */
final class KsqlTypes {
    private final String text;
    private int at;

    private KsqlTypes(String text) {
        this.text = text;
    }

    static KsqlType type(String text) {
        KsqlTypes types = new KsqlTypes(text);
        KsqlType type = types.type();
        types.wantEnd();
        return type;
    }

    static KsqlType.StructType struct(String text) {
        if (type(text) instanceof KsqlType.StructType struct) {
            return struct;
        }
        throw new IllegalArgumentException("wanted a STRUCT, found " + text);
    }

    /** Types with commas between them, each perhaps followed by NOT NULL; or nothing. */
    static List<KsqlType.Parameter> parameters(String text) {
        List<KsqlType.Parameter> parameters = new ArrayList<>();
        KsqlTypes types = new KsqlTypes(text);
        if (text.isBlank()) {
            return parameters;
        }
        do {
            KsqlType type = types.type();
            boolean notNull = types.found("NOT");
            if (notNull) {
                types.want("NULL");
            }
            parameters.add(new KsqlType.Parameter(type, !notNull));
        } while (types.found(","));
        types.wantEnd();
        return parameters;
    }

    private KsqlType type() {
        String word = word();
        switch (word) {
            case "BOOLEAN":
                return new KsqlType.Plain(Schema.OPTIONAL_BOOLEAN_SCHEMA, SqlTypes.BOOLEAN);
            case "INT":
                return new KsqlType.Plain(Schema.OPTIONAL_INT32_SCHEMA, SqlTypes.INTEGER);
            case "BIGINT":
                return new KsqlType.Plain(Schema.OPTIONAL_INT64_SCHEMA, SqlTypes.BIGINT);
            case "DOUBLE":
                return new KsqlType.Plain(Schema.OPTIONAL_FLOAT64_SCHEMA, SqlTypes.DOUBLE);
            case "STRING":
                return new KsqlType.Plain(Schema.OPTIONAL_STRING_SCHEMA, SqlTypes.STRING);
            case "BYTES":
                return new KsqlType.BytesType();
            case "DATE":
                return new KsqlType.DateType();
            case "TIME":
                return new KsqlType.TimeType();
            case "TIMESTAMP":
                return new KsqlType.TimestampType();
            case "DECIMAL":
                return decimal();
            case "ARRAY":
                return array();
            case "MAP":
                return map();
            case "STRUCT":
                return struct();
            default:
                throw wanted("a SQL type of ksqlDB", word);
        }
    }

    private KsqlType decimal() {
        want("(");
        int precision = Integer.parseInt(word());
        want(",");
        String scale = word();
        want(")");
        return new KsqlType.DecimalType(precision, scale.equals("s") ? Scale.UNKNOWN : Integer.parseInt(scale));
    }

    private KsqlType array() {
        want("<");
        KsqlType element = type();
        want(">");
        return new KsqlType.ArrayType(element);
    }

    private KsqlType map() {
        want("<");
        KsqlType key = type();
        want(",");
        KsqlType value = type();
        want(">");
        return new KsqlType.MapType(key, value);
    }

    private KsqlType struct() {
        Map<String, KsqlType> columns = new LinkedHashMap<>();
        want("<");
        do {
            columns.put(quoted(), type());
        } while (found(","));
        want(">");
        return new KsqlType.StructType(columns);
    }

    private String quoted() {
        want("`");
        StringBuilder name = new StringBuilder();
        while (at < text.length()) {
            char character = text.charAt(at++);
            if (character != '`') {
                name.append(character);
            } else if (at < text.length() && text.charAt(at) == '`') {
                name.append(character);
                at++;
            } else {
                return name.toString();
            }
        }
        throw wanted("the end of a name", "the end");
    }

    private String word() {
        skipSpaces();
        int from = at;
        while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
            at++;
        }
        return text.substring(from, at);
    }

    private boolean found(String token) {
        skipSpaces();
        boolean found = text.startsWith(token, at);
        at += found ? token.length() : 0;
        return found;
    }

    private void want(String token) {
        if (!found(token)) {
            throw wanted(token, text.substring(Math.min(at, text.length())));
        }
    }

    private void wantEnd() {
        skipSpaces();
        if (at < text.length()) {
            throw wanted("the end", text.substring(at));
        }
    }

    private void skipSpaces() {
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
    }

    private IllegalArgumentException wanted(String wanted, String found) {
        return new IllegalArgumentException("wanted " + wanted + ", found " + found + " at " + at + " of " + text);
    }
}
