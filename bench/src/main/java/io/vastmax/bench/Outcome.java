package io.vastmax.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;

/** What came of a piece of work in the hands of an implementation. */
sealed interface Outcome {
    /** It was not run, or failed. */
    record Missing(String why) implements Outcome {}

    /** It was measured, in one fork a round. */
    record Measured(RunResult result) implements Outcome {
        /** These rounds and that one. */
        Measured and(RunResult round) {
            List<BenchmarkResult> rounds = new ArrayList<>(result.getBenchmarkResults());
            rounds.addAll(round.getBenchmarkResults());
            return new Measured(new RunResult(result.getParams(), rounds));
        }

        /** The median of all iterations, in seconds. */
        double seconds() {
            return result.getPrimaryResult().getStatistics().getPercentile(50) * unit();
        }

        /** Half the width of the 99.9 % confidence interval of the mean, as a share of the mean; NaN if unknown. */
        double error() {
            return result.getPrimaryResult().getStatistics().getMeanErrorAt(0.999)
                    / result.getPrimaryResult().getStatistics().getMean();
        }

        /** The medians of the rounds, in seconds. */
        double[] rounds() {
            return result.getBenchmarkResults().stream()
                    .mapToDouble(
                            round -> round.getPrimaryResult().getStatistics().getPercentile(50) * unit())
                    .toArray();
        }

        private double unit() {
            return result.getParams().getTimeUnit().toNanos(1) / (double) TimeUnit.SECONDS.toNanos(1);
        }
    }
}
