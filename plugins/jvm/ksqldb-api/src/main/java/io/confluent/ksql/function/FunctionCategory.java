package io.confluent.ksql.function;

/** Under which heading SHOW FUNCTIONS lists a function. */
public final class FunctionCategory {
    public static final String OTHER = "OTHER";
    public static final String AGGREGATE = "AGGREGATE";
    public static final String TABLE = "TABLE";

    private FunctionCategory() {}
}
