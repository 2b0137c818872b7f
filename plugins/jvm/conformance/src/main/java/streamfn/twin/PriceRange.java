package streamfn.twin;

import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import streamfn.flink.Entries;
import streamfn.flink.Signature;
import streamfn.flink.WasmKeyedAggregate;

/** {@code acme:pricing/price-range}. */
public final class PriceRange extends WasmKeyedAggregate {
    private static final long serialVersionUID = 1L;

    @Override
    protected Signature signature() {
        String span = "ROW<`low` DOUBLE, `high` DOUBLE, `offers` BIGINT>";
        return Signature.of("PRICE_RANGE")
                .argument("article", "STRING", false)
                .argument("price", "DOUBLE", true)
                .entries("STRING", span, false, false, Integer.MAX_VALUE)
                .result("MAP<STRING, " + span + ">", true);
    }

    public void accumulate(Entries entries, StringData article, Double price) {
        if (article != null && price != null) {
            Object key = key(article);
            Object before = get(entries, key);
            RowData offer = GenericRowData.of(price, price, 1L);
            set(entries, key, before, before == null ? offer : callMerge(before, offer));
        }
    }

    public void merge(Entries entries, Iterable<Entries> others) {
        mergeAll(entries, others);
    }

    @Override
    protected Object callMerge(Object one, Object two) {
        RowData a = (RowData) one;
        RowData b = (RowData) two;
        return GenericRowData.of(
                Math.min(a.getDouble(0), b.getDouble(0)), Math.max(a.getDouble(1), b.getDouble(1)), a.getLong(2) + b.getLong(2));
    }
}
