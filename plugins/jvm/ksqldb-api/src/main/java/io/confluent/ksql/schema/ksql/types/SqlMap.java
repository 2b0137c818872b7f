package io.confluent.ksql.schema.ksql.types;

public final class SqlMap extends SqlType {
    SqlMap(SqlType key, SqlType value) {
        super("MAP<" + key + ", " + value + ">");
    }
}
