package streamfn.bridge;

import run.endive.runtime.Memory;

/**
 * Grows a memory for compiled code, and remembers a no: the guest makes a trap of its own of it, and whoever reads the
 * error should see the limit. The packer puts it in place of Endive's own.
 */
public final class Growth {
    private static final ThreadLocal<Boolean> DENIED = new ThreadLocal<>();

    /** Whether any thread has anything to forget, which is rare: a call then needs to look no further. */
    private static boolean ever;

    private Growth() {}

    /** Pages before, or -1. */
    public static int memoryGrow(int pages, Memory memory) {
        int before = memory.grow(pages);
        if (before < 0) {
            ever = true;
            DENIED.set(true);
        }
        return before;
    }

    /** Forgets what an earlier call was denied and could do without. */
    static void forget() {
        if (ever) {
            DENIED.remove();
        }
    }

    /** Whether growth was denied on this thread since {@link #forget}. */
    static boolean denied() {
        return ever && DENIED.get() != null;
    }
}
