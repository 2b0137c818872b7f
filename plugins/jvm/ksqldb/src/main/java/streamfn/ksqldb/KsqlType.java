package streamfn.ksqldb;

import io.confluent.ksql.schema.ksql.types.SqlStruct;
import io.confluent.ksql.schema.ksql.types.SqlType;
import io.confluent.ksql.schema.ksql.types.SqlTypes;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import streamfn.bridge.Refused;

/**
 * A SQL type of ksqlDB: its values in ksqlDB and in the bridge. Knows no text ({@link KsqlTypes} does) and no function.
 *
 * <p>In the bridge a record is an {@code Object[]} in the order of its fields, bytes are {@code byte[]}, a TIMESTAMP
 * is a {@code Long} of milliseconds, a DATE an {@code Integer} of days, a TIME an {@code Integer} of milliseconds; all
 * else is the same on both sides. ksqlDB's {@code java.sql} classes count in UTC, whatever zone the server is in.
 */
abstract sealed class KsqlType {
    private static final long DAY_MILLIS = 86_400_000;

    private final Schema schema;

    private KsqlType(Schema schema) {
        this.schema = schema;
    }

    /** As ksqlDB has it in its Structs: everything is optional. */
    final Schema schema() {
        return schema;
    }

    final Object toBridge(Object value) {
        return value == null ? null : lower(value);
    }

    final Object toKsql(Object value) {
        return value == null ? null : lift(value);
    }

    /** As ksqlDB's planner has it. */
    abstract SqlType sqlType();

    abstract Object lower(Object value);

    abstract Object lift(Object value);

    /** BOOLEAN, INT, BIGINT, DOUBLE, STRING: the same class on both sides. */
    static final class Plain extends KsqlType {
        private final SqlType sqlType;

        Plain(Schema schema, SqlType sqlType) {
            super(schema);
            this.sqlType = sqlType;
        }

        @Override
        SqlType sqlType() {
            return sqlType;
        }

        @Override
        Object lower(Object value) {
            return value;
        }

        @Override
        Object lift(Object value) {
            return value;
        }
    }

    static final class BytesType extends KsqlType {
        BytesType() {
            super(Schema.OPTIONAL_BYTES_SCHEMA);
        }

        @Override
        SqlType sqlType() {
            return SqlTypes.BYTES;
        }

        @Override
        Object lower(Object value) {
            if (value instanceof byte[]) {
                // A Struct of Connect's may hold either class.
                return value;
            }
            // The caller's position stays where it is: others read the same buffer.
            ByteBuffer buffer = ((ByteBuffer) value).duplicate();
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            return bytes;
        }

        @Override
        Object lift(Object value) {
            return ByteBuffer.wrap((byte[]) value);
        }
    }

    static final class DecimalType extends KsqlType {
        private final int precision;
        private final int scale;

        DecimalType(int precision, int scale) {
            super(Decimal.builder(Math.max(scale, 0))
                    .parameter("connect.decimal.precision", Integer.toString(precision))
                    .optional()
                    .build());
            this.precision = precision;
            this.scale = scale;
        }

        @Override
        SqlType sqlType() {
            return SqlTypes.decimal(precision, scale);
        }

        @Override
        Object lower(Object value) {
            return value;
        }

        /** Zeros are added up to the scale; a digit is never rounded away. */
        @Override
        Object lift(Object value) {
            if (scale == Scale.UNKNOWN) {
                return value;
            }
            BigDecimal decimal = ((BigDecimal) value).stripTrailingZeros();
            if (decimal.scale() > scale || decimal.precision() - decimal.scale() > precision - scale) {
                throw new Refused(
                        "wanted a DECIMAL(" + precision + ", " + scale + "), found " + ((BigDecimal) value).toPlainString());
            }
            return decimal.setScale(scale, RoundingMode.UNNECESSARY);
        }
    }

    static final class DateType extends KsqlType {
        DateType() {
            super(Date.builder().optional().build());
        }

        @Override
        SqlType sqlType() {
            return SqlTypes.DATE;
        }

        @Override
        Object lower(Object value) {
            return Math.toIntExact(Math.floorDiv(((java.util.Date) value).getTime(), DAY_MILLIS));
        }

        @Override
        Object lift(Object value) {
            return new java.sql.Date((Integer) value * DAY_MILLIS);
        }
    }

    static final class TimeType extends KsqlType {
        TimeType() {
            super(org.apache.kafka.connect.data.Time.builder().optional().build());
        }

        @Override
        SqlType sqlType() {
            return SqlTypes.TIME;
        }

        @Override
        Object lower(Object value) {
            return (int) Math.floorMod(((java.util.Date) value).getTime(), DAY_MILLIS);
        }

        @Override
        Object lift(Object value) {
            return new Time((Integer) value);
        }
    }

    static final class TimestampType extends KsqlType {
        TimestampType() {
            super(org.apache.kafka.connect.data.Timestamp.builder().optional().build());
        }

        @Override
        SqlType sqlType() {
            return SqlTypes.TIMESTAMP;
        }

        @Override
        Object lower(Object value) {
            return ((java.util.Date) value).getTime();
        }

        @Override
        Object lift(Object value) {
            return new Timestamp((Long) value);
        }
    }

    static final class ArrayType extends KsqlType {
        private final KsqlType element;

        KsqlType element() {
            return element;
        }

        ArrayType(KsqlType element) {
            super(SchemaBuilder.array(element.schema()).optional().build());
            this.element = element;
        }

        @Override
        SqlType sqlType() {
            return SqlTypes.array(element.sqlType());
        }

        @Override
        Object lower(Object value) {
            List<Object> elements = new ArrayList<>(((List<?>) value).size());
            ((List<?>) value).forEach(each -> elements.add(element.toBridge(each)));
            return elements;
        }

        @Override
        Object lift(Object value) {
            List<Object> elements = new ArrayList<>(((List<?>) value).size());
            ((List<?>) value).forEach(each -> elements.add(element.toKsql(each)));
            return elements;
        }
    }

    static final class MapType extends KsqlType {
        private final KsqlType key;
        private final KsqlType value;

        KsqlType value() {
            return value;
        }

        MapType(KsqlType key, KsqlType value) {
            super(SchemaBuilder.map(key.schema(), value.schema()).optional().build());
            this.key = key;
            this.value = value;
        }

        @Override
        SqlType sqlType() {
            return SqlTypes.map(key.sqlType(), value.sqlType());
        }

        @Override
        Object lower(Object map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            ((Map<?, ?>) map).forEach((k, v) -> entries.put(key.toBridge(k), value.toBridge(v)));
            return entries;
        }

        @Override
        Object lift(Object map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            ((Map<?, ?>) map).forEach((k, v) -> entries.put(key.toKsql(k), value.toKsql(v)));
            return entries;
        }
    }

    static final class StructType extends KsqlType {
        private final Field[] fields;
        private final KsqlType[] types;

        StructType(Map<String, KsqlType> columns) {
            super(struct(columns));
            this.fields = schema().fields().toArray(Field[]::new);
            this.types = columns.values().toArray(KsqlType[]::new);
        }

        private static Schema struct(Map<String, KsqlType> columns) {
            SchemaBuilder builder = SchemaBuilder.struct().optional();
            columns.forEach((name, type) -> builder.field(name, type.schema()));
            return builder.build();
        }

        int size() {
            return types.length;
        }

        KsqlType type(int field) {
            return types[field];
        }

        @Override
        SqlType sqlType() {
            SqlStruct.Builder builder = SqlTypes.struct();
            for (int at = 0; at < types.length; at++) {
                builder.field(fields[at].name(), types[at].sqlType());
            }
            return builder.build();
        }

        /** By name, because ksqlDB's Struct has a schema of ksqlDB's own. */
        @Override
        Object[] lower(Object value) {
            Struct struct = (Struct) value;
            Object[] record = new Object[types.length];
            for (int at = 0; at < types.length; at++) {
                record[at] = types[at].toBridge(struct.get(fields[at].name()));
            }
            return record;
        }

        @Override
        Struct lift(Object value) {
            Object[] record = (Object[]) value;
            Struct struct = new Struct(schema());
            for (int at = 0; at < types.length; at++) {
                struct.put(fields[at], types[at].toKsql(record[at]));
            }
            return struct;
        }
    }

    /** A parameter: a null for one that is NOT NULL does not reach the function. */
    record Parameter(KsqlType type, boolean nullable) {
        Parameter {
            Objects.requireNonNull(type);
        }
    }
}
