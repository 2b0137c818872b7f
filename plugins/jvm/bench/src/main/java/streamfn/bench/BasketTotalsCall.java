package streamfn.bench;

import java.lang.invoke.CallSite;
import java.lang.invoke.LambdaMetafactory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AggregateFunction;
import org.apache.flink.table.functions.FunctionContext;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One row of BASKET_TOTALS: the call of accumulate alone, and with the two of getValue that Flink makes around it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class BasketTotalsCall {
    private static final int ROWS = 1024;

    /** Classes with this signature, on the class path. */
    @Param("streamfn.twin.BasketTotals")
    public String type;

    private final Long[] ts = new Long[ROWS];
    private final Integer[] qty = new Integer[ROWS];
    private final Double[] unitPrice = new Double[ROWS];
    private AggregateFunction<Object, RowData> function;
    private Accumulate accumulate;
    private GenericRowData accumulator;
    private int next;

    /** {@code accumulate} as a direct call, which is what Flink's generated code makes. */
    public interface Accumulate {
        void accumulate(RowData accumulator, Long ts, Integer qty, Double unitPrice);
    }

    @Setup
    @SuppressWarnings("unchecked")
    public void open() throws Throwable {
        Random random = new Random(1);
        for (int i = 0; i < ROWS; i++) {
            ts[i] = 1_702_763_539_281L + random.nextInt(1_000_000);
            qty[i] = random.nextInt(8) - 2;
            unitPrice[i] = random.nextInt(10_000) / 100.0;
        }
        Class<?> loaded = Class.forName(type);
        function = (AggregateFunction<Object, RowData>) loaded.getConstructor().newInstance();
        function.open(new FunctionContext(null));
        accumulate = direct(loaded);
        accumulator = (GenericRowData) function.createAccumulator();
    }

    private Accumulate direct(Class<?> loaded) throws Throwable {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        MethodType row = MethodType.methodType(void.class, RowData.class, Long.class, Integer.class, Double.class);
        MethodHandle method = lookup.findVirtual(loaded, "accumulate", row);
        CallSite site = LambdaMetafactory.metafactory(
                lookup, "accumulate", MethodType.methodType(Accumulate.class, loaded), row, method, row);
        return (Accumulate) site.getTarget().invoke(function);
    }

    @TearDown
    public void close() throws Exception {
        function.close();
    }

    /**
     * Into a new row, as Flink has it: it takes the accumulator out of the state for each call. One that is old already would
     * cost a fence for each field with G1.
     */
    @Benchmark
    public RowData accumulate() {
        int i = next++ & (ROWS - 1);
        GenericRowData taken = new GenericRowData(accumulator.getArity());
        for (int field = 0; field < accumulator.getArity(); field++) {
            taken.setField(field, accumulator.getField(field));
        }
        accumulate.accumulate(taken, ts[i], qty[i], unitPrice[i]);
        accumulator = taken;
        return taken;
    }

    @Benchmark
    public boolean row() {
        Object before = function.getValue(accumulator);
        accumulate();
        return before.equals(function.getValue(accumulator));
    }
}
