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

    /** Ticks by which the watcher is more patient than the call: a call that ends in time is never interrupted later. */
    private static final int GRACE = 2;

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
     * only on a clock that is {@link #GRACE} ticks beyond the one read here. By then the write has long been seen.
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
        if (running != 0 && now - running >= ticks + GRACE && !interrupted) {
            interrupted = true;
            thread.interrupt();
        }
    }

    private static void run() {
        long start = System.nanoTime() - clock * TICK_MILLIS * 1_000_000;
        while (true) {
            try {
                Thread.sleep(TICK_MILLIS);
            } catch (InterruptedException ignored) {
                // Nobody has a reason to: it ends by itself.
            }
            // A watcher that slept too long catches up.
            long now = (System.nanoTime() - start) / (TICK_MILLIS * 1_000_000);
            CLOCK.setVolatile(now);
            List<Watch> watches = new ArrayList<>();
            synchronized (WATCHES) {
                WATCHES.removeIf(reference -> reference.get() == null);
                if (WATCHES.isEmpty()) {
                    watcher = null;
                    return;
                }
                for (WeakReference<Watch> reference : WATCHES) {
                    Watch watch = reference.get();
                    if (watch != null) {
                        watches.add(watch);
                    }
                }
            }
            watches.forEach(watch -> watch.look(now));
        }
    }
}
