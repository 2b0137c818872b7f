package streamfn.conformance.cases;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.transformations.SourceTransformation;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.module.Module;
import org.apache.flink.table.types.logical.RowType;

/** Makes every table with its own connector, then exchanges the broker: sources read this run's, and so do sinks write. */
final class Connectors implements Module, DynamicTableSourceFactory, DynamicTableSinkFactory {
    private static final Set<String> KAFKA = Set.of("kafka", "upsert-kafka");

    private final Broker broker;

    Connectors(Broker broker) {
        this.broker = broker;
    }

    @Override
    public Optional<DynamicTableSourceFactory> getTableSourceFactory() {
        return Optional.of(this);
    }

    @Override
    public Optional<DynamicTableSinkFactory> getTableSinkFactory() {
        return Optional.of(this);
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        ResolvedCatalogTable table = table(context);
        DynamicTableSource source = FactoryUtil.createDynamicTableSource(
                null, context.getObjectIdentifier(), table, context.getEnrichmentOptions(), context.getConfiguration(),
                context.getClassLoader(), context.isTemporary());
        if (!KAFKA.contains(table.getOptions().get("connector"))) {
            return source;
        }
        String topic = table.getOptions().get("topic");
        return Rerouted.of(source, DynamicTableSource.class, provider -> reading((DataStreamScanProvider) provider, topic));
    }

    private DataStreamScanProvider reading(DataStreamScanProvider kafka, String topic) {
        return new DataStreamScanProvider() {
            @Override
            @SuppressWarnings({"deprecation", "unchecked"}) // a legacy source; a private field's type
            public DataStream<RowData> produceDataStream(ProviderContext context, StreamExecutionEnvironment jobs) {
                DataStream<RowData> real = kafka.produceDataStream(context, jobs);
                var transformation = (SourceTransformation<RowData, ?, ?>) real.getTransformation();
                var format = (KafkaRecordDeserializationSchema<RowData>)
                        Rerouted.field(transformation.getSource(), "deserializationSchema");
                WatermarkStrategy<RowData> watermarks = transformation.getWatermarkStrategy();
                return jobs.addSource(new TopicReader(broker, topic, format), topic, real.getType())
                        .assignTimestampsAndWatermarks(watermarks);
            }

            @Override
            public boolean isBounded() {
                return kafka.isBounded();
            }
        };
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        ResolvedCatalogTable table = table(context);
        DynamicTableSink sink = FactoryUtil.createDynamicTableSink(
                null, context.getObjectIdentifier(), table, context.getEnrichmentOptions(), context.getConfiguration(),
                context.getClassLoader(), context.isTemporary());
        String name = context.getObjectIdentifier().getObjectName();
        RowType type = (RowType) context.getPhysicalRowDataType().getLogicalType();
        return Rerouted.of(sink, DynamicTableSink.class, provider -> writing(provider, name, type));
    }

    private DataStreamSinkProvider writing(Object real, String name, RowType type) {
        return new DataStreamSinkProvider() {
            @Override
            public DataStreamSink<?> consumeDataStream(ProviderContext context, DataStream<RowData> changes) {
                return changes.map(new TopicWriter(broker, name, type, format(real))).sinkTo(new DiscardingSink<>());
            }
        };
    }

    @SuppressWarnings("unchecked") // a private field's type
    private static KafkaRecordSerializationSchema<RowData> format(Object provider) {
        return provider instanceof SinkV2Provider sink && sink.createSink() instanceof KafkaSink<?> kafka
                ? (KafkaRecordSerializationSchema<RowData>) Rerouted.field(kafka, "recordSerializer")
                : null;
    }

    /** The table with what a connector to a real broker would have to be told. */
    private static ResolvedCatalogTable table(DynamicTableFactory.Context context) {
        ResolvedCatalogTable table = context.getCatalogTable();
        Map<String, String> options = new HashMap<>(table.getOptions());
        if (KAFKA.contains(options.get("connector"))) {
            options.putIfAbsent("properties.bootstrap.servers", "in this JVM");
        }
        if ("kafka".equals(options.get("connector")) && !options.containsKey("properties.group.id")) {
            options.putIfAbsent("scan.startup.mode", "earliest-offset");
        }
        return table.copy(options);
    }

    @Override
    public String factoryIdentifier() {
        return "in-this-jvm";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }
}
