package streamfn.pack;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import streamfn.bridge.CallException;
import streamfn.bridge.Guest;
import streamfn.bridge.Plan;

/**
 * Makes calls that last about as long as the limit, and looks after each, and a while later, whether an interrupt is left
 * that nobody asked for. Says how many calls ended in time, how many late, and how many left one.
 */
final class Near {
    private static final int THREADS = 2;
    private static final long MILLIS = 3_000;

    private Near() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        var calls = Mirror.tree(directory.resolve("0.calls"));
        var program = Mirror.program(
                Files.readAllBytes(directory.resolve("0.wasm")),
                Mirror.tree(directory.resolve("0.plan")),
                Mirror.limits(calls.find("limits")));
        int[][] counts = new int[THREADS][3];
        Thread[] threads = new Thread[THREADS];
        for (int at = 0; at < THREADS; at++) {
            int[] count = counts[at];
            int seed = at;
            threads[at] = new Thread(() -> work(program.guest(), program.plan("t:t/i", "work"), seed, count));
            threads[at].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        int[] all = new int[3];
        for (int[] count : counts) {
            for (int at = 0; at < all.length; at++) {
                all[at] += count[at];
            }
        }
        System.out.println("in-time " + all[0] + " late " + all[1] + " stray " + all[2]);
    }

    private static void work(Guest guest, Plan plan, int seed, int[] counts) {
        Random random = new Random(seed);
        long end = System.nanoTime() + MILLIS * 1_000_000;
        // What just fits: more after a call in time, less after one that was late. Calls then end around the limit.
        double rounds = 1_000;
        while (System.nanoTime() < end) {
            boolean late = !inTime(guest, plan, (long) (rounds * (0.8 + 0.4 * random.nextDouble())));
            counts[late ? 1 : 0]++;
            rounds = Math.min(rounds * (late ? 0.9 : 1.1), 0xf000_0000L);
            if (Thread.interrupted()) {
                counts[2]++;
            }
            if (random.nextInt(8) == 0) {
                try {
                    Thread.sleep(25);
                } catch (InterruptedException stray) {
                    counts[2]++;
                }
            }
        }
    }

    private static boolean inTime(Guest guest, Plan plan, long rounds) {
        try {
            guest.call(plan, rounds);
            return true;
        } catch (CallException failure) {
            if (failure.kind() != CallException.Kind.TIME_LIMIT) {
                throw failure;
            }
            return false;
        }
    }
}
