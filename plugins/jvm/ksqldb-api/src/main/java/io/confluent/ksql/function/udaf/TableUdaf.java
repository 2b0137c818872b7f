package io.confluent.ksql.function.udaf;

/** An aggregate function that can take a row out again, as aggregates of tables need it. */
public interface TableUdaf<I, A, O> extends Udaf<I, A, O> {
    A undo(I valueToUndo, A aggregateValue);
}
