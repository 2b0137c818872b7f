package streamfn.flink;

import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.apache.flink.table.types.inference.TypeInference;

/** Several scalar functions under one SQL name: the planner takes one of them for each call. */
public abstract class OverloadedScalar extends ScalarFunction implements SpecializedFunction {
    private static final long serialVersionUID = 1L;

    /** New ones each time. */
    protected abstract WasmScalar[] functions();

    @Override
    public final TypeInference getTypeInference(DataTypeFactory types) {
        return overloads(functions()).typeInference();
    }

    @Override
    public final UserDefinedFunction specialize(SpecializedContext context) {
        WasmScalar[] functions = functions();
        return functions[overloads(functions).of(context.getCallContext())].specialize(context);
    }

    /** Never called; without it Flink would not register the class. */
    public final Object eval(Object... arguments) {
        throw new IllegalStateException(getClass().getName() + " was called without one of its signatures");
    }

    private static Overloads overloads(WasmScalar[] functions) {
        return new Overloads(List.of(Stream.of(functions).map(WasmScalar::signature).toArray(Signature[]::new)));
    }
}
