package streamfn.twin;

import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import streamfn.flink.OverloadedAggregate;
import streamfn.flink.Signature;
import streamfn.flink.WasmAggregate;

/** {@code streamfn:aggregate/count} and one sibling: functions under one name that differ in the number of arguments. */
public final class Count extends OverloadedAggregate {
    private static final long serialVersionUID = 1L;

    @Override
    protected WasmAggregate[] functions() {
        return new WasmAggregate[] {new OfRows(), new OfBigint()};
    }

    public static final class OfRows extends WasmAggregate {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            return Signature.of("COUNT").state("rows", "BIGINT").result("BIGINT", true);
        }

        @Override
        public RowData createAccumulator() {
            return GenericRowData.of(0L);
        }

        public void accumulate(RowData accumulator) {
            add(accumulator, 1);
        }

        public void retract(RowData accumulator) {
            add(accumulator, -1);
        }

        public void merge(RowData accumulator, Iterable<RowData> others) {
            others.forEach(other -> add(accumulator, other.getLong(0)));
        }

        @Override
        public Object getValue(RowData accumulator) {
            return accumulator.getLong(0);
        }
    }

    public static final class OfBigint extends WasmAggregate {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            return Signature.of("COUNT").argument("x", "BIGINT", true).state("rows", "BIGINT").result("BIGINT", true);
        }

        @Override
        public RowData createAccumulator() {
            return GenericRowData.of(0L);
        }

        public void accumulate(RowData accumulator, Long x) {
            if (x != null) {
                add(accumulator, 1);
            }
        }

        public void retract(RowData accumulator, Long x) {
            if (x != null) {
                add(accumulator, -1);
            }
        }

        public void merge(RowData accumulator, Iterable<RowData> others) {
            others.forEach(other -> add(accumulator, other.getLong(0)));
        }

        @Override
        public Object getValue(RowData accumulator) {
            return accumulator.getLong(0);
        }
    }

    private static void add(RowData accumulator, long rows) {
        ((GenericRowData) accumulator).setField(0, accumulator.getLong(0) + rows);
    }
}
