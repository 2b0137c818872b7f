package streamfn.conformance;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.table.api.TableEnvironment;

/**
 * Where the functions under test come from: the one place that knows class names and jars. Every test of functions runs with
 * each of them, under a prefix, so that Flink's own SUM stays what it is.
 */
enum Functions {
    TWIN("TWIN_", List.of(
            new Function("SUM", "streamfn.twin.Sum", null),
            new Function("COUNT", "streamfn.twin.Count", null),
            new Function("MAX", "streamfn.twin.Max", null),
            new Function("BASKET_TOTALS", "streamfn.twin.BasketTotals", null),
            new Function("VAT", "streamfn.twin.Vat", null),
            new Function("WEIGHTED_MEAN", "streamfn.twin.WeightedMean", null),
            new Function("PRICE_RANGE", "streamfn.twin.PriceRange", null),
            new Function("BASKET_LINES", "streamfn.twin.BasketLines", null),
            new Function("COLLECT", "streamfn.twin.Collect", null))),
    COMPONENT("WASM_", List.of(
            new Function("SUM", "streamfn.aggregate.Sum", "target/plugins/aggregate.wasm"),
            new Function("COUNT", "streamfn.aggregate.Count", "target/plugins/aggregate.wasm"),
            new Function("MAX", "streamfn.aggregate.Max", "target/plugins/aggregate.wasm"),
            new Function("BASKET_TOTALS", "streamfn.aggregate.BasketTotals", "target/plugins/aggregate.wasm"),
            new Function("VAT", "acme.pricing.Vat", "harness/tests/elsewhere/target/plugins/acme-pricing.wasm"),
            new Function("WEIGHTED_MEAN", "acme.pricing.WeightedMean", "harness/tests/elsewhere/target/plugins/acme-pricing.wasm"),
            new Function("PRICE_RANGE", "acme.pricing.PriceRange", "harness/tests/elsewhere/target/plugins/acme-pricing.wasm"),
            new Function("BASKET_LINES", "acme.pricing.BasketLines", "harness/tests/elsewhere/target/plugins/acme-pricing.wasm"),
            new Function("COLLECT", "streamfn.collect.Collect", "target/plugins/collect.wasm")));

    /** By component; each is packed once. */
    private static final Map<String, Path> JARS = new HashMap<>();

    private static final Pattern CALL = Pattern.compile(
            "\\b(SUM|COUNT|MAX|BASKET_TOTALS|VAT|WEIGHTED_MEAN|PRICE_RANGE|BASKET_LINES|COLLECT)\\(");

    private final String prefix;
    private final List<Function> functions;

    Functions(String prefix, List<Function> functions) {
        this.prefix = prefix;
        this.functions = functions;
    }

    /** {@code component}: null if the class is on the class path. */
    private record Function(String name, String type, String component) {}

    static Path jar(String component) {
        return JARS.computeIfAbsent(component, Checkout::packed);
    }

    void register(TableEnvironment flink) {
        for (Function function : functions) {
            String jar = function.component == null
                    ? ""
                    : " USING JAR '" + jar(function.component) + "'";
            flink.executeSql("CREATE TEMPORARY FUNCTION " + prefix + function.name + " AS '" + function.type + "'" + jar);
        }
    }

    /** The same SQL with these functions in place of the ones it names; {@code COUNT(*)} has no argument here. */
    String in(String sql) {
        return CALL.matcher(sql.replace("COUNT(*)", "COUNT()")).replaceAll(call -> prefix + Matcher.quoteReplacement(call.group()));
    }

    /** The class that the planner names for a function. */
    String type(String name) {
        return functions.stream().filter(function -> function.name.equals(name)).findFirst().orElseThrow().type;
    }
}
