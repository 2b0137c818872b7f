package streamfn.ksqldb;

import io.confluent.ksql.schema.ksql.SqlArgument;
import io.confluent.ksql.schema.ksql.types.SqlType;
import java.util.ArrayList;
import java.util.List;

/** One overload of a table function. */
public abstract class WasmUdtf {
    private final String name;
    private final RowTypes types;

    /**
     * @param name the SQL name, for messages
     * @param parameters the parameters' SQL types, as in {@code "BIGINT NOT NULL, STRING"}
     * @param row a row's SQL type, the text of {@code @Udtf(schema)}
     */
    protected WasmUdtf(String name, String parameters, String row) {
        this.name = name;
        this.types = new RowTypes(parameters, row);
    }

    /** Calls the component's {@code rows}; values are the bridge's. */
    protected abstract List<?> call(Object[] arguments);

    /** What the {@code @Udtf} method gives back, cast to its own result type. */
    public final List<?> rows(Object... values) {
        try {
            RowTypes.Read types = this.types.of(values);
            Object[] arguments = types.arguments().ofRow(values);
            if (arguments == null) {
                return List.of();
            }
            List<Object> rows = new ArrayList<>();
            call(arguments).forEach(each -> rows.add(types.result().toKsql(each)));
            return rows;
        } catch (Throwable failure) {
            throw FunctionFailed.of(name, failure);
        }
    }

    /** What {@code @UdfSchemaProvider} gives: the result's type, where its decimals have the scale of an argument. */
    public final SqlType type(List<SqlArgument> arguments) {
        return types.result(arguments);
    }
}
