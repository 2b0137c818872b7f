package streamfn.twin;

import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import streamfn.flink.OverloadedAggregate;
import streamfn.flink.Signature;
import streamfn.flink.WasmAggregate;

/** {@code streamfn:aggregate/sum-of-…}: three functions under one name, each with its own state. */
public final class Sum extends OverloadedAggregate {
    private static final long serialVersionUID = 1L;

    @Override
    protected WasmAggregate[] functions() {
        return new WasmAggregate[] {new OfInt(), new OfBigint(), new OfDouble()};
    }

    public static final class OfInt extends WasmAggregate {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            return Signature.of("SUM").argument("x", "INT", true).state("sum", "INT").state("rows", "BIGINT").result("INT", false);
        }

        @Override
        public RowData createAccumulator() {
            return GenericRowData.of(0, 0L);
        }

        public void accumulate(RowData accumulator, Integer x) {
            if (x != null) {
                add((GenericRowData) accumulator, x, 1);
            }
        }

        public void retract(RowData accumulator, Integer x) {
            if (x != null) {
                add((GenericRowData) accumulator, -x, -1);
            }
        }

        public void merge(RowData accumulator, Iterable<RowData> others) {
            others.forEach(other -> add((GenericRowData) accumulator, other.getInt(0), other.getLong(1)));
        }

        @Override
        public Object getValue(RowData accumulator) {
            return accumulator.getLong(1) == 0 ? null : accumulator.getInt(0);
        }

        private static void add(GenericRowData state, int x, long rows) {
            state.setField(0, state.getInt(0) + x);
            state.setField(1, state.getLong(1) + rows);
        }
    }

    public static final class OfBigint extends WasmAggregate {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            return Signature.of("SUM").argument("x", "BIGINT", true).state("sum", "BIGINT").state("rows", "BIGINT").result("BIGINT", false);
        }

        @Override
        public RowData createAccumulator() {
            return GenericRowData.of(0L, 0L);
        }

        public void accumulate(RowData accumulator, Long x) {
            if (x != null) {
                add((GenericRowData) accumulator, x, 1);
            }
        }

        public void retract(RowData accumulator, Long x) {
            if (x != null) {
                add((GenericRowData) accumulator, -x, -1);
            }
        }

        public void merge(RowData accumulator, Iterable<RowData> others) {
            others.forEach(other -> add((GenericRowData) accumulator, other.getLong(0), other.getLong(1)));
        }

        @Override
        public Object getValue(RowData accumulator) {
            return accumulator.getLong(1) == 0 ? null : accumulator.getLong(0);
        }

        private static void add(GenericRowData state, long x, long rows) {
            state.setField(0, state.getLong(0) + x);
            state.setField(1, state.getLong(1) + rows);
        }
    }

    public static final class OfDouble extends WasmAggregate {
        private static final long serialVersionUID = 1L;

        @Override
        protected Signature signature() {
            return Signature.of("SUM").argument("x", "DOUBLE", true).state("sum", "DOUBLE").state("rows", "BIGINT").result("DOUBLE", false);
        }

        @Override
        public RowData createAccumulator() {
            return GenericRowData.of(0.0, 0L);
        }

        public void accumulate(RowData accumulator, Double x) {
            if (x != null) {
                add((GenericRowData) accumulator, x, 1);
            }
        }

        public void retract(RowData accumulator, Double x) {
            if (x != null) {
                add((GenericRowData) accumulator, -x, -1);
            }
        }

        public void merge(RowData accumulator, Iterable<RowData> others) {
            others.forEach(other -> add((GenericRowData) accumulator, other.getDouble(0), other.getLong(1)));
        }

        @Override
        public Object getValue(RowData accumulator) {
            return accumulator.getLong(1) == 0 ? null : accumulator.getDouble(0);
        }

        private static void add(GenericRowData state, double x, long rows) {
            long left = state.getLong(1) + rows;
            state.setField(0, left == 0 ? 0.0 : state.getDouble(0) + x);
            state.setField(1, left);
        }
    }
}
