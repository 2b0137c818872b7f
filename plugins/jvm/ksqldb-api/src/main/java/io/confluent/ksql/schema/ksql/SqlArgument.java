package io.confluent.ksql.schema.ksql;

/** The type of a call's argument. Named here because {@code Udaf} names it. */
public class SqlArgument {
    private SqlArgument() {}
}
