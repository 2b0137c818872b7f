package streamfn.conformance.ksqldb;

import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.SessionStore;

/** The groups of a stream, before the functions of the SELECT. */
record KsqlGroups(Statements statements, KGroupedStream<String, Struct> groups) {
    private static final Duration DAY = Duration.ofDays(1);

    KsqlTable<String> aggregate(GroupBy.Column... columns) {
        GroupBy groupBy = new GroupBy(columns);
        KTable<String, Struct> states = groups.aggregate(
                groupBy::initialize,
                (group, row, state) -> groupBy.add(row, state),
                Materialized.with(Serdes.String(), groupBy.states().serde()));
        return new KsqlTable<>(
                statements, states.mapValues(groupBy::map), groupBy.results(), group -> group, List.of());
    }

    /** WINDOW TUMBLING without GRACE PERIOD: a day less its size, if that is more than nothing. */
    KsqlTable<Windowed<String>> tumbling(Duration size, GroupBy.Column... columns) {
        Duration rest = DAY.minus(size);
        return tumbling(size, rest.isNegative() ? Duration.ZERO : rest, columns);
    }

    KsqlTable<Windowed<String>> tumbling(Duration size, Duration grace, GroupBy.Column... columns) {
        return windows(TimeWindows.ofSizeAndGrace(size, grace), columns);
    }

    KsqlTable<Windowed<String>> hopping(Duration size, Duration advance, Duration grace, GroupBy.Column... columns) {
        return windows(TimeWindows.ofSizeAndGrace(size, grace).advanceBy(advance), columns);
    }

    private KsqlTable<Windowed<String>> windows(TimeWindows windows, GroupBy.Column... columns) {
        GroupBy groupBy = new GroupBy(columns);
        return windowed(
                groupBy,
                groups.windowedBy(windows)
                        .aggregate(
                                groupBy::initialize,
                                (group, row, state) -> groupBy.add(row, state),
                                Materialized.with(Serdes.String(), groupBy.states().serde())));
    }

    KsqlTable<Windowed<String>> sessions(Duration gap, GroupBy.Column... columns) {
        return sessions(gap, DAY.minus(gap), columns);
    }

    /**
     * A store in memory forgets a session as soon as its retention is over, which may be one that is still open. RocksDB,
     * where ksqlDB has it, forgets whole segments; so here the store keeps it longer.
     */
    KsqlTable<Windowed<String>> sessions(Duration gap, Duration grace, GroupBy.Column... columns) {
        GroupBy groupBy = new GroupBy(columns);
        return windowed(
                groupBy,
                groups.windowedBy(SessionWindows.ofInactivityGapAndGrace(gap, grace))
                        .aggregate(
                                groupBy::initialize,
                                (group, row, state) -> groupBy.add(row, state),
                                (group, older, newer) -> groupBy.merge(older, newer),
                                Materialized.<String, Struct, SessionStore<Bytes, byte[]>>with(
                                                Serdes.String(), groupBy.states().serde())
                                        .withRetention(gap.plus(grace).plus(DAY))));
    }

    /** A window's bounds are two columns of the key. */
    private KsqlTable<Windowed<String>> windowed(GroupBy groupBy, KTable<Windowed<String>, Struct> states) {
        return new KsqlTable<>(
                statements,
                states.mapValues(groupBy::map),
                groupBy.results(),
                group -> group.key().replaceFirst(
                        "]$", "," + group.window().start() + "," + group.window().end() + "]"),
                List.of("WINDOWSTART", "WINDOWEND"));
    }
}
