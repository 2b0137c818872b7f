package streamfn.flink;

import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.util.FlinkRuntimeException;

/**
 * The accumulator of a keyed aggregate: a map that Flink keeps in its state, entry by entry. Flink writes and reads the
 * field; what is in it are Flink's internal classes.
 */
public final class Entries {
    public MapView<Object, Object> map = new MapView<>();

    Object get(Object key) {
        try {
            return map.get(key);
        } catch (Exception broken) {
            throw state(broken);
        }
    }

    /** Sets an entry; none removes it. Every entry that a function adds or changes comes by here. */
    void set(Object key, Object entry) {
        try {
            if (entry == null) {
                map.remove(key);
            } else {
                map.put(key, entry);
            }
        } catch (Exception broken) {
            throw state(broken);
        }
    }

    /** Whether there are so many. */
    boolean has(int count) {
        int found = 0;
        Iterator<Map.Entry<Object, Object>> all = all().iterator();
        while (found < count && all.hasNext()) {
            all.next();
            found++;
        }
        return found >= count;
    }

    Iterable<Map.Entry<Object, Object>> all() {
        try {
            return map.entries();
        } catch (Exception broken) {
            throw state(broken);
        }
    }

    private static FlinkRuntimeException state(Exception broken) {
        return new FlinkRuntimeException("wanted an entry of Flink's state, found none that could be read or written", broken);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Entries entries && Objects.equals(map, entries.map);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(map);
    }
}
