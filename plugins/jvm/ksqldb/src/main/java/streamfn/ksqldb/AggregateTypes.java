package streamfn.ksqldb;

import io.confluent.ksql.schema.ksql.SqlArgument;
import io.confluent.ksql.schema.ksql.types.SqlType;
import java.util.List;
import java.util.Optional;

/** The types of an aggregate, read from their texts when they are first needed, with the scale of the call. */
final class AggregateTypes {
    private final String parameters;
    private final String state;
    private final String result;
    /** Without a call, which is so before one is planned, that of no decimal argument. */
    private int scale = Scale.of(List.of());

    private volatile Read read;

    record Read(Arguments arguments, KsqlType state, KsqlType result) {}

    AggregateTypes(String parameters, String state, String result) {
        this.parameters = parameters;
        this.state = state;
        this.result = result;
    }

    /** What ksqlDB says of a call before all others. */
    void initialize(List<SqlArgument> arguments) {
        scale = Scale.of(arguments);
        read = null;
    }

    Read read() {
        // Two threads may both read the texts: they get the same.
        Read current = read;
        if (current == null) {
            current = new Read(
                    new Arguments(parameters),
                    KsqlTypes.type(Scale.set(state, scale)),
                    KsqlTypes.type(Scale.set(result, scale)));
            read = current;
        }
        return current;
    }

    /** In place of what the annotation says, where it could not say the scale. */
    Optional<SqlType> state() {
        return Scale.isIn(state) ? Optional.of(read().state.sqlType()) : Optional.empty();
    }

    Optional<SqlType> result() {
        return Scale.isIn(result) ? Optional.of(read().result.sqlType()) : Optional.empty();
    }
}
