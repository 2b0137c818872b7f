package streamfn.conformance;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.types.Row;

/**
 * Rows that arrive in order, if wanted with a failure in the middle: once a checkpoint is complete that has some of them.
 * The source waits for a checkpoint after every fifth row. What the job went through stays here for the test to ask.
 */
final class Rows extends RichMapFunction<Row, Row> implements CheckpointedFunction, CheckpointListener {
    private static final long serialVersionUID = 1L;
    private static final int ROWS_PER_CHECKPOINT = 5;

    /** Of the last job that was interrupted: there is one at a time. */
    private static final AtomicReference<Course> COURSE = new AtomicReference<>();

    static final class Course {
        volatile int failures;
        /** The checkpoint that the job came back to; 0 before. */
        volatile long restored;
        /** The first row after that. */
        volatile Row resumed;
    }

    private transient boolean begun;
    /** The first checkpoint with a row in it; 0 before. */
    private transient long checkpoint;
    private transient boolean complete;

    private Rows() {}

    static DataStream<Row> arriving(StreamExecutionEnvironment jobs, List<Row> rows, TypeInformation<Row> type) {
        Row[] all = rows.toArray(Row[]::new);
        return jobs.fromSource(
                new DataGeneratorSource<>(index -> all[index.intValue()], all.length, type),
                WatermarkStrategy.noWatermarks(), "rows");
    }

    static DataStream<Row> interrupted(StreamExecutionEnvironment jobs, List<Row> rows, TypeInformation<Row> type) {
        COURSE.set(new Course());
        Row[] all = rows.toArray(Row[]::new);
        @SuppressWarnings("unchecked") // Flink's method has lost its type argument
        RateLimiterStrategy<NumberSequenceSource.NumberSequenceSplit> rate = RateLimiterStrategy.perCheckpoint(ROWS_PER_CHECKPOINT);
        return jobs.fromSource(
                        new DataGeneratorSource<>(index -> all[index.intValue()], all.length, rate, type),
                        WatermarkStrategy.noWatermarks(), "rows")
                .map(new Rows())
                .returns(type);
    }

    static Course course() {
        return COURSE.get();
    }

    @Override
    public Row map(Row row) {
        Course course = COURSE.get();
        if (complete && course.failures == 0) {
            course.failures = 1;
            throw new IllegalStateException("the failure that the test wants");
        }
        if (course.restored > 0 && course.resumed == null) {
            course.resumed = row;
        }
        begun = true;
        return row;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) {
        context.getRestoredCheckpointId().ifPresent(checkpoint -> COURSE.get().restored = checkpoint);
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {
        if (begun && checkpoint == 0) {
            checkpoint = context.getCheckpointId();
        }
    }

    @Override
    public void notifyCheckpointComplete(long id) {
        complete = checkpoint > 0 && id >= checkpoint;
    }
}
