package streamfn.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.Map;

/** The CPU time of threads that come and go: looked at every few milliseconds, so that little is lost of a thread's end. */
final class ThreadTime implements AutoCloseable {
    private static final long EVERY_MILLIS = 5;

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final String prefix;
    /** Of each thread whose name began so, the nanoseconds when it was last seen. */
    private final Map<Long, Long> nanos = new HashMap<>();
    private final Thread looking = new Thread(this::look, "thread time");
    private volatile boolean closed;

    ThreadTime(String prefix) {
        this.prefix = prefix;
        looking.setDaemon(true);
        looking.start();
    }

    /** Of all of them together. */
    double seconds() {
        synchronized (nanos) {
            if (nanos.isEmpty()) {
                throw new IllegalStateException("no thread was called " + prefix + "…");
            }
            return nanos.values().stream().mapToLong(Long::longValue).sum() / 1e9;
        }
    }

    private void look() {
        while (!closed) {
            synchronized (nanos) {
                for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
                    if (thread != null && thread.getThreadName().startsWith(prefix)) {
                        long now = threads.getThreadCpuTime(thread.getThreadId());
                        if (now > 0) {
                            nanos.merge(thread.getThreadId(), now, Math::max);
                        }
                    }
                }
            }
            try {
                Thread.sleep(EVERY_MILLIS);
            } catch (InterruptedException end) {
                return;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        looking.interrupt();
    }
}
