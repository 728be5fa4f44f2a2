package io.vastmax.bench;

import io.vastmax.bench.Outcome.Measured;
import java.util.Arrays;
import java.util.Locale;

/**
 * Our time in units of PyTorch's log-softmax of the same row.
 *
 * @param work what we do
 * @param unit the log-softmax
 * @param most the target, in units
 */
record Units(Work work, Work unit, double most) implements Comparison {
    @Override
    public String text(Results results) {
        if (results.of(work, Implementation.VASTMAX) instanceof Measured ours
                && results.of(unit, Implementation.PYTORCH_LOG_SOFTMAX) instanceof Measured theirs) {
            double[] x = ours.rounds();
            double[] y = theirs.rounds();
            double[] units = new double[Math.min(x.length, y.length)];
            Arrays.setAll(units, i -> x[i] / y[i]);
            Arrays.sort(units);
            int n = units.length;
            return String.format(
                    Locale.ROOT,
                    "%s: %.3f units (%.3f to %.3f); target at most %.2f.",
                    work.label(),
                    (units[(n - 1) / 2] + units[n / 2]) / 2,
                    units[0],
                    units[n - 1],
                    most);
        }
        return work.label() + ": not known in units.";
    }
}
