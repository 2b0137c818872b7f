package streamfn.conformance.ksqldb;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;

/**
 * A SQL type of ksqlDB.
 *
 * @param base its first word; ANY for a type variable of Java's
 * @param parts an ARRAY's element, a MAP's key and value, a STRUCT's fields with their names
 */
public record SqlType(String base, List<Part> parts) {
    private static final Set<String> SIMPLE =
            Set.of("BOOLEAN", "INT", "BIGINT", "DOUBLE", "DECIMAL", "STRING", "BYTES", "DATE", "TIME", "TIMESTAMP");

    public record Part(String name, SqlType type) {
        @Override
        public String toString() {
            return (name + " " + type).strip();
        }
    }

    static SqlType simple(String base) {
        return new SqlType(base, List.of());
    }

    static SqlType array(SqlType element) {
        return new SqlType("ARRAY", List.of(new Part("", element)));
    }

    static SqlType map(SqlType key, SqlType value) {
        return new SqlType("MAP", List.of(new Part("", key), new Part("", value)));
    }

    /** As it stands in an annotation. */
    public static SqlType of(String text) {
        return new SqlTypeText(text).read();
    }

    static boolean isSimple(String word) {
        return SIMPLE.contains(word);
    }

    /** No coercion: a BIGINT is no INT. A DECIMAL is any DECIMAL, and a null is of every type. */
    boolean accepts(SqlType argument) {
        return base.equals("ANY") || equals(argument);
    }

    /** Whether a Struct's schema is one of this type, as ksqlDB makes one: with the same names, and all optional. */
    boolean isOf(Schema schema) {
        if (!schema.isOptional()) {
            return false;
        }
        return switch (base) {
            case "STRUCT" -> schema.type() == Schema.Type.STRUCT
                    && schema.fields().size() == parts.size()
                    && parts.stream().allMatch(part -> schema.field(part.name) != null
                            && part.type.isOf(schema.field(part.name).schema()));
            case "ARRAY" -> schema.type() == Schema.Type.ARRAY && parts.get(0).type.isOf(schema.valueSchema());
            case "MAP" -> schema.type() == Schema.Type.MAP
                    && parts.get(0).type.isOf(schema.keySchema())
                    && parts.get(1).type.isOf(schema.valueSchema());
            case "DECIMAL" -> "org.apache.kafka.connect.data.Decimal".equals(schema.name());
            case "DATE" -> "org.apache.kafka.connect.data.Date".equals(schema.name());
            case "TIME" -> "org.apache.kafka.connect.data.Time".equals(schema.name());
            case "TIMESTAMP" -> "org.apache.kafka.connect.data.Timestamp".equals(schema.name());
            case "BOOLEAN" -> schema.equals(Schema.OPTIONAL_BOOLEAN_SCHEMA);
            case "INT" -> schema.equals(Schema.OPTIONAL_INT32_SCHEMA);
            case "BIGINT" -> schema.equals(Schema.OPTIONAL_INT64_SCHEMA);
            case "DOUBLE" -> schema.equals(Schema.OPTIONAL_FLOAT64_SCHEMA);
            case "STRING" -> schema.equals(Schema.OPTIONAL_STRING_SCHEMA);
            case "BYTES" -> schema.equals(Schema.OPTIONAL_BYTES_SCHEMA);
            default -> false;
        };
    }

    /** Whether {@code value} is null or of the class that ksqlDB has for this type. */
    boolean isOf(Object value) {
        return value == null || (value instanceof Struct struct ? isOf(struct.schema()) : JavaTypes.isOf(value, base));
    }

    @Override
    public String toString() {
        String inner = parts.stream().map(Part::toString).collect(Collectors.joining(", "));
        return parts.isEmpty() ? base : base + "<" + inner + ">";
    }
}
