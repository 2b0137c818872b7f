package io.confluent.ksql.schema.ksql.types;

public final class SqlDecimal extends SqlType {
    private final int precision;
    private final int scale;

    SqlDecimal(int precision, int scale) {
        super("DECIMAL(" + precision + ", " + scale + ")");
        this.precision = precision;
        this.scale = scale;
    }

    public int getPrecision() {
        return precision;
    }

    public int getScale() {
        return scale;
    }
}
