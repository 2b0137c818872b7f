package streamfn.twin;

import org.apache.flink.table.data.StringData;
import streamfn.bridge.Refused;
import streamfn.flink.Signature;
import streamfn.flink.WasmScalar;

/** {@code acme:pricing/vat}. */
public final class Vat extends WasmScalar {
    private static final long serialVersionUID = 1L;

    @Override
    protected Signature signature() {
        return Signature.of("VAT").argument("net", "BIGINT", true).argument("country", "STRING", true).result("BIGINT", true);
    }

    public Long eval(Long net, StringData country) {
        if (net == null || country == null) {
            return null;
        }
        try {
            return Math.floorDiv(net * (100 + percent(country.toString())) + 50, 100L);
        } catch (RuntimeException failed) {
            throw failure("eval", failed, net, country);
        }
    }

    private static int percent(String country) {
        return switch (country) {
            case "ch" -> 8;
            case "de" -> 19;
            case "fr" -> 20;
            case "hu" -> 27;
            default -> throw new Refused("unknown country \"" + country + '"');
        };
    }
}
