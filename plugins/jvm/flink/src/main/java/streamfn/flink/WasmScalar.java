package streamfn.flink;

import java.util.List;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.TypeInference;

/** What a packed scalar function extends. It adds {@code eval}, which gives null for a null that its signature excludes. */
public abstract class WasmScalar extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    protected abstract Signature signature();

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return new Overloads(List.of(signature())).typeInference();
    }

    /** What to throw when a call of {@code eval} has thrown: it says which function it was and with which arguments. */
    protected final RuntimeException failure(RuntimeException cause, Object... arguments) {
        return RowFailure.of(signature(), "eval", cause, arguments);
    }
}
