package streamfn.twin;

import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import streamfn.bridge.Refused;
import streamfn.flink.Signature;
import streamfn.flink.WasmAggregate;

/** {@code acme:pricing/weighted-mean}. */
public final class WeightedMean extends WasmAggregate {
    private static final long serialVersionUID = 1L;

    @Override
    protected Signature signature() {
        return Signature.of("WEIGHTED_MEAN")
                .argument("price", "DOUBLE", true)
                .argument("weight", "BIGINT", true)
                .state("rows", "BIGINT")
                .state("weight", "BIGINT")
                .state("total", "DOUBLE")
                .result("DOUBLE", false);
    }

    @Override
    public RowData createAccumulator() {
        return GenericRowData.of(0L, 0L, 0.0);
    }

    public void accumulate(RowData accumulator, Double price, Long weight) {
        if (price == null || weight == null) {
            return;
        }
        try {
            change(accumulator, price, weight, 1);
        } catch (RuntimeException failed) {
            throw failure("accumulate", failed, price, weight);
        }
    }

    public void retract(RowData accumulator, Double price, Long weight) {
        if (price == null || weight == null) {
            return;
        }
        try {
            change(accumulator, price, weight, -1);
        } catch (RuntimeException failed) {
            throw failure("retract", failed, price, weight);
        }
    }

    public void merge(RowData accumulator, Iterable<RowData> others) {
        others.forEach(other -> add(accumulator, other.getLong(0), other.getLong(1), other.getDouble(2)));
    }

    @Override
    public Object getValue(RowData accumulator) {
        long weight = accumulator.getLong(1);
        return weight == 0 ? null : accumulator.getDouble(2) / weight;
    }

    private static void change(RowData accumulator, double price, long weight, int sign) {
        if (weight < 0) {
            throw new Refused("negative weight " + weight);
        }
        add(accumulator, sign, sign * weight, sign * (price * weight));
    }

    private static void add(RowData accumulator, long rows, long weight, double total) {
        GenericRowData state = (GenericRowData) accumulator;
        long left = state.getLong(0) + rows;
        state.setField(0, left);
        state.setField(1, left == 0 ? 0L : state.getLong(1) + weight);
        state.setField(2, left == 0 ? 0.0 : state.getDouble(2) + total);
    }
}
