package streamfn.ksqldb;

import io.confluent.ksql.function.udaf.TableUdaf;

/**
 * One overload of a keyed aggregate whose component has {@code retract}: over streams and tables.
 *
 * @param <I> the argument or a tuple of them
 * @param <A> the entries
 * @param <O> the result
 */
public abstract class WasmKeyedTableUdaf<I, A, O> extends WasmKeyedUdaf<I, A, O> implements TableUdaf<I, A, O> {
    protected WasmKeyedTableUdaf(String name, String parameters, String entries, String result, boolean multiset, int most) {
        super(name, parameters, entries, result, multiset, most);
    }

    protected abstract Object callRetract(Object entry, Object[] arguments);

    @Override
    public final A undo(I valueToUndo, A aggregate) {
        return change(valueToUndo, aggregate, this::callRetract);
    }
}
