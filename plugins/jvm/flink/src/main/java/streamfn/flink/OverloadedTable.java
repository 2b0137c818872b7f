package streamfn.flink;

import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.TableFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.apache.flink.table.types.inference.TypeInference;

/** Several table functions under one SQL name: the planner takes one of them for each call. */
public abstract class OverloadedTable extends TableFunction<Object> implements SpecializedFunction {
    private static final long serialVersionUID = 1L;

    /** New ones each time. */
    protected abstract WasmTable[] functions();

    @Override
    public final TypeInference getTypeInference(DataTypeFactory types) {
        return overloads(functions()).typeInference();
    }

    @Override
    public final UserDefinedFunction specialize(SpecializedContext context) {
        WasmTable[] functions = functions();
        return functions[overloads(functions).of(context.getCallContext())].specialize(context);
    }

    /** Never called; without it Flink would not register the class. */
    public final void eval(Object... arguments) {
        throw new IllegalStateException(getClass().getName() + " was called without one of its signatures");
    }

    private static Overloads overloads(WasmTable[] functions) {
        return new Overloads(List.of(Stream.of(functions).map(WasmTable::signature).toArray(Signature[]::new)));
    }
}
