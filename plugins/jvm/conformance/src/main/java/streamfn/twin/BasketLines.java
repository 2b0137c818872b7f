package streamfn.twin;

import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import streamfn.bridge.Refused;
import streamfn.flink.Signature;
import streamfn.flink.WasmTable;

/** {@code acme:pricing/basket-lines}. */
public final class BasketLines extends WasmTable {
    private static final long serialVersionUID = 1L;

    @Override
    protected Signature signature() {
        return Signature.of("BASKET_LINES")
                .argument("basket", "STRING", true)
                .result("ROW<`article` STRING, `quantity` INT>", true);
    }

    public void eval(StringData basket) {
        if (basket == null) {
            return;
        }
        try {
            for (String line : basket.toString().split(",")) {
                if (!line.isBlank()) {
                    collect(line(line));
                }
            }
        } catch (RuntimeException failed) {
            throw failure("eval", failed, basket);
        }
    }

    private static GenericRowData line(String line) {
        String[] parts = line.split(":", 2);
        String quantity = parts.length == 1 ? "1" : parts[1].strip();
        try {
            return GenericRowData.of(StringData.fromString(parts[0].strip()), Integer.parseInt(quantity));
        } catch (NumberFormatException none) {
            throw new Refused("no quantity: \"" + quantity + "\" in \"" + line + "\"");
        }
    }
}
