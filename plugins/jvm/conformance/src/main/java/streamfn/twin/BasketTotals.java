package streamfn.twin;

import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import streamfn.flink.Signature;
import streamfn.flink.WasmAggregate;

/** {@code streamfn:aggregate/basket-totals}. */
public final class BasketTotals extends WasmAggregate {
    private static final long serialVersionUID = 1L;

    @Override
    protected Signature signature() {
        return Signature.of("BASKET_TOTALS")
                .argument("ts", "BIGINT", false)
                .argument("qty", "INT", false)
                .argument("unit_price", "DOUBLE", false)
                .state("ts", "TIMESTAMP_LTZ(3)")
                .state("sum_qty", "INT")
                .state("total_price", "DOUBLE")
                .result("ROW<`ts` TIMESTAMP_LTZ(3), `sum_qty` INT, `total_price` DOUBLE>", true);
    }

    @Override
    public RowData createAccumulator() {
        return new GenericRowData(3);
    }

    public void accumulate(RowData accumulator, Long ts, Integer qty, Double unitPrice) {
        GenericRowData state = (GenericRowData) accumulator;
        if (ts != null) {
            state.setField(0, later((TimestampData) state.getField(0), TimestampData.fromEpochMillis(ts)));
        }
        if (qty != null) {
            state.setField(1, sum((Integer) state.getField(1), qty));
        }
        if (qty != null && unitPrice != null) {
            state.setField(2, sum((Double) state.getField(2), qty * unitPrice));
        }
    }

    public void merge(RowData accumulator, Iterable<RowData> others) {
        GenericRowData state = (GenericRowData) accumulator;
        for (RowData other : others) {
            if (!other.isNullAt(0)) {
                state.setField(0, later((TimestampData) state.getField(0), other.getTimestamp(0, 3)));
            }
            if (!other.isNullAt(1)) {
                state.setField(1, sum((Integer) state.getField(1), other.getInt(1)));
            }
            if (!other.isNullAt(2)) {
                state.setField(2, sum((Double) state.getField(2), other.getDouble(2)));
            }
        }
    }

    @Override
    public Object getValue(RowData accumulator) {
        GenericRowData state = (GenericRowData) accumulator;
        return GenericRowData.of(state.getField(0), state.getField(1), state.getField(2));
    }

    private static TimestampData later(TimestampData latest, TimestampData ts) {
        return latest == null || latest.compareTo(ts) < 0 ? ts : latest;
    }

    private static Integer sum(Integer sum, int x) {
        return (sum == null ? 0 : sum) + x;
    }

    private static Double sum(Double sum, double x) {
        return (sum == null ? 0.0 : sum) + x;
    }
}
