package streamfn.conformance.ksqldb;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;

/** A stream between two clauses of a statement. */
record KsqlStream(Statements statements, KStream<String, Struct> records, Rows rows) {
    KsqlStream where(Predicate<Struct> condition) {
        return new KsqlStream(statements, records.filter((key, row) -> row != null && condition.test(row)), rows);
    }

    KsqlStream select(String columns, Statements.Values values) {
        Rows selected = Rows.of(columns);
        return new KsqlStream(statements, records.mapValues(row -> selected.row(values.of(row))), selected);
    }

    /** A table function among the columns: a row for each of its rows. */
    KsqlStream explode(String columns, java.util.function.Function<Struct, List<Object[]>> lines) {
        Rows selected = Rows.of(columns);
        return new KsqlStream(
                statements,
                records.flatMapValues(
                        row -> lines.apply(row).stream().map(selected::row).toList()),
                selected);
    }

    /** ROWTIME as a column. */
    KsqlStream withRowtime() {
        Rows timed = rows.and("ROWTIME", Schema.OPTIONAL_INT64_SCHEMA);
        return new KsqlStream(statements, records.processValues(() -> new Rowtime(timed)), timed);
    }

    /** PARTITION BY. A single column that is null is no key. */
    KsqlStream partitionBy(Statements.Values key) {
        return new KsqlStream(statements, records.selectKey((old, row) -> key(row, key)), rows);
    }

    private static String key(Struct row, Statements.Values key) {
        Object[] columns = row == null ? new Object[1] : key.of(row);
        return columns.length == 1 && columns[0] == null ? null : Rows.key(columns);
    }

    /** INNER JOIN, by the key: the table's row as it is now. */
    KsqlStream join(KsqlTable<String> table, String columns, Statements.Joined values) {
        Rows joined = Rows.of(columns);
        return new KsqlStream(
                statements,
                records.join(table.rows(), (left, right) -> joined.row(values.of(left, right)), serdes(table)),
                joined);
    }

    KsqlStream leftJoin(KsqlTable<String> table, String columns, Statements.Joined values) {
        Rows joined = Rows.of(columns);
        return new KsqlStream(
                statements,
                records.leftJoin(table.rows(), (left, right) -> joined.row(values.of(left, right)), serdes(table)),
                joined);
    }

    private Joined<String, Struct, Struct> serdes(KsqlTable<String> table) {
        return Joined.with(Serdes.String(), rows.serde(), table.columns().serde());
    }

    /** GROUP BY the key. */
    KsqlGroups groupByKey() {
        return new KsqlGroups(statements, records.groupByKey(Grouped.with(Serdes.String(), rows.serde())));
    }

    /** GROUP BY other columns: what has a null among them is in no group. */
    KsqlGroups groupBy(String... columns) {
        return new KsqlGroups(
                statements,
                records.groupBy(
                        (key, row) -> Stream.of(columns).anyMatch(column -> row.get(column) == null)
                                ? null
                                : Rows.key(Stream.of(columns).map(row::get).toArray()),
                        Grouped.with(Serdes.String(), rows.serde())));
    }

    /** The statement's name and the columns of its key. */
    void into(String topic, String... key) {
        statements.writes(topic, "insert", List.of(key), rows);
        records.to(topic, Produced.with(Serdes.String(), rows.serde()));
    }

    private static final class Rowtime extends ContextualFixedKeyProcessor<String, Struct, Struct> {
        private final Rows timed;

        private Rowtime(Rows timed) {
            this.timed = timed;
        }

        @Override
        public void process(FixedKeyRecord<String, Struct> record) {
            context().forward(record.withValue(timed.with(record.value(), record.timestamp())));
        }
    }
}
