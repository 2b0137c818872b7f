package streamfn.flink;

import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.apache.flink.table.functions.UserDefinedFunctionHelper;

/** An aggregate whose signature has a DECIMAL(38, s): it must know the s of its call to give decimals of that scale. */
public abstract class DecimalAggregate extends WasmAggregate implements SpecializedFunction {
    private static final long serialVersionUID = 1L;

    private int scale;

    /** Of a decimal result: Flink takes one with another scale or precision for a wrong number. */
    protected final int scale() {
        return scale;
    }

    @Override
    public final UserDefinedFunction specialize(SpecializedContext context) {
        DecimalAggregate function = (DecimalAggregate) UserDefinedFunctionHelper.instantiateFunction(getClass());
        function.scale = Overloads.scale(context.getCallContext());
        return function;
    }
}
