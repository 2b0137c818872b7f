package streamfn.aggregate;

import io.confluent.ksql.function.udaf.TableUdaf;
import io.confluent.ksql.function.udaf.UdafDescription;
import io.confluent.ksql.function.udaf.UdafFactory;
import org.apache.kafka.connect.data.Struct;
import streamfn.ksqldb.WasmTableUdaf;

/** Without {@code count} itself: a call without arguments is one of ROWTIME in ksqlDB, a BIGINT that is never null. */
@UdafDescription(
        name = "wasm_count",
        description = "The number of values.",
        author = "streamfn:aggregate",
        version = "0.1.0")
public final class Count {
    static final String STATE = "STRUCT<`ROWS` BIGINT>";

    public Count() {}

    @UdafFactory(
            description = "streamfn:aggregate/count-of-bigint@0.1.0",
            paramSchema = "BIGINT",
            aggregateSchema = STATE,
            returnSchema = "BIGINT")
    public static TableUdaf<Long, Struct, Long> ofBigint() {
        return new Count$0();
    }
}

final class Count$0 extends WasmTableUdaf<Long, Long> {
    Count$0() {
        super("WASM_COUNT", "BIGINT NOT NULL", Count.STATE, "BIGINT");
    }

    @Override
    protected Object[] callCreate() {
        return new Object[] {0L};
    }

    @Override
    protected Object[] callAccumulate(Object[] state, Object[] row) {
        return new Object[] {(Long) state[0] + 1};
    }

    @Override
    protected Object[] callRetract(Object[] state, Object[] row) {
        return new Object[] {(Long) state[0] - 1};
    }

    @Override
    protected Object[] callMerge(Object[] a, Object[] b) {
        return new Object[] {(Long) a[0] + (Long) b[0]};
    }

    @Override
    protected Object callValue(Object[] state) {
        return state[0];
    }
}
