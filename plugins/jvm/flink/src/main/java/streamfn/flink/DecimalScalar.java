package streamfn.flink;

import org.apache.flink.table.functions.SpecializedFunction;
import org.apache.flink.table.functions.UserDefinedFunction;
import org.apache.flink.table.functions.UserDefinedFunctionHelper;

/** A scalar function whose signature has a DECIMAL(38, s): it must know the s of its call to give decimals of that scale. */
public abstract class DecimalScalar extends WasmScalar implements SpecializedFunction {
    private static final long serialVersionUID = 1L;

    private int scale;

    /** Of every decimal in a result: Flink takes one with another scale or precision for a wrong number, and says nothing. */
    protected final int scale() {
        return scale;
    }

    @Override
    public final UserDefinedFunction specialize(SpecializedContext context) {
        DecimalScalar function = (DecimalScalar) UserDefinedFunctionHelper.instantiateFunction(getClass());
        function.scale = Overloads.scale(context.getCallContext());
        return function;
    }
}
