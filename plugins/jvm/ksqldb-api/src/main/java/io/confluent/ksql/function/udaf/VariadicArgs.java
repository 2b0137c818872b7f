package io.confluent.ksql.function.udaf;

import java.util.List;

/** Any number of arguments of one type, inside a tuple of arguments. */
public class VariadicArgs<T> {
    private final List<T> values;

    public VariadicArgs(List<T> values) {
        this.values = values;
    }

    public List<T> getValues() {
        return values;
    }
}
