package streamfn.aggregate;

import io.confluent.ksql.function.udaf.Udaf;
import io.confluent.ksql.function.udaf.UdafDescription;
import io.confluent.ksql.function.udaf.UdafFactory;
import io.confluent.ksql.util.Triple;
import org.apache.kafka.connect.data.Struct;
import streamfn.ksqldb.WasmUdaf;

@UdafDescription(
        name = "wasm_basket_totals",
        description = "A shopping basket in one pass: when it was last touched, what it holds, what that costs.",
        author = "streamfn:aggregate",
        version = "0.1.0")
public final class BasketTotals {
    static final String TOTALS = "STRUCT<`TS` TIMESTAMP, `SUM_QTY` INT, `TOTAL_PRICE` DOUBLE>";

    public BasketTotals() {}

    @UdafFactory(
            description = "streamfn:aggregate/basket-totals@0.1.0",
            paramSchema = {"BIGINT", "INT", "DOUBLE"},
            aggregateSchema = TOTALS,
            returnSchema = TOTALS)
    public static Udaf<Triple<Long, Integer, Double>, Struct, Struct> ofBigintIntDouble() {
        return new BasketTotals$0();
    }
}

final class BasketTotals$0 extends WasmUdaf<Triple<Long, Integer, Double>, Struct> {
    BasketTotals$0() {
        super("WASM_BASKET_TOTALS", "BIGINT, INT, DOUBLE", BasketTotals.TOTALS, BasketTotals.TOTALS);
    }

    @Override
    protected Object[] callCreate() {
        return new Object[3];
    }

    @Override
    protected Object[] callAccumulate(Object[] state, Object[] row) {
        Integer qty = (Integer) row[1];
        Double price = (Double) row[2];
        Double cost = qty == null || price == null ? null : (Double) (qty * price);
        return totals(state, row[0], qty, cost);
    }

    @Override
    protected Object[] callMerge(Object[] a, Object[] b) {
        return totals(a, b[0], (Integer) b[1], (Double) b[2]);
    }

    @Override
    protected Object callValue(Object[] state) {
        return state;
    }

    private static Object[] totals(Object[] state, Object ts, Integer qty, Double cost) {
        Object latest = state[0] == null || ts != null && (Long) ts > (Long) state[0] ? ts : state[0];
        Object items = state[1] == null ? qty : qty == null ? state[1] : (Object) ((Integer) state[1] + qty);
        Object price = cost == null ? state[2] : (Object) ((state[2] == null ? 0.0 : (Double) state[2]) + cost);
        return new Object[] {latest, items, price};
    }
}
