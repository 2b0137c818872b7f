package streamfn.ksqldb;

import java.util.ArrayList;
import java.util.List;

/** One overload of a table function. */
public abstract class WasmUdtf {
    private final String name;
    private final String parameters;
    private final String row;
    private volatile Types types;

    private record Types(Arguments arguments, KsqlType row) {}

    /**
     * @param name the SQL name, for messages
     * @param parameters the parameters' SQL types, as in {@code "BIGINT NOT NULL, STRING"}
     * @param row a row's SQL type, the text of {@code @Udtf(schema)}
     */
    protected WasmUdtf(String name, String parameters, String row) {
        this.name = name;
        this.parameters = parameters;
        this.row = row;
    }

    /** Calls the component's {@code rows}; values are the bridge's. */
    protected abstract List<?> call(Object[] arguments);

    /** What the {@code @Udtf} method gives back, cast to its own result type. */
    public final List<?> rows(Object... values) {
        try {
            Types types = types();
            Object[] arguments = types.arguments.ofRow(values);
            if (arguments == null) {
                return List.of();
            }
            List<Object> rows = new ArrayList<>();
            call(arguments).forEach(each -> rows.add(types.row.toKsql(each)));
            return rows;
        } catch (Throwable failure) {
            throw FunctionFailed.of(name, failure);
        }
    }

    private Types types() {
        Types read = types;
        if (read == null) {
            read = new Types(new Arguments(parameters), KsqlTypes.type(row));
            types = read;
        }
        return read;
    }
}
