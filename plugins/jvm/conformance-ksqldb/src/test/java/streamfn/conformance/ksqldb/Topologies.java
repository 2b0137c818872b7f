package streamfn.conformance.ksqldb;

import static streamfn.conformance.ksqldb.Calls.avg;
import static streamfn.conformance.ksqldb.Calls.call;
import static streamfn.conformance.ksqldb.Calls.column;
import static streamfn.conformance.ksqldb.Calls.count;
import static streamfn.conformance.ksqldb.Calls.sum;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.connect.data.Struct;

/** The statements of the cases, one method a SQL file; what is not here is in {@link #NOT_BUILT}, with the reason. */
final class Topologies {
    private Topologies() {}

    static final Map<String, Consumer<Statements>> OF_CASES = new TreeMap<>(Map.ofEntries(
            Map.entry("ecommerce-enrichment", Demos::enrichment),
            Map.entry("ecommerce-ksqldb", s -> Demos.ecommerce(s, false)),
            Map.entry("ecommerce-ksqldb-components", s -> Demos.ecommerce(s, true)),
            Map.entry("ksqldb-insert-partition", Topologies::insertPartition),
            Map.entry("ksqldb-joins", Topologies::joins),
            Map.entry("ksqldb-late-record", Topologies::lateRecord),
            Map.entry("ksqldb-stream-table-join", Topologies::streamTableJoin),
            Map.entry("ksqldb-system-columns", Topologies::systemColumns),
            Map.entry("ksqldb-table-aggregate", Topologies::tableAggregate),
            Map.entry("ksqldb-table-join", Topologies::tableJoin),
            Map.entry("ksqldb-window-hopping", Topologies::hopping),
            Map.entry("ksqldb-window-session", Topologies::sessions),
            Map.entry("ksqldb-window-tumbling", Topologies::tumbling),
            Map.entry("ksqldb-windows", Topologies::windows),
            Map.entry("smartshop", Demos::smartshop),
            Map.entry("smartshop-basket-totals", Demos::basketTotals),
            Map.entry("smartshop-corrections", Demos::smartshop)));

    /** A whole case, or a table of one behind a slash. */
    static final Map<String, String> NOT_BUILT = Map.of(
            "ksqldb-expressions", "E calls no packed function, and for TOPK and COUNT_DISTINCT of G there is none",
            "ksqldb-formats", "no function in it, and no operator: formats are ksqlDB's own",
            "ksqldb-nested-errors", "no packed function in it: what is caught is ksqlDB's generated Java",
            "ksqldb-null-logic", "no packed function in it: what a null means is ksqlDB's generated Java",
            "ksqldb-system-columns/PLACED", "the test driver has no partitions, and offsets of its own");

    /** Tables of topics with more than one partition that nothing repartitions: a task each. */
    static final Set<String> BY_PARTITION =
            Set.of("ksqldb-windows/BY_DEVICE", "ksqldb-windows/BUSY", "ksqldb-windows/JOINED_SESSIONS");

    static Statements of(String harnessCase) {
        Statements statements = new Statements();
        OF_CASES.get(harnessCase).accept(statements);
        return statements;
    }

    private static void tableAggregate(Statements s) {
        KsqlTable<String> entries = s.table("acc", "ID STRING", "GRP STRING, V INT, S STRING");
        entries.aggregate(
                        "GRP",
                        count("N"),
                        sum("INT", "SV", column("V")),
                        avg("INT", "AV", column("V")),
                        call("WASM_COLLECT_LIST", "STRING", "L", column("S")))
                .into("G", "GRP");
        entries.aggregate("GRP", count("STRING", "N", column("ID")))
                .where(row -> row.getInt64("N") > 1)
                .into("H", "GRP");
    }

    private static void lateRecord(Statements s) {
        s.stream("s", "ID STRING", "N STRING")
                .groupByKey()
                .aggregate(count("STRING", "NAMED", column("N")), count("ALL_ROWS"))
                .into("COUNTED", "ID");
    }

    private static void tumbling(Statements s) {
        readings(s)
                .tumbling(millis(10), millis(5), sum("INT", "SQ", column("Q")), count("N"))
                .select("WS BIGINT, WE BIGINT, SQ INT, N BIGINT", (id, row) -> new Object[] {
                    id.window().start(), id.window().end(), row.get("SQ"), row.get("N")
                })
                .into("TUMBLING", "ID");
    }

    private static void hopping(Statements s) {
        readings(s)
                .hopping(millis(10), millis(5), millis(5), sum("INT", "SQ", column("Q")))
                .into("HOPPING", "ID");
    }

    private static void sessions(Statements s) {
        readings(s)
                .sessions(millis(10), millis(20), sum("INT", "SQ", column("Q")), count("N"))
                .into("SESSIONS", "ID");
    }

    private static KsqlGroups readings(Statements s) {
        return s.stream("s", "DEVICE STRING", "X DOUBLE, Q INT").groupByKey();
    }

    private static void windows(Statements s) {
        KsqlStream readings = s.stream("readings", "DEVICE STRING", "ROOM STRING, X DOUBLE, LABEL STRING");
        KsqlStream low = readings.where(row -> row.get("X") != null && row.getFloat64("X") < 10);
        low.groupByKey().tumbling(millis(10_000), Duration.ZERO, count("N")).into("BY_DEVICE", "DEVICE");
        low.groupBy("ROOM", "DEVICE")
                .tumbling(millis(10_000), Duration.ZERO, count("N"))
                .into("BY_ROOM", "ROOM", "DEVICE");
        readings.groupByKey()
                .sessions(
                        millis(5_000),
                        sum("DOUBLE", "SX", column("X")),
                        avg("DOUBLE", "AX", column("X")),
                        call("WASM_MIN", "DOUBLE", "LEAST", column("X")),
                        call("WASM_COLLECT_LIST", "STRING", "LABELS", column("LABEL")),
                        call("WASM_HISTOGRAM", "STRING", "ROOMS", column("ROOM")))
                .select(
                        "LASTED BIGINT, SX DOUBLE, AX DOUBLE, LEAST DOUBLE, LABELS ARRAY<STRING>,"
                                + " ROOMS MAP<STRING, BIGINT>",
                        (id, row) -> Stream.concat(
                                        Stream.of(id.window().end() - id.window().start()),
                                        Stream.of("SX", "AX", "LEAST", "LABELS", "ROOMS").map(row::get))
                                .toArray())
                .into("JOINED_SESSIONS", "DEVICE");
        readings.groupByKey()
                .tumbling(Duration.ofDays(1), count("N"))
                .where(row -> row.getInt64("N") > 1)
                .into("BUSY", "DEVICE");
    }

    private static void streamTableJoin(Statements s) {
        KsqlTable<String> shoppers = s.table("users", "ID STRING", "NAME STRING, ADDRESS STRING");
        KsqlStream purchases = s.stream("ev", "SESSION STRING", "USERID STRING, PRICE DOUBLE")
                .partitionBy(row -> new Object[] {row.get("USERID")});
        purchases.join(shoppers, "SESS STRING, PRICE DOUBLE, NAME STRING, ADDRESS STRING", (p, of) -> new Object[] {
                    p.get("SESSION"), p.get("PRICE"), of.get("NAME"), of.get("ADDRESS")
                })
                .into("MATCHED", "UID");
        purchases.leftJoin(shoppers, "SESS STRING, NAME STRING", (p, of) -> new Object[] {
                    p.get("SESSION"), get(of, "NAME")
                })
                .into("KEPT", "UID");
    }

    private static void tableJoin(Statements s) {
        KsqlTable<String> checkouts = s.table("co", "ID STRING", "SHOP STRING, TS BIGINT");
        KsqlTable<String> baskets = s.table("ag", "ID STRING", "Q INT");
        checkouts.leftJoin(baskets, "SHOP STRING, TS BIGINT, Q INT", (c, b) -> new Object[] {
                    c.get("SHOP"), c.get("TS"), get(b, "Q")
                })
                .where(row -> row.get("Q") != null)
                .intoWithTime("R", "TS", "ID");
        Statements.Joined both = (c, b) -> new Object[] {get(c, "SHOP"), get(b, "Q")};
        checkouts.join(baskets, "SHOP STRING, Q INT", both).into("I", "ID");
        checkouts.outerJoin(baskets, "SHOP STRING, Q INT", both).into("F", "ID");
    }

    private static void joins(Statements s) {
        KsqlStream sales = s.stream("sales", "SHOP STRING", "PRODUCT INT, PRICE DOUBLE");
        KsqlTable<String> shops = s.table("shops", "SHOP STRING", "TOWN STRING");
        KsqlTable<String> products = s.table("products", "ID INT", "NAME STRING");
        KsqlTable<String> owners = s.table("owners", "SHOP STRING", "OWNER STRING");
        sales.leftJoin(shops, "PRODUCT INT, SHOP STRING, TOWN STRING, PRICE DOUBLE", (sale, shop) -> new Object[] {
                    sale.get("PRODUCT"), sale.get("SHOP"), get(shop, "TOWN"), sale.get("PRICE")
                })
                .partitionBy(row -> new Object[] {row.get("PRODUCT")})
                .join(products, "SHOP STRING, TOWN STRING, NAME STRING, PRICE DOUBLE", (sale, of) -> new Object[] {
                    sale.get("SHOP"), sale.get("TOWN"), of.get("NAME"), sale.get("PRICE")
                })
                .into("TOLD", "PRODUCT");
        sales.partitionBy(row -> new Object[] {row.get("PRODUCT") == null ? null : row.getInt32("PRODUCT") + 1})
                .leftJoin(products, "BEFORE INT, NAME STRING", (sale, product) -> new Object[] {
                    sale.get("PRODUCT"), get(product, "NAME")
                })
                .into("NEXT_PRODUCT", "ID");
        String both = "S_PRODUCT INT, S_PRICE DOUBLE, SHOPS_SHOP STRING, SHOPS_TOWN STRING";
        sales.join(shops, both, (sale, shop) -> new Object[] {
                    sale.get("PRODUCT"), sale.get("PRICE"), shop.get("SHOP"), shop.get("TOWN")
                })
                .into("EVERYTHING", "S_SHOP");
        sales.join(shops, "T_SHOP STRING, T_TOWN STRING", (sale, shop) -> new Object[] {
                    shop.get("SHOP"), shop.get("TOWN")
                })
                .into("OF_SHOPS", "SHOP");
        shops.join(owners, "TOWN STRING, OWNER STRING", (shop, owner) -> new Object[] {
                    shop.get("TOWN"), owner.get("OWNER")
                })
                .into("OWNED", "SHOP");
        String all = "T_SHOP STRING, T_TOWN STRING, O_SHOP STRING, O_OWNER STRING";
        shops.outerJoin(owners, all, (shop, owner) -> new Object[] {
                    get(shop, "SHOP"), get(shop, "TOWN"), get(owner, "SHOP"), get(owner, "OWNER")
                })
                .into("ALL_OF_BOTH", "ROWKEY");
        KsqlTable<String> owned = s.table("OWNED", "SHOP STRING", "TOWN STRING, OWNER STRING");
        sales.join(owned, "OWNER STRING, PRICE DOUBLE", (sale, shop) -> new Object[] {
                    shop.get("OWNER"), sale.get("PRICE")
                })
                .into("BY_OWNER", "SHOP");
    }

    private static void insertPartition(Statements s) {
        KsqlStream orders = s.stream("orders", "ID INT", "CUSTOMER STRING, AMOUNT INT");
        orders.partitionBy(row -> new Object[] {row.get("CUSTOMER")})
                .select("WHAT STRING, AMOUNT BIGINT", row -> new Object[] {
                    "order", row.get("AMOUNT") == null ? null : row.getInt32("AMOUNT").longValue()
                })
                .into("moves", "CUSTOMER");
        s.stream("refunds", "ID INT", "CUSTOMER STRING, AMOUNT BIGINT")
                .where(row -> row.get("AMOUNT") != null)
                .partitionBy(row -> new Object[] {row.get("CUSTOMER")})
                .select("WHAT STRING, AMOUNT BIGINT", row -> new Object[] {"refund", -row.getInt64("AMOUNT")})
                .into("moves", "CUSTOMER");
        s.stream("moves", "CUSTOMER STRING", "WHAT STRING, AMOUNT BIGINT")
                .groupByKey()
                .aggregate(sum("BIGINT", "BALANCE", column("AMOUNT")), count("N"))
                .into("BALANCES", "CUSTOMER");
        orders.partitionBy(row -> new Object[] {ofAmount(row, amount -> amount / 10)})
                .select("ID INT, CUSTOMER STRING", row -> new Object[] {row.get("ID"), row.get("CUSTOMER")})
                .into("BY_TENS", "TENS");
        orders.partitionBy(row -> new Object[] {row.get("CUSTOMER"), row.get("ID")})
                .into("BY_CUSTOMER", "CUSTOMER", "ID");
        orders.partitionBy(row -> new Object[] {ofAmount(row, amount -> amount + amount)})
                .into("DOUBLED", "KSQL_COL_0");
    }

    private static Integer ofAmount(Struct order, java.util.function.UnaryOperator<Integer> expression) {
        return order.get("AMOUNT") == null ? null : expression.apply(order.getInt32("AMOUNT"));
    }

    private static void systemColumns(Statements s) {
        KsqlStream readings = s.stream("readings", "DEVICE STRING", "Q INT").withRowtime();
        KsqlTable<String> owners = s.table("owners", "DEVICE STRING", "OWNER STRING").withRowtime();
        readings.where(row -> row.getInt64("ROWTIME") > 10)
                .select("AT BIGINT", row -> new Object[] {row.get("ROWTIME")})
                .into("placed", "DEVICE");
        s.stream("placed", "DEVICE STRING", "AT BIGINT")
                .withRowtime()
                .select("LATER BIGINT", row -> new Object[] {row.getInt64("ROWTIME") - row.getInt64("AT")})
                .into("AGAIN", "DEVICE");
        owners.select("OWNER STRING, SINCE BIGINT", row -> new Object[] {row.get("OWNER"), row.get("ROWTIME")})
                .into("OWNED", "DEVICE");
        readings.join(owners, "READ_AT BIGINT, OWNED_AT BIGINT", (reading, owner) -> new Object[] {
                    reading.get("ROWTIME"), owner.get("ROWTIME")
                })
                .into("MET", "DEVICE");
    }

    /** Of the side of an outer join that is not there, null. */
    static Object get(Struct row, String column) {
        return row == null ? null : row.get(column);
    }

    private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }
}
