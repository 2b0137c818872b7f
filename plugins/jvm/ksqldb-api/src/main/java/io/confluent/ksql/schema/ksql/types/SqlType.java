package io.confluent.ksql.schema.ksql.types;

/** A SQL type. Its text is as SQL has it. */
public abstract class SqlType {
    private final String text;

    SqlType(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }
}
