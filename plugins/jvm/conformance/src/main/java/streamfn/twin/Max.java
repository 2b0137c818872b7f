package streamfn.twin;

import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import streamfn.flink.OverloadedAggregate;
import streamfn.flink.Signature;
import streamfn.flink.WasmAggregate;

/** {@code streamfn:aggregate/max-of-…}, two of the four. */
public final class Max extends OverloadedAggregate {
    private static final long serialVersionUID = 1L;

    @Override
    protected WasmAggregate[] functions() {
        return new WasmAggregate[] {new OfBigint(), new OfTimestampLtz()};
    }

    public static final class OfBigint extends WasmAggregate {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            return Signature.of("MAX").argument("x", "BIGINT", true).state("greatest", "BIGINT").result("BIGINT", false);
        }

        @Override
        public RowData createAccumulator() {
            return new GenericRowData(1);
        }

        public void accumulate(RowData accumulator, Long x) {
            if (x != null && (accumulator.isNullAt(0) || accumulator.getLong(0) < x)) {
                ((GenericRowData) accumulator).setField(0, x);
            }
        }

        public void merge(RowData accumulator, Iterable<RowData> others) {
            others.forEach(other -> accumulate(accumulator, other.isNullAt(0) ? null : other.getLong(0)));
        }

        @Override
        public Object getValue(RowData accumulator) {
            return ((GenericRowData) accumulator).getField(0);
        }
    }

    public static final class OfTimestampLtz extends WasmAggregate {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            return Signature.of("MAX")
                    .argument("x", "TIMESTAMP_LTZ(3)", true)
                    .state("greatest", "TIMESTAMP_LTZ(3)")
                    .result("TIMESTAMP_LTZ(3)", false);
        }

        @Override
        public RowData createAccumulator() {
            return new GenericRowData(1);
        }

        public void accumulate(RowData accumulator, TimestampData x) {
            if (x != null && (accumulator.isNullAt(0) || accumulator.getTimestamp(0, 3).compareTo(x) < 0)) {
                ((GenericRowData) accumulator).setField(0, x);
            }
        }

        public void merge(RowData accumulator, Iterable<RowData> others) {
            others.forEach(other -> accumulate(accumulator, other.isNullAt(0) ? null : other.getTimestamp(0, 3)));
        }

        @Override
        public Object getValue(RowData accumulator) {
            return ((GenericRowData) accumulator).getField(0);
        }
    }
}
