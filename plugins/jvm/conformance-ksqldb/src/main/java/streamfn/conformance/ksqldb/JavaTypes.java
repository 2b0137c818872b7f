package streamfn.conformance.ksqldb;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.sql.Date;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Struct;

/** Which SQL type a Java type in a signature is. */
final class JavaTypes {
    private static final Map<Class<?>, String> SIMPLE = Map.ofEntries(
            Map.entry(boolean.class, "BOOLEAN"),
            Map.entry(Boolean.class, "BOOLEAN"),
            Map.entry(int.class, "INT"),
            Map.entry(Integer.class, "INT"),
            Map.entry(long.class, "BIGINT"),
            Map.entry(Long.class, "BIGINT"),
            Map.entry(double.class, "DOUBLE"),
            Map.entry(Double.class, "DOUBLE"),
            Map.entry(String.class, "STRING"),
            Map.entry(BigDecimal.class, "DECIMAL"),
            Map.entry(ByteBuffer.class, "BYTES"),
            Map.entry(Date.class, "DATE"),
            Map.entry(Time.class, "TIME"),
            Map.entry(Timestamp.class, "TIMESTAMP"),
            Map.entry(Struct.class, "STRUCT"),
            Map.entry(List.class, "ARRAY"),
            Map.entry(Map.class, "MAP"));

    private static final String ACCEPTED = "a type that ksqlDB takes (int, long, double, boolean and their boxes,"
            + " String, BigDecimal, ByteBuffer, Struct, List, Map, java.sql.Date, Time, Timestamp)";

    private JavaTypes() {}

    /** The SQL type that {@code schema} says, or Java's own; {@code attribute} is where a schema would be. */
    static SqlType sql(Type type, String schema, String attribute, String where) {
        if (schema.isEmpty()) {
            return inferred(type, attribute, where);
        }
        SqlType said;
        try {
            said = SqlType.of(schema);
        } catch (IllegalArgumentException unreadable) {
            throw new Refusal(where + ", " + attribute, "a SQL type", unreadable.getMessage(), unreadable);
        }
        if (!fits(type, said)) {
            throw new Refusal(where, "the Java type of " + said, type.getTypeName());
        }
        return said;
    }

    private static SqlType inferred(Type type, String attribute, String where) {
        if (type instanceof TypeVariable) {
            return SqlType.simple("ANY");
        }
        String base = base(type);
        if (base == null) {
            throw new Refusal(where, ACCEPTED, type.getTypeName());
        }
        Type[] arguments = arguments(type);
        return switch (base) {
            case "STRUCT", "DECIMAL" -> throw new Refusal(
                    where, attribute + ", because " + type.getTypeName() + " doesn't say its SQL type", "none");
            case "ARRAY", "MAP" -> {
                if (arguments.length == 0) {
                    throw new Refusal(where, base + " with its type arguments", "a raw " + type.getTypeName());
                }
                yield base.equals("ARRAY")
                        ? SqlType.array(inferred(arguments[0], attribute, where))
                        : SqlType.map(
                                inferred(arguments[0], attribute, where), inferred(arguments[1], attribute, where));
            }
            default -> SqlType.simple(base);
        };
    }

    private static boolean fits(Type type, SqlType said) {
        if (!said.base().equals(base(type))) {
            return false;
        }
        Type[] arguments = arguments(type);
        return switch (said.base()) {
            case "ARRAY" -> arguments.length == 1 && fits(arguments[0], said.parts().get(0).type());
            case "MAP" -> arguments.length == 2
                    && fits(arguments[0], said.parts().get(0).type())
                    && fits(arguments[1], said.parts().get(1).type());
            default -> true;
        };
    }

    /** Null for a type that ksqlDB rejects. */
    private static String base(Type type) {
        return SIMPLE.get(type instanceof ParameterizedType parameterized ? parameterized.getRawType() : type);
    }

    private static Type[] arguments(Type type) {
        return type instanceof ParameterizedType parameterized ? parameterized.getActualTypeArguments() : new Type[0];
    }

    /** The type of one of a variable number of arguments. */
    static Type component(Type array) {
        return array instanceof GenericArrayType generic
                ? generic.getGenericComponentType()
                : ((Class<?>) array).getComponentType();
    }

    static boolean isOf(Object value, String base) {
        return base.equals("ANY")
                || SIMPLE.entrySet().stream()
                        .anyMatch(entry -> entry.getValue().equals(base) && entry.getKey().isInstance(value));
    }
}
