package streamfn.ksqldb;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.apache.kafka.connect.data.Struct;

/**
 * The entries of a keyed aggregate as ksqlDB keeps them. What it hands out may be shared, so a change gives a new object; in
 * it all entries but the changed one are the objects that they were.
 */
abstract sealed class Entries {
    /** ksqlDB's formats write a MAP with keys of text alone; with others it is a list of pairs. */
    static Entries of(KsqlType state) {
        return state instanceof KsqlType.MapType map ? new InMap(map.value()) : new InList((KsqlType.ArrayType) state);
    }

    abstract Object empty();

    /** @param change of the entry of this key, as the bridge has both; null is none */
    abstract Object changed(Object state, Object key, UnaryOperator<Object> change);

    /** @param both of the entries of a key that is in both */
    abstract Object merged(Object older, Object newer, BinaryOperator<Object> both);

    /** Each key and entry, as the bridge has them. */
    abstract void each(Object state, BiConsumer<Object, Object> entry);

    private static final class InMap extends Entries {
        private final KsqlType value;

        InMap(KsqlType value) {
            this.value = value;
        }

        @Override
        Object empty() {
            return new LinkedHashMap<String, Object>();
        }

        @Override
        Object changed(Object state, Object key, UnaryOperator<Object> change) {
            Map<String, Object> entries = entries(state);
            Object after = value.toKsql(change.apply(value.toBridge(entries.get(key))));
            if (after == null) {
                entries.remove(key);
            } else {
                entries.put((String) key, after);
            }
            return entries;
        }

        @Override
        Object merged(Object older, Object newer, BinaryOperator<Object> both) {
            Map<String, Object> entries = entries(older);
            entries(newer).forEach((key, theirs) -> {
                Object mine = entries.get(key);
                Object after = mine == null
                        ? theirs
                        : value.toKsql(both.apply(value.toBridge(mine), value.toBridge(theirs)));
                if (after == null) {
                    entries.remove(key);
                } else {
                    entries.put(key, after);
                }
            });
            return entries;
        }

        @Override
        void each(Object state, BiConsumer<Object, Object> entry) {
            ((Map<?, ?>) state).forEach((key, theirs) -> entry.accept(key, value.toBridge(theirs)));
        }

        private static Map<String, Object> entries(Object state) {
            Map<String, Object> entries = new LinkedHashMap<>();
            ((Map<?, ?>) state).forEach((key, value) -> entries.put((String) key, value));
            return entries;
        }
    }

    /** {@code ARRAY<STRUCT<K, V>>}, a key at most once. */
    private static final class InList extends Entries {
        private final KsqlType.StructType pair;
        private final KsqlType key;

        InList(KsqlType.ArrayType state) {
            this.pair = (KsqlType.StructType) state.element();
            this.key = pair.type(0);
        }

        @Override
        Object empty() {
            return new ArrayList<Struct>();
        }

        @Override
        Object changed(Object state, Object wanted, UnaryOperator<Object> change) {
            List<Object> entries = new ArrayList<>((List<?>) state);
            int at = find(entries, key.toKsql(wanted));
            Object after = change.apply(at < 0 ? null : pair.lower(entries.get(at))[1]);
            set(entries, at, wanted, after);
            return entries;
        }

        @Override
        Object merged(Object older, Object newer, BinaryOperator<Object> both) {
            List<Object> entries = new ArrayList<>((List<?>) older);
            for (Object theirs : (List<?>) newer) {
                Object[] entry = pair.lower(theirs);
                int at = find(entries, key.toKsql(entry[0]));
                if (at < 0) {
                    entries.add(theirs);
                } else {
                    set(entries, at, entry[0], both.apply(pair.lower(entries.get(at))[1], entry[1]));
                }
            }
            return entries;
        }

        private void set(List<Object> entries, int at, Object wanted, Object after) {
            if (after != null && at < 0) {
                entries.add(pair.lift(new Object[] {wanted, after}));
            } else if (after != null) {
                entries.set(at, pair.lift(new Object[] {wanted, after}));
            } else if (at >= 0) {
                entries.remove(at);
            }
        }

        /** ksqlDB's own classes are equal where SQL's values are, once they are what this type makes of them. */
        private int find(List<Object> entries, Object wanted) {
            for (int at = 0; at < entries.size(); at++) {
                if (wanted.equals(key.toKsql(pair.lower(entries.get(at))[0]))) {
                    return at;
                }
            }
            return -1;
        }

        @Override
        void each(Object state, BiConsumer<Object, Object> entry) {
            for (Object each : (List<?>) state) {
                Object[] both = pair.lower(each);
                entry.accept(both[0], both[1]);
            }
        }
    }
}
