package streamfn.conformance.ksqldb;

import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.ValueTransformerWithKey;
import org.apache.kafka.streams.processor.ProcessorContext;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;

/**
 * A table between two clauses of a statement.
 *
 * @param key the key as a topic has it
 * @param bounds the columns of the key that are a window's
 */
record KsqlTable<K>(
        Statements statements,
        KTable<K, Struct> rows,
        Rows columns,
        java.util.function.Function<K, String> key,
        List<String> bounds) {
    /** WHERE and HAVING: Kafka Streams makes a tombstone of a row that was there and is not any more. */
    KsqlTable<K> where(Predicate<Struct> condition) {
        return with(rows.filter((id, row) -> condition.test(row)), columns);
    }

    KsqlTable<K> select(String columns, Statements.Values values) {
        return select(columns, (id, row) -> values.of(row));
    }

    /** The same with columns of the key, as {@code WINDOWSTART}. */
    KsqlTable<K> select(String columns, java.util.function.BiFunction<K, Struct, Object[]> values) {
        Rows selected = Rows.of(columns);
        return with(rows.mapValues((id, row) -> row == null ? null : selected.row(values.apply(id, row))), selected);
    }

    KsqlTable<K> join(KsqlTable<K> other, String columns, Statements.Joined values) {
        Rows joined = Rows.of(columns);
        return with(rows.join(other.rows, (left, right) -> joined.row(values.of(left, right))), joined);
    }

    KsqlTable<K> leftJoin(KsqlTable<K> other, String columns, Statements.Joined values) {
        Rows joined = Rows.of(columns);
        return with(rows.leftJoin(other.rows, (left, right) -> joined.row(values.of(left, right))), joined);
    }

    KsqlTable<K> outerJoin(KsqlTable<K> other, String columns, Statements.Joined values) {
        Rows joined = Rows.of(columns);
        return with(rows.outerJoin(other.rows, (left, right) -> joined.row(values.of(left, right))), joined);
    }

    private KsqlTable<K> with(KTable<K, Struct> rows, Rows columns) {
        return new KsqlTable<>(statements, rows, columns, key, bounds);
    }

    /** ROWTIME as a column. Not kept with the row, as in ksqlDB: what is undone has the time of the record that undoes it. */
    KsqlTable<K> withRowtime() {
        Rows timed = columns.and("ROWTIME", Schema.OPTIONAL_INT64_SCHEMA);
        return with(rows.transformValues(() -> new Rowtime<>(timed)), timed);
    }

    /** GROUP BY over rows that change: the old row is undone in its group, then the new one is added in its own. */
    KsqlTable<String> aggregate(String group, GroupBy.Column... functions) {
        GroupBy groupBy = new GroupBy(functions);
        KTable<String, Struct> states = rows.groupBy(
                        (id, row) -> KeyValue.pair(row.get(group) == null ? null : Rows.key(row.get(group)), row),
                        Grouped.with(Serdes.String(), columns.serde()))
                .aggregate(
                        groupBy::initialize,
                        (id, row, state) -> groupBy.add(row, state),
                        (id, row, state) -> groupBy.undo(row, state),
                        Materialized.with(Serdes.String(), groupBy.states().serde()));
        return new KsqlTable<>(statements, states.mapValues(groupBy::map), groupBy.results(), id -> id, List.of());
    }

    /** The statement's name and the columns of its key. */
    void into(String topic, String... names) {
        into(topic, changes(), names);
    }

    /** {@code WITH (TIMESTAMP = 'column')}; a tombstone has none, and keeps its record's. */
    void intoWithTime(String topic, String column, String... names) {
        into(topic, changes().processValues(() -> new TimeOf(column)), names);
    }

    private KStream<String, Struct> changes() {
        return rows.toStream().map((id, row) -> KeyValue.pair(key.apply(id), row));
    }

    private void into(String topic, KStream<String, Struct> changes, String... names) {
        List<String> all = new ArrayList<>(List.of(names));
        all.addAll(bounds);
        statements.writes(topic, "upsert", all, columns);
        changes.to(topic, Produced.with(Serdes.String(), columns.serde()));
    }

    private static final class TimeOf extends ContextualFixedKeyProcessor<String, Struct, Struct> {
        private final String column;

        private TimeOf(String column) {
            this.column = column;
        }

        @Override
        public void process(FixedKeyRecord<String, Struct> record) {
            Object time = record.value() == null ? record.timestamp() : record.value().get(column);
            context().forward(record.withTimestamp(time instanceof Timestamp at ? at.getTime() : (Long) time));
        }
    }

    private static final class Rowtime<K> implements ValueTransformerWithKey<K, Struct, Struct> {
        private final Rows timed;
        private ProcessorContext context;

        private Rowtime(Rows timed) {
            this.timed = timed;
        }

        @Override
        public void init(ProcessorContext context) {
            this.context = context;
        }

        @Override
        public Struct transform(K id, Struct row) {
            return row == null ? null : timed.with(row, context.timestamp());
        }

        @Override
        public void close() {}
    }
}
