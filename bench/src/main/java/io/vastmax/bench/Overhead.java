package io.vastmax.bench;

import io.vastmax.bench.Outcome.Measured;
import java.util.Arrays;
import java.util.Locale;

/**
 * What the generation loop takes for a token beyond the model's run.
 *
 * @param work tokens of ours, and the runs alone
 * @param step the seconds of a run that it is held against
 * @param most the target, as a share of that
 */
record Overhead(Work work, double step, double most) implements Comparison {
    @Override
    public String text(Results results) {
        if (results.of(work, Implementation.VASTMAX) instanceof Measured ours
                && results.of(work, Implementation.SESSION_RUN) instanceof Measured theirs) {
            double[] x = ours.rounds();
            double[] y = theirs.rounds();
            double[] seconds = new double[Math.min(x.length, y.length)];
            Arrays.setAll(seconds, i -> (x[i] - y[i]) / work.tokens());
            Arrays.sort(seconds);
            int n = seconds.length;
            double median = (seconds[(n - 1) / 2] + seconds[n / 2]) / 2;
            return String.format(
                    Locale.ROOT,
                    "%s: %.0f us a token beyond session.run (%.0f to %.0f), %.1f %% of a step of %.0f ms; target at most %.0f %%.",
                    work.label(),
                    1e6 * median,
                    1e6 * seconds[0],
                    1e6 * seconds[n - 1],
                    100 * median / step,
                    1e3 * step,
                    100 * most);
        }
        return work.label() + ": not known.";
    }
}
