package streamfn.ksqldb;

import io.confluent.ksql.schema.ksql.SqlArgument;
import io.confluent.ksql.schema.ksql.types.SqlType;
import java.util.List;

/** One overload of a scalar function. */
public abstract class WasmUdf {
    private final String name;
    private final RowTypes types;

    /**
     * @param name the SQL name, for messages
     * @param parameters the parameters' SQL types, as in {@code "BIGINT NOT NULL, STRING"}
     * @param result the result's SQL type, the text of {@code @Udf(schema)}
     */
    protected WasmUdf(String name, String parameters, String result) {
        this.name = name;
        this.types = new RowTypes(parameters, result);
    }

    /** Calls the component's {@code eval}; values are the bridge's. */
    protected abstract Object call(Object[] arguments);

    /** What the {@code @Udf} method gives back, cast to its own result type. */
    public final Object eval(Object... values) {
        try {
            RowTypes.Read types = this.types.of(values);
            Object[] arguments = types.arguments().ofRow(values);
            return arguments == null ? null : types.result().toKsql(call(arguments));
        } catch (Throwable failure) {
            throw FunctionFailed.of(name, failure);
        }
    }

    /** What {@code @UdfSchemaProvider} gives: the result's type, where its decimals have the scale of an argument. */
    public final SqlType type(List<SqlArgument> arguments) {
        return types.result(arguments);
    }
}
