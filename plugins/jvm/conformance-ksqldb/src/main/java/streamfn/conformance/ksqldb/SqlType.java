package streamfn.conformance.ksqldb;

import io.confluent.ksql.schema.ksql.SqlArgument;
import io.confluent.ksql.schema.ksql.types.SqlStruct;
import io.confluent.ksql.schema.ksql.types.SqlTypes;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;

/**
 * A SQL type of ksqlDB.
 *
 * @param base its first word; ANY for a type variable of Java's
 * @param precision and scale are a DECIMAL's
 * @param parts an ARRAY's element, a MAP's key and value, a STRUCT's fields with their names
 */
public record SqlType(String base, int precision, int scale, List<Part> parts) {
    private static final Set<String> SIMPLE =
            Set.of("BOOLEAN", "INT", "BIGINT", "DOUBLE", "STRING", "BYTES", "DATE", "TIME", "TIMESTAMP");

    public record Part(String name, SqlType type) {
        @Override
        public String toString() {
            return (name + " " + type).strip();
        }
    }

    static SqlType simple(String base) {
        return new SqlType(base, 0, 0, List.of());
    }

    static SqlType decimal(int precision, int scale) {
        return new SqlType("DECIMAL", precision, scale, List.of());
    }

    static SqlType array(SqlType element) {
        return new SqlType("ARRAY", 0, 0, List.of(new Part("", element)));
    }

    static SqlType map(SqlType key, SqlType value) {
        return new SqlType("MAP", 0, 0, List.of(new Part("", key), new Part("", value)));
    }

    static SqlType struct(List<Part> fields) {
        return new SqlType("STRUCT", 0, 0, List.copyOf(fields));
    }

    /** As it stands in an annotation. */
    public static SqlType of(String text) {
        return new SqlTypeText(text).read();
    }

    static boolean isSimple(String word) {
        return SIMPLE.contains(word);
    }

    /** No coercion: a BIGINT is no INT. A DECIMAL is any DECIMAL. */
    boolean accepts(SqlType argument) {
        return base.equals("ANY") || toString().equals(argument.toString());
    }

    /**
     * Whether {@code value} is null or of the class that ksqlDB has for this type. A Struct must be of the very schema
     * that ksqlDB makes of the type: it compares the two when it writes a state or a result.
     */
    boolean isOf(Object value) {
        if (value instanceof Struct struct) {
            return base.equals("STRUCT") && struct.schema().equals(schema());
        }
        return value == null || JavaTypes.isOf(value, base);
    }

    /** As ksqlDB's planner tells it to a function. */
    SqlArgument planned() {
        return SqlArgument.of(type());
    }

    private io.confluent.ksql.schema.ksql.types.SqlType type() {
        return switch (base) {
            case "BOOLEAN" -> SqlTypes.BOOLEAN;
            case "INT" -> SqlTypes.INTEGER;
            case "BIGINT" -> SqlTypes.BIGINT;
            case "DOUBLE" -> SqlTypes.DOUBLE;
            case "STRING" -> SqlTypes.STRING;
            case "BYTES" -> SqlTypes.BYTES;
            case "DATE" -> SqlTypes.DATE;
            case "TIME" -> SqlTypes.TIME;
            case "TIMESTAMP" -> SqlTypes.TIMESTAMP;
            case "DECIMAL" -> SqlTypes.decimal(precision, scale);
            case "ARRAY" -> SqlTypes.array(parts.get(0).type.type());
            case "MAP" -> SqlTypes.map(parts.get(0).type.type(), parts.get(1).type.type());
            case "STRUCT" -> {
                SqlStruct.Builder struct = SqlTypes.struct();
                parts.forEach(part -> struct.field(part.name, part.type.type()));
                yield struct.build();
            }
            // A type variable's.
            default -> null;
        };
    }

    /** As ksqlDB makes it: everything is optional. */
    Schema schema() {
        return switch (base) {
            case "BOOLEAN" -> Schema.OPTIONAL_BOOLEAN_SCHEMA;
            case "INT" -> Schema.OPTIONAL_INT32_SCHEMA;
            case "BIGINT" -> Schema.OPTIONAL_INT64_SCHEMA;
            case "DOUBLE" -> Schema.OPTIONAL_FLOAT64_SCHEMA;
            case "STRING" -> Schema.OPTIONAL_STRING_SCHEMA;
            case "BYTES" -> Schema.OPTIONAL_BYTES_SCHEMA;
            case "DATE" -> Date.builder().optional().build();
            case "TIME" -> Time.builder().optional().build();
            case "TIMESTAMP" -> Timestamp.builder().optional().build();
            case "DECIMAL" -> Decimal.builder(scale)
                    .parameter("connect.decimal.precision", Integer.toString(precision))
                    .optional()
                    .build();
            case "ARRAY" -> SchemaBuilder.array(part(0)).optional().build();
            case "MAP" -> SchemaBuilder.map(part(0), part(1)).optional().build();
            case "STRUCT" -> {
                SchemaBuilder struct = SchemaBuilder.struct().optional();
                parts.forEach(part -> struct.field(part.name, part.type.schema()));
                yield struct.build();
            }
            default -> throw new IllegalStateException("no value has the type " + base);
        };
    }

    private Schema part(int index) {
        return parts.get(index).type.schema();
    }

    /** Without a DECIMAL's digits: two overloads that differ in them only are the same to ksqlDB. */
    @Override
    public String toString() {
        String inner = parts.stream().map(Part::toString).collect(Collectors.joining(", "));
        return parts.isEmpty() ? base : base + "<" + inner + ">";
    }
}
