package streamfn.ksqldb;

import io.confluent.ksql.schema.ksql.SqlArgument;
import io.confluent.ksql.schema.ksql.types.SqlDecimal;
import java.math.BigDecimal;
import java.util.List;

/**
 * The scale of the decimals that a call gives: that of its first decimal argument. In a signature's texts it is the letter
 * {@code s}, as in {@code DECIMAL(38, s)}.
 */
final class Scale {
    /** No argument has shown it yet: decimals are given as they come. */
    static final int UNKNOWN = -1;

    private static final String OPEN = "DECIMAL(38, s)";
    /** Where no argument is a decimal. */
    private static final int DEFAULT = 18;

    private Scale() {}

    static boolean isIn(String text) {
        return text.contains(OPEN);
    }

    /** The text with the scale in place of the letter. */
    static String set(String text, int scale) {
        return scale == UNKNOWN ? text : text.replace(OPEN, "DECIMAL(38, " + scale + ")");
    }

    /** By the types of a call's arguments, as ksqlDB plans it. */
    static int of(List<SqlArgument> arguments) {
        return arguments.stream()
                .map(SqlArgument::getSqlTypeOrThrow)
                .filter(SqlDecimal.class::isInstance)
                .map(type -> ((SqlDecimal) type).getScale())
                .findFirst()
                .orElse(DEFAULT);
    }

    /**
     * By the arguments themselves: a decimal of ksqlDB has the scale of its column. A scalar function is told no types.
     *
     * @param first which of them is the first decimal; -1 for none
     * @param before what the rows before have shown, while that one is null
     */
    static int of(Object[] values, int first, int before) {
        if (first < 0) {
            return DEFAULT;
        }
        return values[first] instanceof BigDecimal decimal ? Math.max(decimal.scale(), 0) : before;
    }
}
