package streamfn.conformance.cases;

import java.util.Optional;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.serialization.RuntimeContextInitializationContextAdapters;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.source.legacy.RichSourceFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** A topic's records into a job; how many it has given is in every checkpoint. */
@SuppressWarnings("deprecation") // its successor needs five classes for one split
final class TopicReader extends RichSourceFunction<RowData> implements CheckpointedFunction {
    private static final long serialVersionUID = 1L;

    private final int broker;
    private final int reader;
    private final String topic;
    private final KafkaRecordDeserializationSchema<RowData> format;
    private volatile boolean running = true;
    private transient int position;
    private transient ListState<Integer> positions;

    TopicReader(Broker broker, String topic, KafkaRecordDeserializationSchema<RowData> format) {
        this.broker = broker.number;
        this.reader = broker.addReader(topic);
        this.topic = topic;
        this.format = format;
    }

    @Override
    public void open(OpenContext context) throws Exception {
        format.open(RuntimeContextInitializationContextAdapters.deserializationAdapter(getRuntimeContext()));
    }

    @Override
    public void run(SourceContext<RowData> out) throws Exception {
        Broker records = Broker.of(broker);
        Collector<RowData> rows = new Collector<>() {
            @Override
            public void collect(RowData row) {
                out.collect(row);
            }

            @Override
            public void close() {}
        };
        records.isAt(reader, position);
        while (running) {
            Broker.TopicRecord record = records.read(reader, position);
            if (record == null) {
                continue;
            }
            if (records.fails(reader)) {
                throw new IllegalStateException("the failure that the run wants");
            }
            synchronized (out.getCheckpointLock()) {
                format.deserialize(consumed(record), rows);
                position++;
            }
            records.isAt(reader, position);
        }
    }

    private ConsumerRecord<byte[], byte[]> consumed(Broker.TopicRecord record) {
        return new ConsumerRecord<>(
                topic, record.partition(), position, record.timestamp(), TimestampType.CREATE_TIME, -1, -1,
                record.key(), record.value(), new RecordHeaders(), Optional.empty());
    }

    @Override
    public void cancel() {
        running = false;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        positions = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("position", Types.INT));
        for (int restored : positions.get()) {
            position = restored;
        }
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        positions.clear();
        positions.add(position);
        Broker.of(broker).checkpoint(reader, position);
    }
}
