package streamfn.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The same rows for each of several functions. Counted are rows per second of CPU time of the aggregating thread, because the
 * source and the machine's other work are not the function's. The contenders take turns; each figure is the median of its
 * rounds, and each ratio that of the ratios within a round.
 *
 * @param yardstick the contender that the others are compared with
 */
record Contest(List<String> contenders, String yardstick, long rows, long warmUp) {
    private static final int ROUNDS = Integer.getInteger("rounds", 5);

    /** One job. */
    interface Job {
        /** The seconds of CPU time that the aggregating thread took. */
        double run(String contender, long rows) throws Exception;
    }

    void run(String what, Job job) throws Exception {
        Map<String, List<Double>> rounds = new LinkedHashMap<>();
        for (String contender : contenders) {
            job.run(contender, warmUp);
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (String contender : contenders) {
                rounds.computeIfAbsent(contender, name -> new ArrayList<>()).add(rows / job.run(contender, rows));
            }
        }
        List<Double> compared = rounds.get(yardstick);
        rounds.forEach((contender, rates) -> System.out.printf(
                "%s  %-40s %5.3f million rows per CPU second (%5.3f to %5.3f), %4.2f of the twin%n",
                what, contender, median(rates) / 1e6, Collections.min(rates) / 1e6, Collections.max(rates) / 1e6,
                median(IntStream.range(0, ROUNDS).mapToObj(round -> rates.get(round) / compared.get(round)).toList())));
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
