package io.confluent.ksql.schema.ksql.types;

/** A SQL type. Named here because {@code Udaf} names it. */
public abstract class SqlType {
    SqlType() {}
}
