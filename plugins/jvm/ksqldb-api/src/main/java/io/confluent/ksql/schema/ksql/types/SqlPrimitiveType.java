package io.confluent.ksql.schema.ksql.types;

public final class SqlPrimitiveType extends SqlType {
    SqlPrimitiveType(String text) {
        super(text);
    }
}
