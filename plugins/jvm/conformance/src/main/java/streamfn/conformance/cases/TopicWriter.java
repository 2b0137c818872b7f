package streamfn.conformance.cases;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.serialization.RuntimeContextInitializationContextAdapters;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.kafka.clients.producer.ProducerRecord;

/** A sink: every change that it gets, in order, and the record that its connector makes of it. */
final class TopicWriter extends RichMapFunction<RowData, Boolean> implements CheckpointedFunction {
    private static final long serialVersionUID = 1L;

    private final int broker;
    private final int writer;
    private final RowType type;
    /** Null: the connector writes no records. */
    private final KafkaRecordSerializationSchema<RowData> format;
    private transient int length;
    private transient ListState<Integer> lengths;

    TopicWriter(Broker broker, String sink, RowType type, KafkaRecordSerializationSchema<RowData> format) {
        this.broker = broker.number;
        this.writer = broker.addWriter(Values.described(sink, type));
        this.type = type;
        this.format = format;
    }

    @Override
    public void open(OpenContext context) throws Exception {
        if (format != null) {
            format.open(RuntimeContextInitializationContextAdapters.serializationAdapter(getRuntimeContext()), ONE_PARTITION);
        }
    }

    @Override
    public Boolean map(RowData row) {
        String kind = row.getRowKind().shortString();
        // The format may change the row's kind.
        var values = Values.row(type, row);
        ProducerRecord<byte[], byte[]> record = format == null ? null : format.serialize(row, ONE_PARTITION, null);
        long timestamp = record == null || record.timestamp() == null ? 0 : record.timestamp();
        length = Broker.of(broker).written(
                writer, kind, values, record == null ? null : record.topic(),
                record == null ? null : new Broker.TopicRecord(0, timestamp, record.key(), record.value()));
        return true;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        lengths = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("length", Types.INT));
        for (int restored : lengths.get()) {
            length = restored;
        }
        Broker.of(broker).truncate(writer, length);
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        lengths.clear();
        lengths.add(length);
    }

    private static final KafkaRecordSerializationSchema.KafkaSinkContext ONE_PARTITION =
            new KafkaRecordSerializationSchema.KafkaSinkContext() {
                @Override
                public int getParallelInstanceId() {
                    return 0;
                }

                @Override
                public int getNumberOfParallelInstances() {
                    return 1;
                }

                @Override
                public int[] getPartitionsForTopic(String topic) {
                    return new int[] {0};
                }
            };
}
