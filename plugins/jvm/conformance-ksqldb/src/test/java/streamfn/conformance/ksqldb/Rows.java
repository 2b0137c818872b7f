package streamfn.conformance.ksqldb;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;

/**
 * Rows as ksqlDB's JSON format writes and reads them: columns in upper case, found in any case, a TIMESTAMP in
 * milliseconds. States go through it too, so whatever a state is has to survive it, as in a server.
 */
final class Rows {
    static final ObjectMapper JSON = new ObjectMapper();

    private final Schema schema;

    private Rows(Schema schema) {
        this.schema = schema;
    }

    static Rows of(SqlType struct) {
        return new Rows(struct.schema());
    }

    /** {@code NAME TYPE, …}: a name may be a word that ksqlDB reserves. */
    static Rows of(String columns) {
        return of(SqlType.of("STRUCT<" + columns.replaceAll("(\\w+) (?=\\w)", "`$1` ") + ">"));
    }

    Struct row(Object... values) {
        Struct row = new Struct(schema);
        for (int at = 0; at < values.length; at++) {
            row.put(schema.fields().get(at), values[at]);
        }
        return row;
    }

    /** A row that lacks its first columns, those of the key. */
    Struct withKey(String key, Struct row) {
        JsonNode values = key == null ? JSON.createArrayNode() : parse(key);
        for (int at = 0; at < values.size(); at++) {
            Field column = schema.fields().get(at);
            row.put(column, value(column.schema(), values.get(at)));
        }
        return row;
    }

    /** With one column more. */
    Rows and(String column, Schema type) {
        SchemaBuilder more = SchemaBuilder.struct().optional();
        schema.fields().forEach(field -> more.field(field.name(), field.schema()));
        return new Rows(more.field(column, type).build());
    }

    /** A row of all but the last column, and that one. */
    Struct with(Struct row, Object last) {
        List<Object> values = new ArrayList<>();
        row.schema().fields().forEach(field -> values.add(row.get(field)));
        values.add(last);
        return row(values.toArray());
    }

    /** The key that ksqlDB makes of these columns, as a JSON array. */
    static String key(Object... columns) {
        return json(Arrays.asList(columns)).toString();
    }

    List<String> columns() {
        return schema.fields().stream().map(Field::name).toList();
    }

    Serde<Struct> serde() {
        return Serdes.serdeFrom((topic, row) -> row == null ? null : bytes(row), (topic, bytes) -> read(bytes));
    }

    private static byte[] bytes(Struct row) {
        return json(row).toString().getBytes(StandardCharsets.UTF_8);
    }

    private Struct read(byte[] bytes) {
        return bytes == null ? null : (Struct) value(schema, parse(new String(bytes, StandardCharsets.UTF_8)));
    }

    static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException bad) {
            throw new IllegalArgumentException(bad);
        }
    }

    private static JsonNode json(Object value) {
        if (value instanceof Struct struct) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            for (Field field : struct.schema().fields()) {
                object.set(field.name(), json(struct.get(field)));
            }
            return object;
        }
        if (value instanceof Map<?, ?> map) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            // A map has no order of its own.
            new TreeMap<>(map).forEach((key, entry) -> object.set((String) key, json(entry)));
            return object;
        }
        if (value instanceof List<?> list) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            list.forEach(element -> array.add(json(element)));
            return array;
        }
        return JSON.valueToTree(value instanceof Timestamp timestamp ? (Object) timestamp.getTime() : value);
    }

    private static Object value(Schema schema, JsonNode json) {
        if (json.isNull()) {
            return null;
        }
        if ("org.apache.kafka.connect.data.Timestamp".equals(schema.name())) {
            return new Timestamp(json.longValue());
        }
        if (Decimal.LOGICAL_NAME.equals(schema.name())) {
            int scale = Integer.parseInt(schema.parameters().get(Decimal.SCALE_FIELD));
            return new BigDecimal(json.asText()).setScale(scale, RoundingMode.UNNECESSARY);
        }
        return switch (schema.type()) {
            case INT32 -> json.intValue();
            case INT64 -> json.longValue();
            case FLOAT64 -> json.doubleValue();
            case STRING -> json.textValue();
            case STRUCT -> struct(schema, json);
            case BYTES -> ByteBuffer.wrap(Base64.getDecoder().decode(json.textValue()));
            case ARRAY -> {
                List<Object> list = new ArrayList<>();
                json.forEach(element -> list.add(value(schema.valueSchema(), element)));
                yield list;
            }
            case MAP -> {
                Map<String, Object> map = new LinkedHashMap<>();
                json.properties().forEach(entry -> map.put(entry.getKey(), value(schema.valueSchema(), entry.getValue())));
                yield map;
            }
            default -> throw new IllegalArgumentException("no topic here has a " + schema.type());
        };
    }

    private static Struct struct(Schema schema, JsonNode json) {
        Struct struct = new Struct(schema);
        for (Map.Entry<String, JsonNode> field : json.properties()) {
            Field column = schema.field(field.getKey().toUpperCase(Locale.ROOT));
            if (column != null) {
                struct.put(column, value(column.schema(), field.getValue()));
            }
        }
        return struct;
    }
}
