package streamfn.bridge;

import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;

/**
 * Grows a memory or a table for compiled code, and remembers a no: the guest makes a trap of its own of it, and whoever
 * reads the error should see the limit. The packer puts it in place of Endive's own.
 */
public final class Growth {
    /** What an entry of a table takes. */
    private static final int ENTRY = 8;

    /** The limit in bytes that was in the way. */
    private static final ThreadLocal<Long> DENIED = new ThreadLocal<>();

    /** What tables may take; memories have limits of their own. */
    private static final Map<Instance, Integer> TABLES = Collections.synchronizedMap(new WeakHashMap<>());

    /** Whether any thread has anything to forget, which is rare: a call then needs to look no further. */
    private static boolean ever;

    private Growth() {}

    /** Pages before, or -1. */
    public static int memoryGrow(int pages, Memory memory) {
        int before = memory.grow(pages);
        if (before < 0) {
            deny((long) memory.maximumPages() * Limits.PAGE);
        }
        return before;
    }

    /** Entries before, or -1. */
    public static int tableGrow(int value, int entries, int table, Instance instance) {
        return allows(entries, table, instance) ? instance.table(table).grow(entries, value, instance) : -1;
    }

    /** Entries before, or -1. */
    public static int tableGrowRef(Object value, int entries, int table, Instance instance) {
        return allows(entries, table, instance) ? instance.table(table).growWithRef(entries, value, instance) : -1;
    }

    private static boolean allows(int entries, int table, Instance instance) {
        long bytes = (instance.table(table).size() + Integer.toUnsignedLong(entries)) * ENTRY;
        int limit = TABLES.getOrDefault(instance, Limits.DEFAULT.memory());
        if (bytes > limit) {
            deny(limit);
        }
        return bytes <= limit;
    }

    static void limitTables(Instance instance, int bytes) {
        TABLES.put(instance, bytes);
    }

    private static void deny(long limit) {
        ever = true;
        DENIED.set(limit);
    }

    /** Forgets what an earlier call was denied and could do without. */
    static void forget() {
        if (ever) {
            DENIED.remove();
        }
    }

    /** The limit that was in the way of growth on this thread since {@link #forget}, in bytes; null without one. */
    static Long denied() {
        return ever ? DENIED.get() : null;
    }
}
