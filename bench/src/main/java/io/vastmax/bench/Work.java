package io.vastmax.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A piece of work: a row of a table.
 *
 * @param label what it is, for people
 * @param benchmark the class that does it
 * @param params the benchmark's parameters but for the implementation
 * @param needsGiB who does it, ours first, and the free memory that takes
 * @param tokens in it; 0 where it has none to speak of
 * @param flop in it; 0 where time is bound by something else
 * @param target how many times as long as ours the last implementation should take; 0 for no target
 */
record Work(
        String label,
        Class<?> benchmark,
        Map<String, String> params,
        SequencedMap<Implementation, Integer> needsGiB,
        double tokens,
        double flop,
        double target) {

    static Work loss(Problem problem, int ours, int pytorch) {
        return new Work(
                problem + ", 2 threads",
                LossBenchmark.class,
                Map.of("problem", problem.text(), "threads", "2"),
                ordered(Implementation.VASTMAX, ours, Implementation.PYTORCH, pytorch),
                problem.rows(),
                3 * problem.productFlop(),
                0);
    }

    static Work product(Problem problem, int ours, int pytorch) {
        SequencedMap<Implementation, Integer> needs =
                ordered(Implementation.VASTMAX, ours, Implementation.VASTMAX_SECTIONS, 2);
        needs.put(Implementation.PYTORCH, pytorch);
        return new Work(
                problem + ", 2 threads",
                ProductBenchmark.class,
                Map.of("problem", problem.text(), "threads", "2"),
                needs,
                0,
                problem.productFlop(),
                0);
    }

    static Work logSoftmax(int rows, int classes, int threads, double target) {
        return new Work(
                "%d %s, V = %,d, %d %s"
                        .formatted(
                                rows,
                                rows == 1 ? "row" : "rows",
                                classes,
                                threads,
                                threads == 1 ? "thread" : "threads"),
                LogSoftmaxBenchmark.class,
                Map.of("rows", "" + rows, "classes", "" + classes, "threads", "" + threads),
                ordered(Implementation.VASTMAX, 1, Implementation.PYTORCH, 1),
                0,
                0,
                target);
    }

    private static SequencedMap<Implementation, Integer> ordered(Implementation a, int x, Implementation b, int y) {
        SequencedMap<Implementation, Integer> map = new LinkedHashMap<>();
        map.put(a, x);
        map.put(b, y);
        return map;
    }
}
