package io.confluent.ksql.schema.ksql;

import io.confluent.ksql.schema.ksql.types.SqlType;

/** An argument of a call, of which a function may ask the type. */
public class SqlArgument {
    private final SqlType type;

    private SqlArgument(SqlType type) {
        this.type = type;
    }

    public static SqlArgument of(SqlType type) {
        return new SqlArgument(type);
    }

    /** Null for a literal NULL. */
    public SqlType getSqlTypeOrThrow() {
        return type;
    }
}
