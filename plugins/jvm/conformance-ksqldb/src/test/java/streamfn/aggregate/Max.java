package streamfn.aggregate;

import io.confluent.ksql.function.udaf.Udaf;
import io.confluent.ksql.function.udaf.UdafDescription;
import io.confluent.ksql.function.udaf.UdafFactory;
import java.sql.Timestamp;
import org.apache.kafka.connect.data.Struct;
import streamfn.ksqldb.WasmUdaf;

@UdafDescription(
        name = "wasm_max",
        description = "The greatest value.",
        author = "streamfn:aggregate",
        version = "0.1.0")
public final class Max {
    static final String STATE = "STRUCT<`GREATEST` TIMESTAMP>";

    public Max() {}

    @UdafFactory(
            description = "streamfn:aggregate/max-of-timestamp-ltz@0.1.0",
            paramSchema = "TIMESTAMP",
            aggregateSchema = STATE,
            returnSchema = "TIMESTAMP")
    public static Udaf<Timestamp, Struct, Timestamp> ofTimestamp() {
        return new Max$0();
    }
}

final class Max$0 extends WasmUdaf<Timestamp, Timestamp> {
    Max$0() {
        super("WASM_MAX", "TIMESTAMP NOT NULL", Max.STATE, "TIMESTAMP");
    }

    @Override
    protected Object[] callCreate() {
        return new Object[1];
    }

    @Override
    protected Object[] callAccumulate(Object[] state, Object[] row) {
        return state[0] == null || (Long) row[0] > (Long) state[0] ? new Object[] {row[0]} : state;
    }

    @Override
    protected Object callValue(Object[] state) {
        return state[0];
    }
}
