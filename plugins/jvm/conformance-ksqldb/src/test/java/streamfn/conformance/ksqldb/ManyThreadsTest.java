package streamfn.conformance.ksqldb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.api.Test;

/** ksqlDB gives one object to all threads of a query: each thread's answers are its own. */
class ManyThreadsTest {
    private static final int THREADS = 16;
    private static final int ROWS = 2_000;
    private static final Catalog CATALOG = Extensions.load(JarUnderTest.aggregate(), JarUnderTest.pricing());

    private interface Thread {
        void run(int thread) throws Exception;
    }

    @Test
    void sixteen_threads_sum_with_one_object() throws Exception {
        var sum = CATALOG.aggregate("WASM_SUM", "INT").callsite();
        onAll(thread -> {
            Object state = sum.initialize();
            int expected = 0;
            for (int row = 0; row < ROWS; row++) {
                state = sum.aggregate(state, thread * row);
                expected += thread * row;
                if (row % 3 == 2) {
                    state = sum.undo(state, thread);
                    expected -= thread;
                }
                assertEquals(expected, sum.map(state), "thread " + thread + ", row " + row);
            }
        });
    }

    @Test
    void sixteen_threads_fill_baskets_with_one_object() throws Exception {
        var totals = CATALOG.aggregate("WASM_BASKET_TOTALS", "BIGINT", "INT", "DOUBLE").callsite();
        onAll(thread -> {
            Object state = totals.initialize();
            for (int row = 1; row <= ROWS; row++) {
                state = totals.aggregate(state, (long) thread * row, thread, 0.5);
                Struct result = (Struct) totals.map(state);
                assertEquals(new Timestamp((long) thread * row), result.get("TS"));
                assertEquals(thread * row, result.get("SUM_QTY"));
                assertEquals(thread * row * 0.5, result.get("TOTAL_PRICE"));
            }
        });
    }

    /** A row that is refused in one thread is refused there and nowhere else. */
    @Test
    void sixteen_threads_ask_one_object_and_some_are_refused() throws Exception {
        var vat = CATALOG.scalar("WASM_VAT", "BIGINT", "STRING").callsite();
        onAll(thread -> {
            for (long row = 0; row < ROWS; row++) {
                long net = 100 * row * (thread + 1);
                if ((row + thread) % 5 == 0) {
                    assertThrows(RuntimeException.class, () -> vat.eval(net, "xx"));
                } else {
                    assertEquals(net * 119 / 100, vat.eval(net, "de"));
                }
            }
        });
    }

    private static void onAll(Thread body) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            CyclicBarrier start = new CyclicBarrier(THREADS);
            List<Future<?>> running = new ArrayList<>();
            for (int at = 0; at < THREADS; at++) {
                int thread = at;
                running.add(threads.submit(() -> {
                    start.await(60, TimeUnit.SECONDS);
                    body.run(thread);
                    return null;
                }));
            }
            for (Future<?> each : running) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
