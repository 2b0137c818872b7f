package streamfn.conformance.ksqldb;

import static streamfn.conformance.ksqldb.Calls.call;
import static streamfn.conformance.ksqldb.Calls.callOfSeveral;
import static streamfn.conformance.ksqldb.Calls.column;
import static streamfn.conformance.ksqldb.Calls.latest;
import static streamfn.conformance.ksqldb.Calls.sum;

import java.sql.Timestamp;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.connect.data.Struct;

/** The statements of the two demos, Smartshop and e-commerce. */
final class Demos {
    private Demos() {}

    /** smartshop.sql */
    static void smartshop(Statements s) {
        smartshop(
                s,
                "TS TIMESTAMP, SUM_QTY INT, TOTAL_PRICE DOUBLE",
                basket -> basket,
                call("WASM_MAX", "TIMESTAMP", "TS", row -> time(row.get("TS"))),
                sum("INT", "SUM_QTY", column("QTY")),
                sum("DOUBLE", "TOTAL_PRICE", row -> row.get("QTY") == null || row.get("UNIT_PRICE") == null
                        ? null
                        : row.getInt32("QTY") * row.getFloat64("UNIT_PRICE")));
    }

    /** smartshop-basket-totals.sql: one function for all columns. */
    static void basketTotals(Statements s) {
        smartshop(
                s,
                "TOTALS STRUCT<TS TIMESTAMP, SUM_QTY INT, TOTAL_PRICE DOUBLE>",
                basket -> basket.getStruct("TOTALS"),
                callOfSeveral("WASM_BASKET_TOTALS", "BIGINT, INT, DOUBLE", "TOTALS", row -> new Object[] {
                    row.get("TS"), row.get("QTY"), row.get("UNIT_PRICE")
                }));
    }

    private static void smartshop(
            Statements s,
            String columns,
            java.util.function.UnaryOperator<Struct> totals,
            GroupBy.Column... functions) {
        s.stream("smartshop-basket", "SESSION_ID STRING", "TS BIGINT, SKU STRING, QTY INT, UNIT_PRICE DOUBLE")
                .groupByKey()
                .aggregate(functions)
                .into("smartshop-basket-aggregated", "SESSION_ID");
        KsqlTable<String> baskets = s.table("smartshop-basket-aggregated", "SESSION_ID STRING", columns);
        s.table("smartshop-checkout", "SESSION_ID STRING", "TS BIGINT, CLIENT_ID STRING, STATUS INT, SHOP_ID STRING")
                .leftJoin(
                        baskets,
                        "SHOP_ID STRING, CLIENT_ID STRING, TS TIMESTAMP, SUM_QTY INT, TOTAL_PRICE DOUBLE",
                        (checkout, basket) -> new Object[] {
                            checkout.get("SHOP_ID"),
                            checkout.get("CLIENT_ID"),
                            time(checkout.get("TS")),
                            basket == null ? null : totals.apply(basket).get("SUM_QTY"),
                            basket == null ? null : totals.apply(basket).get("TOTAL_PRICE")
                        })
                .where(row -> row.get("SUM_QTY") != null)
                .intoWithTime("smartshop-checkout-qty-4", "TS", "SESSION_ID");
    }

    private static Timestamp time(Object millis) {
        return millis == null ? null : new Timestamp((Long) millis);
    }

    /** ecommerce.sql, or ecommerce-components.sql with the functions as they are. */
    static void ecommerce(Statements s, boolean components) {
        s.timestamp("ecommerce.events", "event_time");
        KsqlTable<String> users = s.table(
                "ecommerce.users",
                "USER_ID STRING",
                "FIRSTNAME STRING, LASTNAME STRING, USERNAME STRING, EMAIL STRING, TITLE STRING, ADDRESS STRING");
        KsqlTable<String> products = s.table(
                "ecommerce.products",
                "PRODUCT_CODE STRING",
                "PRODUCT_COLOR STRING, PROMO_CODE STRING, PRODUCT_NAME STRING");
        String user = "FIRSTNAME STRING, LASTNAME STRING, EMAIL STRING, ADDRESS STRING";
        String shopper = "EVENT_TIME BIGINT, PRODUCT_ID STRING, PRICE DOUBLE, USER_SESSION STRING, " + user;
        // The events have no key.
        s.stream(
                        "ecommerce.events",
                        "NONE STRING",
                        "EVENT_TYPE STRING, USER_ID STRING, EVENT_TIME BIGINT, PRODUCT_ID STRING, PRICE DOUBLE,"
                                + " USER_SESSION STRING")
                .where(row -> "purchase".equals(row.get("EVENT_TYPE")))
                .partitionBy(row -> new Object[] {row.get("USER_ID")})
                .join(users, shopper, (purchase, of) -> new Object[] {
                    purchase.get("EVENT_TIME"),
                    purchase.get("PRODUCT_ID"),
                    purchase.get("PRICE"),
                    purchase.get("USER_SESSION"),
                    of.get("FIRSTNAME"),
                    of.get("LASTNAME"),
                    of.get("EMAIL"),
                    of.get("ADDRESS")
                })
                .into("ecommerce_shoppers", "USER_ID");
        s.stream("ecommerce_shoppers", "USER_ID STRING", shopper)
                .partitionBy(row -> new Object[] {row.get("PRODUCT_ID")})
                .join(
                        products,
                        "PRODUCT_NAME STRING, PRICE DOUBLE, USER_SESSION STRING, USER_ID STRING, " + user,
                        (purchase, of) -> new Object[] {
                            of.get("PRODUCT_NAME"),
                            purchase.get("PRICE"),
                            purchase.get("USER_SESSION"),
                            purchase.get("USER_ID"),
                            purchase.get("FIRSTNAME"),
                            purchase.get("LASTNAME"),
                            purchase.get("EMAIL"),
                            purchase.get("ADDRESS")
                        })
                .groupBy("USER_SESSION", "USER_ID")
                .aggregate(
                        latest("STRING", "FIRSTNAME", column("FIRSTNAME")),
                        latest("STRING", "LASTNAME", column("LASTNAME")),
                        latest("STRING", "EMAIL", column("EMAIL")),
                        latest("STRING", "ADDRESS", column("ADDRESS")),
                        components
                                ? call("WASM_SUM", "DOUBLE", "PRICE", column("PRICE"))
                                : sum("DOUBLE", "PRICE", column("PRICE")),
                        call(
                                components ? "WASM_COLLECT" : "WASM_COLLECT_LIST",
                                "STRING",
                                "PRODUCT_NAMES",
                                column("PRODUCT_NAME")))
                .into("ECOMMERCE_BASKETS", "USER_SESSION", "USER_ID");
    }

    /** The e-commerce columns by scalar functions, and a table function. */
    static void enrichment(Statements s) {
        String event = "EVENT_TIME BIGINT, PRODUCT_ID STRING, PRICE DOUBLE, USER_SESSION STRING";
        String user = "FIRSTNAME STRING, LASTNAME STRING, EMAIL STRING, ADDRESS STRING";
        String product = "STRUCT<PRODUCT_NAME STRING>";
        String bought = "STRUCT<USER_SESSION STRING, " + user + ", PRICE DOUBLE, PRODUCT_NAME STRING>";
        Function.Row.Callsite withUser = Calls.scalar("WASM_WITH_USER");
        Function.Row.Callsite withProduct = Calls.scalar("WASM_WITH_PRODUCT");
        KsqlStream enriched = s.stream(
                        "matched",
                        "ID STRING",
                        "EVENT STRUCT<" + event + ">, SHOPPER STRUCT<" + user + ">, PRODUCT " + product)
                .select("EVENTUSER STRUCT<" + event + ", " + user + ">, PRODUCT " + product, row -> new Object[] {
                    withUser.eval(row.get("EVENT"), row.get("SHOPPER")), row.get("PRODUCT")
                })
                .select("BOUGHT " + bought, row -> new Object[] {
                    withProduct.eval(row.get("EVENTUSER"), row.get("PRODUCT"))
                });
        enriched.into("ENRICHED", "ID");
        enriched.select("USER_SESSION STRING, PRODUCT_NAME STRING, PRICE DOUBLE", row -> Stream.of(
                                "USER_SESSION", "PRODUCT_NAME", "PRICE")
                        .map(field -> Topologies.get(row.getStruct("BOUGHT"), field))
                        .toArray())
                .groupBy("USER_SESSION")
                .aggregate(
                        call("WASM_COLLECT", "STRING", "PRODUCT_NAMES", column("PRODUCT_NAME")),
                        sum("DOUBLE", "PRICE", column("PRICE")))
                .into("BASKETS", "USER_SESSION");
        Function.Row.Callsite entries = Calls.scalar("WASM_UNNEST_ENTRIES", "MAP<STRING, INT>");
        s.stream("stocks", "ID STRING", "PIECES MAP<STRING, INT>")
                .explode("PIECE STRUCT<ELEMENT STRING, MULTIPLICITY INT>", row -> {
                    List<?> pieces = (List<?>) entries.eval(row.get("PIECES"));
                    return pieces.stream().map(piece -> new Object[] {piece}).toList();
                })
                .into("PIECES", "ID");
    }
}
