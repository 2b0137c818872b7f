package acme.pricing;

import io.confluent.ksql.function.udf.Udf;
import io.confluent.ksql.function.udf.UdfDescription;
import io.confluent.ksql.function.udf.UdfParameter;
import streamfn.ksqldb.WasmUdf;

@UdfDescription(
        name = "wasm_vat",
        description = "The gross amount of a net amount in cents, rounded half up to a cent.",
        author = "acme:pricing",
        version = "1.2.0")
public final class Vat {
    private final Vat$0 f0 = new Vat$0();

    public Vat() {}

    @Udf(description = "acme:pricing/vat@1.2.0", schema = "BIGINT")
    public Long eval(
            @UdfParameter(value = "net", schema = "BIGINT") Long net,
            @UdfParameter(value = "country", schema = "STRING") String country) {
        return (Long) f0.eval(net, country);
    }
}

final class Vat$0 extends WasmUdf {
    Vat$0() {
        super("WASM_VAT", "BIGINT NOT NULL, STRING NOT NULL", "BIGINT");
    }

    @Override
    protected Object call(Object[] arguments) {
        if (!arguments[1].equals("de")) {
            throw new IllegalArgumentException("unknown country \"" + arguments[1] + "\"");
        }
        return Math.floorDiv((Long) arguments[0] * 119 + 50, 100L);
    }
}
