package streamfn.flink;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import streamfn.bridge.Composite;
import streamfn.bridge.Data;
import streamfn.bridge.Type;

/** Values as Flink has them inside: a component's results go there without a class in between. */
public final class FlinkData extends Data {
    /** A state of Flink's as one whose fields can be asked for; a batch's second phase gets a view of a page. */
    public static GenericRowData generic(RowData row, Composite.Record type) {
        if (row instanceof GenericRowData generic) {
            return generic;
        }
        GenericRowData generic = new GenericRowData(type.types().length);
        for (int index = 0; index < type.types().length; index++) {
            generic.setField(index, field(row, index, type.types()[index]));
        }
        return generic;
    }

    /** An argument that goes in more than once: its bytes, which {@link #utf8} then takes as they are. */
    public static Object prepared(Object text) {
        return text == null ? null : bytes((StringData) text);
    }

    /** A key that came back: where it is the argument's bytes, the argument itself. */
    public static Object key(Object key, Object prepared, Object argument) {
        return key == prepared ? argument : key;
    }

    @Override
    public byte[] utf8(Object text) {
        return text instanceof byte[] prepared ? prepared : bytes((StringData) text);
    }

    private static byte[] bytes(StringData text) {
        byte[] bytes = checked(text.toBytes());
        for (byte unit : bytes) {
            // Perhaps what Flink has made of half of a surrogate pair.
            if (unit == '?') {
                return encode(text.toString());
            }
        }
        return bytes;
    }

    @Override
    public Object text(byte[] utf8) {
        // Read only to be checked: Flink keeps the bytes.
        if (!isAscii(utf8)) {
            decode(utf8);
        }
        return StringData.fromBytes(utf8);
    }

    @Override
    public BigDecimal decimal(Object decimal) {
        return ((DecimalData) decimal).toBigDecimal();
    }

    @Override
    public long timestamp(Object timestamp) {
        return ((TimestampData) timestamp).getMillisecond();
    }

    @Override
    public Object timestamp(long millis) {
        return TimestampData.fromEpochMillis(millis);
    }

    @Override
    public long timestampLtz(Object timestamp) {
        return ((TimestampData) timestamp).getMillisecond();
    }

    @Override
    public Object timestampLtz(long millis) {
        return TimestampData.fromEpochMillis(millis);
    }

    @Override
    public Object field(Object record, Composite.Record type, int index) {
        return record instanceof GenericRowData generic
                ? generic.getField(index)
                : field((RowData) record, index, type.types()[index]);
    }

    private static Object field(RowData row, int index, Type type) {
        if (row.isNullAt(index)) {
            return null;
        }
        return switch (type.outside()) {
            case BOOLEAN -> row.getBoolean(index);
            case BYTE -> row.getByte(index);
            case SHORT -> row.getShort(index);
            case INT, DATE, TIME -> row.getInt(index);
            case LONG -> row.getLong(index);
            case FLOAT -> row.getFloat(index);
            case DOUBLE -> row.getDouble(index);
            case TEXT -> row.getString(index);
            case BYTES -> row.getBinary(index);
            // Only a generic row has any here, which asks for no precision.
            case DECIMAL -> row.getDecimal(index, 38, 0);
            case TIMESTAMP, TIMESTAMP_LTZ -> row.getTimestamp(index, 3);
            case LIST -> row.getArray(index);
            case MAP -> row.getMap(index);
            case RECORD -> row.getRow(index, size(type));
            default -> throw new IllegalArgumentException("no column: " + type);
        };
    }

    /** How many fields a record, or what may be none, has. */
    private static int size(Type type) {
        return ((Composite.Record) (type instanceof Composite.Record ? type : Composite.inside(type))).types().length;
    }

    @Override
    public Object record(Composite.Record type, Object[] fields) {
        return GenericRowData.of(fields);
    }

    @Override
    public int size(Object list) {
        return ((ArrayData) list).size();
    }

    @Override
    public Object element(Object list, Type element, int index) {
        return element((ArrayData) list, index, element);
    }

    private static Object element(ArrayData array, int index, Type type) {
        if (array.isNullAt(index)) {
            return null;
        }
        return switch (type.outside()) {
            case BOOLEAN -> array.getBoolean(index);
            case BYTE -> array.getByte(index);
            case SHORT -> array.getShort(index);
            case INT, DATE, TIME -> array.getInt(index);
            case LONG -> array.getLong(index);
            case FLOAT -> array.getFloat(index);
            case DOUBLE -> array.getDouble(index);
            case TEXT -> array.getString(index);
            case BYTES -> array.getBinary(index);
            case DECIMAL -> array.getDecimal(index, 38, 0);
            case TIMESTAMP, TIMESTAMP_LTZ -> array.getTimestamp(index, 3);
            case LIST -> array.getArray(index);
            case MAP -> array.getMap(index);
            case RECORD -> array.getRow(index, size(type));
            default -> throw new IllegalArgumentException("no column: " + type);
        };
    }

    @Override
    public Object list(Type element, Object[] elements) {
        return new GenericArrayData(elements);
    }

    @Override
    public Object[] entries(Object map, Type key, Type value) {
        if (map instanceof Object[] entries) {
            return entries;
        }
        MapData data = (MapData) map;
        ArrayData keys = data.keyArray();
        ArrayData values = data.valueArray();
        Object[] entries = new Object[2 * data.size()];
        for (int index = 0; index < data.size(); index++) {
            entries[2 * index] = element(keys, index, key);
            entries[2 * index + 1] = element(values, index, value);
        }
        return entries;
    }

    @Override
    public Object map(Type key, Type value, Object[] entries) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int at = 0; at < entries.length; at += 2) {
            map.put(entries[at], entries[at + 1]);
        }
        return new GenericMapData(map);
    }
}
