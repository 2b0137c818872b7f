package streamfn.conformance.ksqldb;

import java.sql.Timestamp;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.Stores;

/** The queries of {@code sql/ksqldb/smartshop*.sql} as ksqlDB builds them, with functions loaded from a jar. */
final class Smartshop {
    static final String BASKET = "smartshop-basket";
    static final String CHECKOUT = "smartshop-checkout";
    static final String AGGREGATED = "smartshop-basket-aggregated";
    static final String RESULT = "smartshop-checkout-qty-4";

    private static final Rows BASKETS = Rows.of("STRUCT<TS BIGINT, SKU STRING, QTY INT, UNIT_PRICE DOUBLE>");
    private static final Rows CHECKOUTS = Rows.of("STRUCT<TS BIGINT, CLIENT_ID STRING, STATUS INT, SHOP_ID STRING>");
    private static final Rows RESULTS = Rows.of(
            "STRUCT<SHOP_ID STRING, CLIENT_ID STRING, TS TIMESTAMP, SUM_QTY INT, TOTAL_PRICE DOUBLE>");

    private Smartshop() {}

    /** smartshop-basket-totals.sql: {@code BASKET_TOTALS(ts, qty, unit_price) AS totals} */
    static Topology inOneFunction(Catalog catalog) {
        GroupBy totals = new GroupBy(GroupBy.column(
                "TOTALS",
                catalog.aggregate("WASM_BASKET_TOTALS", "BIGINT", "INT", "DOUBLE"),
                row -> new Object[] {row.get("TS"), row.get("QTY"), row.get("UNIT_PRICE")}));
        return topology(totals, aggregated -> aggregated.getStruct("TOTALS"));
    }

    /** smartshop.sql: {@code MAX(FROM_UNIXTIME(ts)) AS ts, SUM(qty) AS sum_qty, SUM(qty * unit_price) AS …} */
    static Topology inThreeFunctions(Catalog catalog) {
        GroupBy sums = new GroupBy(
                GroupBy.column("TS", catalog.aggregate("WASM_MAX", "TIMESTAMP"), row -> new Object[] {
                    fromUnixtime(row.getInt64("TS"))
                }),
                GroupBy.column("SUM_QTY", catalog.aggregate("WASM_SUM", "INT"), row -> new Object[] {row.get("QTY")}),
                GroupBy.column("TOTAL_PRICE", catalog.aggregate("WASM_SUM", "DOUBLE"), row -> new Object[] {
                    row.getInt32("QTY") * row.getFloat64("UNIT_PRICE")
                }));
        return topology(sums, aggregated -> aggregated);
    }

    private static Topology topology(GroupBy groupBy, java.util.function.Function<Struct, Struct> totals) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(BASKET, Consumed.with(Serdes.String(), BASKETS.serde()))
                .groupByKey(Grouped.with(Serdes.String(), BASKETS.serde()))
                .aggregate(
                        groupBy::initialize,
                        (session, row, state) -> groupBy.add(row, state),
                        Materialized.<String, Struct>as(Stores.inMemoryKeyValueStore("Aggregate-Materialize"))
                                .withKeySerde(Serdes.String())
                                .withValueSerde(groupBy.states().serde())
                                .withCachingDisabled())
                .mapValues(groupBy::map)
                .toStream()
                .to(AGGREGATED, Produced.with(Serdes.String(), groupBy.results().serde()));

        KTable<String, Struct> checkouts = builder.table(CHECKOUT, Consumed.with(Serdes.String(), CHECKOUTS.serde()));
        KTable<String, Struct> baskets =
                builder.table(AGGREGATED, Consumed.with(Serdes.String(), groupBy.results().serde()));
        checkouts
                .leftJoin(baskets, (checkout, basket) -> result(checkout, basket == null ? null : totals.apply(basket)))
                // WHERE: Kafka Streams makes a tombstone of a row that was there and is not any more.
                .filter((session, row) -> row.get("SUM_QTY") != null)
                .toStream()
                .processValues(TimestampOfTs::new)
                .to(RESULT, Produced.with(Serdes.String(), RESULTS.serde()));
        return builder.build();
    }

    private static Struct result(Struct checkout, Struct totals) {
        return RESULTS.row(
                checkout.get("SHOP_ID"),
                checkout.get("CLIENT_ID"),
                fromUnixtime(checkout.getInt64("TS")),
                totals == null ? null : totals.get("SUM_QTY"),
                totals == null ? null : totals.get("TOTAL_PRICE"));
    }

    private static Timestamp fromUnixtime(Long millis) {
        return millis == null ? null : new Timestamp(millis);
    }

    /** {@code WITH (TIMESTAMP = 'ts')}; a tombstone has none, and keeps its record's. */
    private static final class TimestampOfTs extends ContextualFixedKeyProcessor<String, Struct, Struct> {
        @Override
        public void process(FixedKeyRecord<String, Struct> record) {
            Struct row = record.value();
            long time = row == null ? record.timestamp() : ((Timestamp) row.get("TS")).getTime();
            context().forward(record.withTimestamp(time));
        }
    }
}
