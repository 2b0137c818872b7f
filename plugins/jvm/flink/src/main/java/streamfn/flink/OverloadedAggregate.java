package streamfn.flink;

import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AggregateFunction;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.apache.flink.table.types.inference.TypeInference;

/** Several aggregates under one SQL name: the planner takes one of them for each call, with its own accumulator. */
public abstract class OverloadedAggregate extends AggregateFunction<Object, RowData> implements SpecializedFunction {
    private static final long serialVersionUID = 1L;

    /** New ones each time. */
    protected abstract WasmAggregate[] functions();

    @Override
    public final TypeInference getTypeInference(DataTypeFactory types) {
        return overloads(functions()).typeInference();
    }

    @Override
    public final UserDefinedFunction specialize(SpecializedContext context) {
        WasmAggregate[] functions = functions();
        return functions[overloads(functions).of(context.getCallContext())].specialize(context);
    }

    @Override
    public final RowData createAccumulator() {
        throw notOne();
    }

    /** Never called; without it Flink would not register the class. */
    public final void accumulate(RowData accumulator, Object... arguments) {
        throw notOne();
    }

    @Override
    public final Object getValue(RowData accumulator) {
        throw notOne();
    }

    private IllegalStateException notOne() {
        return new IllegalStateException(getClass().getName() + " was called without one of its signatures");
    }

    private static Overloads overloads(WasmAggregate[] functions) {
        return new Overloads(List.of(Stream.of(functions).map(WasmAggregate::signature).toArray(Signature[]::new)));
    }
}
