package streamfn.aggregate;

import io.confluent.ksql.function.udaf.TableUdaf;
import io.confluent.ksql.function.udaf.UdafDescription;
import io.confluent.ksql.function.udaf.UdafFactory;
import org.apache.kafka.connect.data.Struct;
import streamfn.ksqldb.WasmTableUdaf;

@UdafDescription(
        name = "wasm_sum",
        description = "The sum of values.",
        author = "streamfn:aggregate",
        version = "0.1.0")
public final class Sum {
    static final String OF_INT = "STRUCT<`SUM` INT, `ROWS` BIGINT>";
    static final String OF_DOUBLE = "STRUCT<`SUM` DOUBLE, `ROWS` BIGINT>";

    public Sum() {}

    @UdafFactory(
            description = "streamfn:aggregate/sum-of-int@0.1.0",
            paramSchema = "INT",
            aggregateSchema = OF_INT,
            returnSchema = "INT")
    public static TableUdaf<Integer, Struct, Integer> ofInt() {
        return new Sum$0();
    }

    @UdafFactory(
            description = "streamfn:aggregate/sum-of-double@0.1.0",
            paramSchema = "DOUBLE",
            aggregateSchema = OF_DOUBLE,
            returnSchema = "DOUBLE")
    public static TableUdaf<Double, Struct, Double> ofDouble() {
        return new Sum$1();
    }
}

final class Sum$0 extends WasmTableUdaf<Integer, Integer> {
    Sum$0() {
        super("WASM_SUM", "INT NOT NULL", Sum.OF_INT, "INT");
    }

    @Override
    protected Object[] callCreate() {
        return new Object[] {0, 0L};
    }

    @Override
    protected Object[] callAccumulate(Object[] state, Object[] row) {
        return new Object[] {(Integer) state[0] + (Integer) row[0], (Long) state[1] + 1};
    }

    @Override
    protected Object[] callRetract(Object[] state, Object[] row) {
        return new Object[] {(Integer) state[0] - (Integer) row[0], (Long) state[1] - 1};
    }

    @Override
    protected Object[] callMerge(Object[] a, Object[] b) {
        return new Object[] {(Integer) a[0] + (Integer) b[0], (Long) a[1] + (Long) b[1]};
    }

    @Override
    protected Object callValue(Object[] state) {
        return (Long) state[1] == 0 ? null : state[0];
    }
}

final class Sum$1 extends WasmTableUdaf<Double, Double> {
    Sum$1() {
        super("WASM_SUM", "DOUBLE NOT NULL", Sum.OF_DOUBLE, "DOUBLE");
    }

    @Override
    protected Object[] callCreate() {
        return new Object[] {0.0, 0L};
    }

    @Override
    protected Object[] callAccumulate(Object[] state, Object[] row) {
        return new Object[] {(Double) state[0] + (Double) row[0], (Long) state[1] + 1};
    }

    @Override
    protected Object[] callRetract(Object[] state, Object[] row) {
        long rows = (Long) state[1] - 1;
        return new Object[] {rows == 0 ? 0.0 : (Double) state[0] - (Double) row[0], rows};
    }

    @Override
    protected Object[] callMerge(Object[] a, Object[] b) {
        return new Object[] {(Double) a[0] + (Double) b[0], (Long) a[1] + (Long) b[1]};
    }

    @Override
    protected Object callValue(Object[] state) {
        return (Long) state[1] == 0 ? null : state[0];
    }
}
