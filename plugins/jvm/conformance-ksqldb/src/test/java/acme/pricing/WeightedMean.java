package acme.pricing;

import io.confluent.ksql.function.udaf.TableUdaf;
import io.confluent.ksql.function.udaf.UdafDescription;
import io.confluent.ksql.function.udaf.UdafFactory;
import io.confluent.ksql.util.Pair;
import org.apache.kafka.connect.data.Struct;
import streamfn.ksqldb.WasmTableUdaf;

@UdafDescription(
        name = "wasm_weighted_mean",
        description = "The mean of prices, each weighing as much as was sold at it.",
        author = "acme:pricing",
        version = "1.2.0")
public final class WeightedMean {
    static final String STATE = "STRUCT<`ROWS` BIGINT, `WEIGHT` BIGINT, `TOTAL` DOUBLE>";

    public WeightedMean() {}

    @UdafFactory(
            description = "acme:pricing/weighted-mean@1.2.0",
            paramSchema = {"DOUBLE", "BIGINT"},
            aggregateSchema = STATE,
            returnSchema = "DOUBLE")
    public static TableUdaf<Pair<Double, Long>, Struct, Double> ofDoubleBigint() {
        return new WeightedMean$0();
    }
}

final class WeightedMean$0 extends WasmTableUdaf<Pair<Double, Long>, Double> {
    WeightedMean$0() {
        super("WASM_WEIGHTED_MEAN", "DOUBLE NOT NULL, BIGINT NOT NULL", WeightedMean.STATE, "DOUBLE");
    }

    @Override
    protected Object[] callCreate() {
        return new Object[] {0L, 0L, 0.0};
    }

    @Override
    protected Object[] callAccumulate(Object[] state, Object[] row) {
        return moved(state, row, 1);
    }

    @Override
    protected Object[] callRetract(Object[] state, Object[] row) {
        return moved(state, row, -1);
    }

    private static Object[] moved(Object[] state, Object[] row, int sign) {
        long weight = (Long) row[1];
        if (weight < 0) {
            throw new IllegalArgumentException("a weight below zero: " + weight);
        }
        long rows = (Long) state[0] + sign;
        double total = rows == 0 ? 0.0 : (Double) state[2] + sign * (Double) row[0] * weight;
        return new Object[] {rows, (Long) state[1] + sign * weight, total};
    }

    @Override
    protected Object[] callMerge(Object[] a, Object[] b) {
        return new Object[] {(Long) a[0] + (Long) b[0], (Long) a[1] + (Long) b[1], (Double) a[2] + (Double) b[2]};
    }

    @Override
    protected Object callValue(Object[] state) {
        return (Long) state[1] == 0 ? null : (Object) ((Double) state[2] / (Long) state[1]);
    }
}
