package streamfn.conformance.cases;

import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;

/** Rows as the harness writes them in JSON: instants in milliseconds, decimals and what is no number as text. */
final class Values {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Values() {}

    /** A sink's name and columns. */
    static ObjectNode described(String sink, RowType type) {
        ObjectNode described = JSON.objectNode().put("sink", sink);
        ArrayNode columns = described.putArray("columns");
        for (RowType.RowField field : type.getFields()) {
            columns.addObject().put("name", field.getName()).put("type", field.getType().asSummaryString());
        }
        return described;
    }

    static ObjectNode row(RowType type, RowData row) {
        ObjectNode object = JSON.objectNode();
        for (int index = 0; index < type.getFieldCount(); index++) {
            LogicalType of = type.getTypeAt(index);
            object.set(type.getFieldNames().get(index), value(of, RowData.createFieldGetter(of, index).getFieldOrNull(row)));
        }
        return object;
    }

    private static JsonNode value(LogicalType type, Object value) {
        if (value == null) {
            return JSON.nullNode();
        }
        switch (type.getTypeRoot()) {
            case BOOLEAN:
                return JSON.booleanNode((Boolean) value);
            case TINYINT:
            case SMALLINT:
            case INTEGER:
            case BIGINT:
            case DATE:
            case TIME_WITHOUT_TIME_ZONE:
                return JSON.numberNode(((Number) value).longValue());
            case FLOAT:
            case DOUBLE:
                return number(((Number) value).doubleValue());
            case DECIMAL:
                return JSON.textNode(((DecimalData) value).toBigDecimal().toPlainString());
            case BINARY:
            case VARBINARY:
                return JSON.textNode(HexFormat.of().formatHex((byte[]) value));
            case TIMESTAMP_WITHOUT_TIME_ZONE:
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                return JSON.numberNode(((TimestampData) value).getMillisecond());
            case ARRAY:
                return array(type.getChildren().get(0), (ArrayData) value);
            case MAP:
                return map(((MapType) type).getKeyType(), ((MapType) type).getValueType(), (MapData) value);
            case MULTISET:
                return map(((MultisetType) type).getElementType(), new IntType(false), (MapData) value);
            case ROW:
                return row((RowType) type, (RowData) value);
            default:
                return JSON.textNode(value.toString());
        }
    }

    private static JsonNode number(double value) {
        if (Double.isInfinite(value)) {
            return JSON.textNode(value > 0 ? "inf" : "-inf");
        }
        return Double.isNaN(value) ? JSON.textNode("NaN") : JSON.numberNode(value);
    }

    private static JsonNode array(LogicalType of, ArrayData values) {
        ArrayNode array = JSON.arrayNode();
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(of);
        for (int index = 0; index < values.size(); index++) {
            array.add(value(of, getter.getElementOrNull(values, index)));
        }
        return array;
    }

    /** By key: Flink's maps have no order. */
    private static JsonNode map(LogicalType keyType, LogicalType valueType, MapData entries) {
        ArrayNode keys = (ArrayNode) array(keyType, entries.keyArray());
        ArrayNode values = (ArrayNode) array(valueType, entries.valueArray());
        Map<String, JsonNode> sorted = new TreeMap<>();
        for (int index = 0; index < keys.size(); index++) {
            sorted.put(keys.get(index).asText(), values.get(index));
        }
        ObjectNode object = JSON.objectNode();
        sorted.forEach(object::set);
        return object;
    }
}
