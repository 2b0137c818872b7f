package streamfn.ksqldb;

import io.confluent.ksql.function.udaf.TableUdaf;
import org.apache.kafka.connect.data.Struct;

/**
 * One overload of an aggregate function whose component has {@code retract}: over streams and tables.
 *
 * @param <I> the argument or a tuple of them
 * @param <O> the result
 */
public abstract class WasmTableUdaf<I, O> extends WasmUdaf<I, O> implements TableUdaf<I, Struct, O> {
    protected WasmTableUdaf(String name, String parameters, String state, String result) {
        super(name, parameters, state, result);
    }

    protected abstract Object[] callRetract(Object[] state, Object[] arguments);

    @Override
    public final Struct undo(I valueToUndo, Struct aggregate) {
        return change(valueToUndo, aggregate, this::callRetract);
    }
}
