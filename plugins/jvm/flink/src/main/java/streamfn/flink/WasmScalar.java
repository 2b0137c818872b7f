package streamfn.flink;

import java.util.List;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.apache.flink.table.functions.UserDefinedFunctionHelper;
import org.apache.flink.table.types.inference.TypeInference;

/** What a packed scalar function extends. It adds {@code eval}, which gives null for a null that its signature excludes. */
public abstract class WasmScalar extends ScalarFunction implements SpecializedFunction {
    private static final long serialVersionUID = 1L;

    private Planned planned;

    protected abstract Signature signature();

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return new Overloads(List.of(signature())).typeInference();
    }

    @Override
    public final UserDefinedFunction specialize(SpecializedContext context) {
        WasmScalar function = (WasmScalar) UserDefinedFunctionHelper.instantiateFunction(getClass());
        function.planned = Planned.of(signature(), context.getCallContext());
        return function;
    }

    /** An argument with decimals in it, as one that can be read. */
    protected final Object open(Object argument, int index) {
        return planned.open(argument, index);
    }

    /** A result with decimals in it, at the scale of the call. */
    protected final Object fit(Object result) {
        return planned.fit(result);
    }

    /** What to throw when a call has thrown: it says which function it was and with which arguments. */
    protected final RuntimeException failure(String call, RuntimeException cause, Object... arguments) {
        return RowFailure.of(signature(), call, cause, arguments);
    }
}
