package io.confluent.ksql.schema.ksql.types;

/** Where types come from. */
public final class SqlTypes {
    public static final SqlPrimitiveType BOOLEAN = new SqlPrimitiveType("BOOLEAN");
    public static final SqlPrimitiveType INTEGER = new SqlPrimitiveType("INTEGER");
    public static final SqlPrimitiveType BIGINT = new SqlPrimitiveType("BIGINT");
    public static final SqlPrimitiveType DOUBLE = new SqlPrimitiveType("DOUBLE");
    public static final SqlPrimitiveType STRING = new SqlPrimitiveType("STRING");
    public static final SqlPrimitiveType TIME = new SqlPrimitiveType("TIME");
    public static final SqlPrimitiveType DATE = new SqlPrimitiveType("DATE");
    public static final SqlPrimitiveType TIMESTAMP = new SqlPrimitiveType("TIMESTAMP");
    public static final SqlPrimitiveType BYTES = new SqlPrimitiveType("BYTES");

    private SqlTypes() {}

    public static SqlDecimal decimal(int precision, int scale) {
        return new SqlDecimal(precision, scale);
    }

    public static SqlArray array(SqlType element) {
        return new SqlArray(element);
    }

    public static SqlMap map(SqlType key, SqlType value) {
        return new SqlMap(key, value);
    }

    public static SqlStruct.Builder struct() {
        return new SqlStruct.Builder();
    }
}
