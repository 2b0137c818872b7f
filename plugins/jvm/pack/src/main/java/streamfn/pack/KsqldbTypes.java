package streamfn.pack;

import java.util.List;
import java.util.Locale;
import streamfn.pack.Description.Column;
import streamfn.pack.Description.Overload;

/** What ksqlDB has for SQL types: in annotations, and in Java's generic signatures. */
final class KsqldbTypes {
    private static final String STRUCT = "Lorg/apache/kafka/connect/data/Struct;";
    private static final String TEXT = "Ljava/lang/String;";
    /** What an aggregate of so many arguments gets them in. */
    private static final List<String> TUPLES = List.of("", "", "Pair", "Triple", "Quadruple", "Quintuple");

    private KsqldbTypes() {}

    /** As an annotation says it, which knows no call: with the scale of one without decimals. */
    static String declared(String type) {
        return type.replace("DECIMAL(38, s)", "DECIMAL(38, 18)");
    }

    /** What comes in: the argument, a tuple of them, or the ROWTIME of a call without any. */
    static String tuple(List<Column> params) {
        if (params.size() < 2) {
            return params.isEmpty() ? generic("BIGINT") : generic(params.get(0).type());
        }
        StringBuilder tuple = new StringBuilder("Lio/confluent/ksql/util/" + TUPLES.get(params.size()) + "<");
        params.forEach(param -> tuple.append(generic(param.type())));
        return tuple + ">;";
    }

    static String state(Overload overload) {
        if (overload.isKeyed()) {
            // Its formats write a MAP with keys of text alone.
            return overload.key().equals("STRING")
                    ? "MAP<STRING, " + overload.entry() + ">"
                    : "ARRAY<STRUCT<`K` " + overload.key() + ", `V` " + overload.entry() + ">>";
        }
        StringBuilder text = new StringBuilder("STRUCT<");
        for (Column column : overload.state()) {
            text.append(text.length() > "STRUCT<".length() ? ", " : "");
            text.append('`').append(column.name().toUpperCase(Locale.ROOT)).append("` ").append(column.type());
        }
        return text + ">";
    }

    static String erasure(String sqlType) {
        String generic = generic(sqlType);
        int open = generic.indexOf('<');
        return open < 0 ? generic : generic.substring(0, open) + ";";
    }

    /** The Java type of a SQL type, as a generic signature writes it. */
    static String generic(String sqlType) {
        String word = sqlType.replaceAll("[(<].*", "");
        return switch (word) {
            case "BOOLEAN" -> "Ljava/lang/Boolean;";
            case "INT" -> "Ljava/lang/Integer;";
            case "BIGINT" -> "Ljava/lang/Long;";
            case "DOUBLE" -> "Ljava/lang/Double;";
            case "STRING" -> TEXT;
            case "BYTES" -> "Ljava/nio/ByteBuffer;";
            case "DECIMAL" -> "Ljava/math/BigDecimal;";
            case "DATE" -> "Ljava/sql/Date;";
            case "TIME" -> "Ljava/sql/Time;";
            case "TIMESTAMP" -> "Ljava/sql/Timestamp;";
            case "STRUCT" -> STRUCT;
            case "ARRAY" -> "Ljava/util/List<" + generic(SqlTypes.parts(sqlType).get(0)) + ">;";
            case "MAP" -> {
                List<String> both = SqlTypes.parts(sqlType);
                yield "Ljava/util/Map<" + generic(both.get(0)) + generic(both.get(1)) + ">;";
            }
            default -> throw new PackException("wanted a type of ksqlDB's, found " + sqlType);
        };
    }
}
