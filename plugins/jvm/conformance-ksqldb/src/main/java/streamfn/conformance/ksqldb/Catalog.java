package streamfn.conformance.ksqldb;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The functions that were loaded, by name and argument types. A name belongs to one class of one jar. */
public final class Catalog {
    private record Entry(String where, List<Function> overloads) {}

    private final Map<String, Entry> functions = new TreeMap<>();

    Catalog() {}

    /** What ksqlDB takes as two of the same: equal parameters, whatever the results. */
    void add(String name, List<Function> overloads, String where) {
        List<Function> added = new ArrayList<>();
        for (Function overload : overloads) {
            for (Function other : added) {
                if (other.parameters().toString().equals(overload.parameters().toString())) {
                    throw new Refusal(where, "each overload once", other + " and " + overload);
                }
            }
            added.add(overload);
        }
        Entry taken = functions.putIfAbsent(name, new Entry(where, added));
        if (taken != null) {
            throw new Refusal(where, "a name that is free", "\"" + name + "\", which " + taken.where + " has");
        }
    }

    public Collection<String> names() {
        return functions.keySet();
    }

    public List<Function> overloads(String name) {
        Entry entry = functions.get(name.toUpperCase(Locale.ROOT));
        if (entry == null) {
            throw new IllegalArgumentException("no function " + name + ": there are " + functions.keySet());
        }
        return entry.overloads;
    }

    /** The overload for arguments of these SQL types. Nothing is coerced: a BIGINT is no INT. */
    public Function find(String name, String... arguments) {
        List<SqlType> types = List.of(arguments).stream().map(SqlType::of).toList();
        for (Function overload : overloads(name)) {
            if (overload.accepts(types)) {
                return overload;
            }
        }
        throw new IllegalArgumentException(name + " does not accept " + types + ": there are " + overloads(name));
    }

    public Function.Aggregate aggregate(String name, String... arguments) {
        return (Function.Aggregate) find(name, arguments);
    }

    public Function.Row scalar(String name, String... arguments) {
        return (Function.Row) find(name, arguments);
    }
}
