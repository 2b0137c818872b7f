package streamfn.ksqldb;

import io.confluent.ksql.schema.ksql.SqlArgument;
import io.confluent.ksql.schema.ksql.types.SqlType;
import java.util.List;

/** The types of a function of one row, read from their texts when they are first needed. */
final class RowTypes {
    private final String parameters;
    private final String result;
    private volatile Read read;

    /** With the scale that the texts were read with. */
    record Read(Arguments arguments, KsqlType result, int scale) {}

    RowTypes(String parameters, String result) {
        this.parameters = parameters;
        this.result = result;
    }

    /** For a row; {@link Scale} has the rule. Two threads may both read the texts: they get the same. */
    Read of(Object[] values) {
        Read current = read;
        if (current == null) {
            current = read(new Arguments(parameters), Scale.UNKNOWN);
        }
        if (Scale.isIn(result) && values.length > current.arguments.firstDecimal()) {
            int scale = Scale.of(values, current.arguments.firstDecimal(), current.scale);
            return scale == current.scale ? current : read(current.arguments, scale);
        }
        return current;
    }

    private Read read(Arguments arguments, int scale) {
        Read fresh = new Read(arguments, KsqlTypes.type(Scale.set(result, scale)), scale);
        read = fresh;
        return fresh;
    }

    /** The result's type in a call with arguments of these types. */
    SqlType result(List<SqlArgument> arguments) {
        return KsqlTypes.type(Scale.set(result, Scale.of(arguments))).sqlType();
    }
}
