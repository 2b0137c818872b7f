package io.confluent.ksql.schema.ksql.types;

public final class SqlArray extends SqlType {
    SqlArray(SqlType element) {
        super("ARRAY<" + element + ">");
    }
}
