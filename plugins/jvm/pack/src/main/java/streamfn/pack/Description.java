package streamfn.pack;

import java.util.ArrayList;
import java.util.List;
import streamfn.bridge.Limits;
import streamfn.bridge.Tree;

/**
 * What {@code streamfn} says is to be in the jar.
 *
 * @param root the package of all that is no function, as {@code streamfn/packed/p1/}
 * @param file the component's file name
 */
record Description(
        String engine,
        String root,
        String file,
        String digest,
        Limits limits,
        List<SqlFunction> functions) {

    /** A SQL name, and the class that is registered under it. */
    record SqlFunction(String name, String className, List<Overload> overloads) {}

    /** @param type in the engine's words */
    record Column(String name, String type, boolean notNull) {
        boolean hasDecimal() {
            return type.contains("DECIMAL(");
        }

        /** Whether it is text, which is costly to read and often a key. */
        boolean isText() {
            return type.equals("STRING");
        }
    }

    /**
     * One signature.
     *
     * @param interfaceName its WIT interface, whose functions the plan has
     * @param className empty where it is the only one of its SQL name
     * @param state the columns of an aggregate's state
     * @param key the type of a keyed aggregate's K, and {@code entry} of its V; empty for others
     * @param value whether a keyed aggregate has {@code value}; without, its entries are the result
     * @param multiset whether the result is one
     * @param most how many entries a group may have
     */
    record Overload(
            String shape,
            String interfaceName,
            String className,
            String docs,
            List<Column> params,
            Column result,
            List<Column> state,
            String key,
            String entry,
            boolean value,
            boolean multiset,
            int most,
            boolean retract,
            boolean merge) {
        boolean isAggregate() {
            return shape.equals("aggregate");
        }

        boolean isKeyed() {
            return shape.equals("keyed");
        }

        boolean isTable() {
            return shape.equals("table");
        }
    }

    static Description read(Tree tree) {
        Tree limits = tree.find("limits");
        Tree entries = tree.find("entries");
        int most = entries == null ? Integer.MAX_VALUE : entries.part(1).number();
        List<SqlFunction> functions = new ArrayList<>();
        for (Tree part : tree.from(1)) {
            if (part.head().equals("function")) {
                List<Overload> overloads = part.from(3).stream().map(overload -> overload(overload, most)).toList();
                functions.add(new SqlFunction(part.part(1).text(), part.part(2).text(), overloads));
            }
        }
        return new Description(
                tree.find("engine").part(1).text(),
                tree.find("root").part(1).text(),
                tree.find("file").part(1).text(),
                tree.find("file").part(2).text(),
                new Limits(limits.part(1).number(), limits.part(2).number(), limits.part(3).number()),
                functions);
    }

    private static Overload overload(Tree tree, int most) {
        List<Column> params = new ArrayList<>();
        List<Column> state = new ArrayList<>();
        Column result = null;
        for (Tree part : tree.from(5)) {
            switch (part.head()) {
                case "param" -> params.add(column(part));
                case "state" -> state.add(new Column(part.part(1).text(), part.part(2).text(), false));
                case "result" ->
                    result = new Column("", part.part(1).text(), part.part(2).text().equals("not-null"));
                default -> {}
            }
        }
        Tree entries = tree.find("entries");
        return new Overload(
                tree.part(1).text(),
                tree.part(2).text(),
                tree.part(3).text(),
                tree.part(4).text(),
                params,
                result,
                state,
                entries == null ? "" : entries.part(1).text(),
                entries == null ? "" : entries.part(2).text(),
                tree.find("value") != null,
                tree.find("multiset") != null,
                most,
                tree.find("retract") != null,
                tree.find("merge") != null);
    }

    private static Column column(Tree tree) {
        return new Column(tree.part(1).text(), tree.part(2).text(), tree.part(3).text().equals("not-null"));
    }
}
