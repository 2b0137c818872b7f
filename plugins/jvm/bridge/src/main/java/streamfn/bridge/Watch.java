package streamfn.bridge;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * Interrupts a call that has run for too long, and nothing else that the thread does.
 *
 * <p>Compiled code looks at the thread's interrupt flag in every loop and call. One thread counts ticks for all watches
 * and sets that flag when a call is overdue. A call pays two plain reads and two ordered writes.
 */
final class Watch {
    private static final long TICK_MILLIS = 10;

    private static final VarHandle SINCE;
    private static final VarHandle CLOCK;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            SINCE = lookup.findVarHandle(Watch.class, "since", long.class);
            CLOCK = lookup.findStaticVarHandle(Watch.class, "clock", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private static final List<WeakReference<Watch>> WATCHES = new ArrayList<>();

    /** Ticks since the watcher's first start; never 0 while it runs. */
    private static long clock = 1;

    private static Thread watcher;

    private final long ticks;
    private Thread thread;
    private boolean interrupted;

    /** The tick in which the call under way began; 0 without one. */
    private long since;

    private long began;

    Watch(long millis) {
        ticks = Math.max(1, (millis + TICK_MILLIS - 1) / TICK_MILLIS) + 1;
        synchronized (WATCHES) {
            WATCHES.add(new WeakReference<>(this));
            if (watcher == null) {
                watcher = new Thread(Watch::run, "streamfn-watch");
                watcher.setDaemon(true);
                // It must not keep an engine's class loader, or a job's, alive longer than its own.
                watcher.setContextClassLoader(null);
                watcher.start();
            }
        }
    }

    void begin() {
        Thread current = Thread.currentThread();
        if (thread != current) {
            thread = current;
        }
        began = (long) CLOCK.getOpaque();
        SINCE.setRelease(this, began);
    }

    /**
     * Ends the call, and takes back an interrupt that was this watch's own.
     *
     * <p>Without a lock for a call that is in time: it writes {@code since} before it reads the clock, and the watcher acts
     * only on a clock that it set a tick earlier, however far that one jumped. By then the write has long been seen.
     *
     * @return whether the call was interrupted for its time
     */
    boolean end() {
        SINCE.setRelease(this, 0L);
        return (long) CLOCK.getOpaque() - began >= ticks && overdue();
    }

    private synchronized boolean overdue() {
        boolean mine = interrupted;
        interrupted = false;
        if (mine) {
            Thread.interrupted();
        }
        return mine;
    }

    private synchronized void look(long now) {
        long running = (long) SINCE.getAcquire(this);
        // A thread that the host has interrupted already ends by that, and the flag stays as the host wants it.
        if (running != 0 && now - running >= ticks && !interrupted && !thread.isInterrupted()) {
            interrupted = true;
            thread.interrupt();
        }
    }

    private static void run() {
        long start = System.nanoTime() - clock * TICK_MILLIS * 1_000_000;
        while (true) {
            long seen = clock;
            try {
                Thread.sleep(TICK_MILLIS);
                // A watcher that slept too long catches up.
                CLOCK.setVolatile((System.nanoTime() - start) / (TICK_MILLIS * 1_000_000));
                if (!lookAtAll(seen)) {
                    return;
                }
            } catch (InterruptedException | OutOfMemoryError goOn) {
                // Nobody has a reason to interrupt it. A heap that is full for a while must not be the end of all limits.
            }
        }
    }

    /** Whether there is anything left to watch. */
    private static boolean lookAtAll(long now) {
        synchronized (WATCHES) {
            WATCHES.removeIf(reference -> reference.get() == null);
            if (WATCHES.isEmpty()) {
                watcher = null;
                return false;
            }
            for (WeakReference<Watch> reference : WATCHES) {
                Watch watch = reference.get();
                if (watch != null) {
                    watch.look(now);
                }
            }
            return true;
        }
    }
}
