package acme.pricing;

import io.confluent.ksql.function.udf.UdfParameter;
import io.confluent.ksql.function.udtf.Udtf;
import io.confluent.ksql.function.udtf.UdtfDescription;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.connect.data.Struct;
import streamfn.ksqldb.WasmUdtf;

@UdtfDescription(
        name = "wasm_basket_lines",
        description = "Splits a basket such as apple:2,pear:1 into its lines.",
        author = "acme:pricing",
        version = "1.2.0")
public final class BasketLines {
    static final String LINE = "STRUCT<`ARTICLE` STRING, `QUANTITY` INT>";
    private final BasketLines$0 f0 = new BasketLines$0();

    public BasketLines() {}

    @Udtf(description = "acme:pricing/basket-lines@1.2.0", schema = LINE)
    @SuppressWarnings("unchecked")
    public List<Struct> rows(@UdfParameter(value = "basket", schema = "STRING") String basket) {
        return (List<Struct>) f0.rows(basket);
    }
}

final class BasketLines$0 extends WasmUdtf {
    BasketLines$0() {
        super("WASM_BASKET_LINES", "STRING NOT NULL", BasketLines.LINE);
    }

    @Override
    protected List<?> call(Object[] arguments) {
        List<Object[]> lines = new ArrayList<>();
        for (String line : ((String) arguments[0]).split(",")) {
            String[] parts = line.split(":");
            lines.add(new Object[] {parts[0], Integer.valueOf(parts[1])});
        }
        return lines;
    }
}
