package streamfn.ksqldb;

import io.confluent.ksql.util.Pair;
import io.confluent.ksql.util.Quadruple;
import io.confluent.ksql.util.Quintuple;
import io.confluent.ksql.util.Triple;
import java.util.List;

/** The arguments of one call, from ksqlDB's classes to the bridge's. */
final class Arguments {
    private final KsqlType.Parameter[] parameters;

    Arguments(String parameters) {
        List<KsqlType.Parameter> read = KsqlTypes.parameters(parameters);
        this.parameters = read.toArray(KsqlType.Parameter[]::new);
    }

    /** Which of them is the first decimal; -1 for none. */
    int firstDecimal() {
        for (int at = 0; at < parameters.length; at++) {
            if (parameters[at].type() instanceof KsqlType.DecimalType) {
                return at;
            }
        }
        return -1;
    }

    /** Null if the row does not reach the function, because an argument is null that must not be. */
    Object[] ofRow(Object[] values) {
        if (values.length != parameters.length) {
            throw new IllegalArgumentException("wanted " + parameters.length + " arguments, found " + values.length);
        }
        Object[] arguments = new Object[values.length];
        for (int at = 0; at < values.length; at++) {
            arguments[at] = parameters[at].type().toBridge(values[at]);
            if (arguments[at] == null && !parameters[at].nullable()) {
                return null;
            }
        }
        return arguments;
    }

    /**
     * The same for an aggregate. ksqlDB hands it one object: the argument, or several in a tuple. A call without
     * arguments, {@code F()} or {@code F(*)}, comes with the row's ROWTIME, which is no argument of the function.
     */
    Object[] ofTuple(Object input) {
        switch (parameters.length) {
            case 0:
                return ofRow(new Object[0]);
            case 1:
                return ofRow(new Object[] {input});
            case 2:
                Pair<?, ?> two = (Pair<?, ?>) input;
                return ofRow(new Object[] {two.getLeft(), two.getRight()});
            case 3:
                Triple<?, ?, ?> three = (Triple<?, ?, ?>) input;
                return ofRow(new Object[] {three.getLeft(), three.getMiddle(), three.getRight()});
            case 4:
                Quadruple<?, ?, ?, ?> four = (Quadruple<?, ?, ?, ?>) input;
                return ofRow(new Object[] {four.getFirst(), four.getSecond(), four.getThird(), four.getFourth()});
            case 5:
                Quintuple<?, ?, ?, ?, ?> five = (Quintuple<?, ?, ?, ?, ?>) input;
                return ofRow(new Object[] {
                    five.getFirst(), five.getSecond(), five.getThird(), five.getFourth(), five.getFifth()
                });
            default:
                throw new IllegalArgumentException(
                        "wanted at most 5 arguments, the most that ksqlDB hands to an aggregate, found "
                                + parameters.length);
        }
    }
}
