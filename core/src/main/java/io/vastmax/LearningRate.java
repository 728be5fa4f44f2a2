package io.vastmax;

/** A schedule of learning rates, by the number of the step. Stateless. */
@FunctionalInterface
public interface LearningRate {
    /** The rate of a step, counted from 0. */
    double at(long step);

    /** The same rate at every step. */
    static LearningRate constant(double rate) {
        checkRate(rate);
        return step -> rate;
    }

    /**
     * Rises in a line over the first {@code warmUp} steps to {@code rate}, then falls in a line to 0 at step
     * {@code total}, and stays there.
     */
    static LearningRate linear(double rate, long warmUp, long total) {
        checkRate(rate);
        checkSteps(warmUp, total);
        return step -> rate * (step < warmUp ? warm(step, warmUp) : 1 - done(step, warmUp, total));
    }

    /**
     * Rises in a line over the first {@code warmUp} steps to {@code rate}, then falls along half a cosine to
     * {@code floor} at step {@code total}, and stays there (Loshchilov and Hutter, SGDR, 2017, without restarts).
     */
    static LearningRate cosine(double rate, double floor, long warmUp, long total) {
        checkRate(rate);
        checkSteps(warmUp, total);
        if (!(floor >= 0 && floor <= rate)) {
            throw new IllegalArgumentException("floor = " + floor + ": must be from 0 to the rate, " + rate);
        }
        return step -> step < warmUp
                ? rate * warm(step, warmUp)
                : floor + (rate - floor) * 0.5 * (1 + Math.cos(Math.PI * done(step, warmUp, total)));
    }

    private static double warm(long step, long warmUp) {
        return (step + 1.0) / warmUp;
    }

    private static double done(long step, long warmUp, long total) {
        return Math.min(1, (double) (step - warmUp) / (total - warmUp));
    }

    private static void checkRate(double rate) {
        if (!(rate > 0) || rate == Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("rate = " + rate + ": must be positive and finite");
        }
    }

    private static void checkSteps(long warmUp, long total) {
        if (warmUp < 0 || total <= warmUp) {
            throw new IllegalArgumentException(
                    "warmUp = " + warmUp + ", total = " + total + ": must be 0 <= warmUp < total");
        }
    }
}
