package streamfn.ksqldb;

/** One overload of a scalar function. */
public abstract class WasmUdf {
    private final String name;
    private final String parameters;
    private final String result;
    private volatile Types types;

    private record Types(Arguments arguments, KsqlType result) {}

    /**
     * @param name the SQL name, for messages
     * @param parameters the parameters' SQL types, as in {@code "BIGINT NOT NULL, STRING"}
     * @param result the result's SQL type, the text of {@code @Udf(schema)}
     */
    protected WasmUdf(String name, String parameters, String result) {
        this.name = name;
        this.parameters = parameters;
        this.result = result;
    }

    /** Calls the component's {@code eval}; values are the bridge's. */
    protected abstract Object call(Object[] arguments);

    /** What the {@code @Udf} method gives back, cast to its own result type. */
    public final Object eval(Object... values) {
        try {
            Types types = types();
            Object[] arguments = types.arguments.ofRow(values);
            return arguments == null ? null : types.result.toKsql(call(arguments));
        } catch (Throwable failure) {
            throw FunctionFailed.of(name, failure);
        }
    }

    private Types types() {
        // Two threads may both read the texts: they get the same.
        Types read = types;
        if (read == null) {
            read = new Types(new Arguments(parameters), KsqlTypes.type(result));
            types = read;
        }
        return read;
    }
}
