package streamfn.conformance.cases;

import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.formats.json.JsonFormatFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.Collector;

/**
 * Avro's records as a case has them: in JSON, where an instant is a number as in Avro. There is no registry and no schema. As
 * with Avro, rows come as inserts alone.
 */
abstract class AvroAsJson extends JsonFormatFactory {
    private static final List<String> OPTIONS = List.of("url", "schema-registry.url", "subject", "schema-registry.subject", "schema",
            "codec", "encoding", "timestamp_mapping.legacy", "basic-auth.credentials-source", "basic-auth.user-info", "bearer-auth.credentials-source", "bearer-auth.token");

    /** {@code 'format' = 'avro-confluent'} */
    public static final class Confluent extends AvroAsJson {
        @Override
        public String factoryIdentifier() {
            return "avro-confluent";
        }
    }

    /** {@code 'format' = 'avro'} */
    public static final class Plain extends AvroAsJson {
        @Override
        public String factoryIdentifier() {
            return "avro";
        }
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        Set<ConfigOption<?>> options = new HashSet<>(super.optionalOptions());
        OPTIONS.forEach(name -> options.add(ConfigOptions.key(name).stringType().noDefaultValue()));
        return options;
    }

    @Override
    public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        var json = (ProjectableDecodingFormat<DeserializationSchema<RowData>>) super.createDecodingFormat(context, options);
        return new ProjectableDecodingFormat<>() {
            @Override
            public DeserializationSchema<RowData> createRuntimeDecoder(
                    DynamicTableSource.Context source, DataType type, int[][] projections) {
                return new Decoder(json.createRuntimeDecoder(source, type, projections), (RowType) type.getLogicalType());
            }

            @Override
            public ChangelogMode getChangelogMode() {
                return json.getChangelogMode();
            }
        };
    }

    private static final class Decoder implements DeserializationSchema<RowData> {
        private static final long serialVersionUID = 1L;
        private static final ObjectMapper JSON = new ObjectMapper();

        private final DeserializationSchema<RowData> json;
        private final RowType type;

        Decoder(DeserializationSchema<RowData> json, RowType type) {
            this.json = json;
            this.type = type;
        }

        @Override
        public void open(InitializationContext context) throws Exception {
            json.open(context);
        }

        @Override
        public RowData deserialize(byte[] record) {
            throw new UnsupportedOperationException("rows go to a collector");
        }

        @Override
        public void deserialize(byte[] record, Collector<RowData> rows) throws IOException {
            json.deserialize(record == null ? null : JSON.writeValueAsBytes(asText(type, JSON.readTree(record))), rows);
        }

        @Override
        public boolean isEndOfStream(RowData row) {
            return false;
        }

        @Override
        public TypeInformation<RowData> getProducedType() {
            return json.getProducedType();
        }

        /** Numbers that are instants as JSON's format writes these. */
        private static JsonNode asText(LogicalType type, JsonNode value) {
            if (type instanceof RowType row && value instanceof ObjectNode object) {
                for (RowType.RowField field : row.getFields()) {
                    if (object.has(field.getName())) {
                        object.set(field.getName(), asText(field.getType(), object.get(field.getName())));
                    }
                }
            }
            String text = value.isIntegralNumber() ? text(type, value.asLong()) : null;
            return text == null ? value : JSON.getNodeFactory().textNode(text);
        }

        private static String text(LogicalType type, long value) {
            switch (type.getTypeRoot()) {
                case DATE:
                    return LocalDate.ofEpochDay(value).toString();
                case TIME_WITHOUT_TIME_ZONE:
                    return LocalTime.ofNanoOfDay(value * 1_000_000).format(DateTimeFormatter.ISO_LOCAL_TIME);
                case TIMESTAMP_WITHOUT_TIME_ZONE:
                    return instant(value);
                case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                    return instant(value) + "Z";
                default:
                    return null;
            }
        }

        private static String instant(long milliseconds) {
            return DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS").format(
                    Instant.ofEpochMilli(milliseconds).atOffset(ZoneOffset.UTC));
        }
    }
}
