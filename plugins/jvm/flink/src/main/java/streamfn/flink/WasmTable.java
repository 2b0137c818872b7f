package streamfn.flink;

import java.util.List;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.TableFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.apache.flink.table.functions.UserDefinedFunctionHelper;
import org.apache.flink.table.types.inference.TypeInference;

/** What a packed table function extends. It adds {@code eval}, which gives no rows for a null that its signature excludes. */
public abstract class WasmTable extends TableFunction<Object> implements SpecializedFunction {
    private static final long serialVersionUID = 1L;

    private Planned planned;

    protected abstract Signature signature();

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return new Overloads(List.of(signature())).typeInference();
    }

    @Override
    public final UserDefinedFunction specialize(SpecializedContext context) {
        WasmTable function = (WasmTable) UserDefinedFunctionHelper.instantiateFunction(getClass());
        function.planned = Planned.of(signature(), context.getCallContext());
        return function;
    }

    /** An argument with decimals in it, as one that can be read. */
    protected final Object open(Object argument, int index) {
        return planned.open(argument, index);
    }

    /** A list with decimals in it, at the scale of the call. */
    protected final Object fit(Object rows) {
        return planned.fit(rows);
    }

    /**
     * Gives each element of the component's list as a row.
     *
     * @param columns how many a row has; 0 where it is a single value
     */
    protected final void emit(Object rows, int columns) {
        for (Object row : ((GenericArrayData) rows).toObjectArray()) {
            collect(row == null && columns > 0 ? new GenericRowData(columns) : row);
        }
    }

    /** What to throw when a call has thrown: it says which function it was and with which arguments. */
    protected final RuntimeException failure(String call, RuntimeException cause, Object... arguments) {
        return RowFailure.of(signature(), call, cause, arguments);
    }
}
