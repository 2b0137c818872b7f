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
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import streamfn.bridge.Refused;

/** Decimals of Flink's, whose bytes say a number only with the precision and scale of their column. */
final class Decimals {
    /** The precision of every DECIMAL that a function gives. */
    private static final int PRECISION = 38;

    private Decimals() {}

    /** A result whose decimals, wherever they are in it, are given the scale that the call was planned with. */
    static Object fit(Object result, int scale) {
        if (result instanceof BigDecimal decimal) {
            return fit(decimal, scale);
        }
        if (result instanceof GenericRowData row) {
            for (int at = 0; at < row.getArity(); at++) {
                row.setField(at, fit(row.getField(at), scale));
            }
        }
        if (result instanceof GenericArrayData array) {
            return new GenericArrayData(fit(array.toObjectArray(), scale));
        }
        if (result instanceof GenericMapData map) {
            Object[] keys = fit(((GenericArrayData) map.keyArray()).toObjectArray(), scale);
            Object[] values = fit(((GenericArrayData) map.valueArray()).toObjectArray(), scale);
            return map(keys, values);
        }
        return result;
    }

    private static Object[] fit(Object[] values, int scale) {
        Object[] fitting = new Object[values.length];
        for (int at = 0; at < values.length; at++) {
            fitting[at] = fit(values[at], scale);
        }
        return fitting;
    }

    private static DecimalData fit(BigDecimal exact, int scale) {
        if (exact.stripTrailingZeros().scale() > scale) {
            throw new Refused("wanted a result of " + scale + " digits after the point, found " + exact.toPlainString());
        }
        DecimalData fitting = DecimalData.fromBigDecimal(exact, PRECISION, scale);
        if (fitting == null) {
            throw new Refused("wanted a result of " + PRECISION + " digits, found " + exact.precision());
        }
        return fitting;
    }

    private static GenericMapData map(Object[] keys, Object[] values) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int at = 0; at < keys.length; at++) {
            map.put(keys[at], values[at]);
        }
        return new GenericMapData(map);
    }

    /** The wanted type with the decimals of the given one: an argument keeps its own precision and scale. */
    static LogicalType own(LogicalType given, LogicalType wanted) {
        if (!given.is(wanted.getTypeRoot()) || given.getChildren().size() != wanted.getChildren().size()) {
            return wanted;
        }
        if (wanted.is(LogicalTypeRoot.DECIMAL)) {
            return given.copy(wanted.isNullable());
        }
        LogicalType[] own = new LogicalType[wanted.getChildren().size()];
        for (int at = 0; at < own.length; at++) {
            own[at] = own(given.getChildren().get(at), wanted.getChildren().get(at));
        }
        if (wanted instanceof ArrayType) {
            return new ArrayType(wanted.isNullable(), own[0]);
        }
        if (wanted instanceof MultisetType) {
            return new MultisetType(wanted.isNullable(), own[0]);
        }
        if (wanted instanceof MapType) {
            return new MapType(wanted.isNullable(), own[0], own[1]);
        }
        if (wanted instanceof RowType row) {
            return RowType.of(row.isNullable(), own, row.getFieldNames().toArray(String[]::new));
        }
        return wanted;
    }

    static boolean areIn(LogicalType type) {
        return type.is(LogicalTypeRoot.DECIMAL) || type.getChildren().stream().anyMatch(Decimals::areIn);
    }

    /** A value of this type as one that can be read without knowing the precision and scale of the decimals in it. */
    static Object open(Object value, LogicalType type) {
        if (value == null || !areIn(type)) {
            return value;
        }
        return switch (type.getTypeRoot()) {
            case ROW, STRUCTURED_TYPE -> {
                RowData row = (RowData) value;
                Object[] fields = new Object[type.getChildren().size()];
                for (int at = 0; at < fields.length; at++) {
                    LogicalType field = type.getChildren().get(at);
                    fields[at] = open(RowData.createFieldGetter(field, at).getFieldOrNull(row), field);
                }
                yield GenericRowData.of(fields);
            }
            case ARRAY -> new GenericArrayData(elements((ArrayData) value, ((ArrayType) type).getElementType()));
            case MAP -> {
                MapData map = (MapData) value;
                MapType of = (MapType) type;
                yield map(elements(map.keyArray(), of.getKeyType()), elements(map.valueArray(), of.getValueType()));
            }
            case MULTISET -> {
                MapData map = (MapData) value;
                Object[] counts = new Object[map.size()];
                for (int at = 0; at < counts.length; at++) {
                    counts[at] = map.valueArray().getInt(at);
                }
                yield map(elements(map.keyArray(), ((MultisetType) type).getElementType()), counts);
            }
            default -> value;
        };
    }

    private static Object[] elements(ArrayData array, LogicalType type) {
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(type);
        Object[] elements = new Object[array.size()];
        for (int at = 0; at < elements.length; at++) {
            elements[at] = open(getter.getElementOrNull(array, at), type);
        }
        return elements;
    }
}
