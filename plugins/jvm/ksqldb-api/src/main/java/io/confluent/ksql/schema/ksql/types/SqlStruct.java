package io.confluent.ksql.schema.ksql.types;

import java.util.ArrayList;
import java.util.List;

public final class SqlStruct extends SqlType {
    private SqlStruct(String text) {
        super(text);
    }

    public static final class Builder {
        private final List<String> fields = new ArrayList<>();

        Builder() {}

        public Builder field(String name, SqlType type) {
            fields.add("`" + name + "` " + type);
            return this;
        }

        public SqlStruct build() {
            return new SqlStruct("STRUCT<" + String.join(", ", fields) + ">");
        }
    }
}
