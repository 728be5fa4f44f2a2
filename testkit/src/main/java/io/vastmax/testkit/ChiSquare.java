package io.vastmax.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Pearson's chi-square test of draws against a distribution. */
public final class ChiSquare {
    /** Below so many expected draws, classes share a bin. */
    private static final double LEAST_EXPECTED = 5;

    /** The normal quantile of 0.9999: one right sampler in ten thousand would fail, for a seed that is fixed. */
    private static final double NORMAL_QUANTILE = 3.719016;

    private ChiSquare() {}

    /**
     * Fails if draws are unlikely to come from a distribution, or one of them is impossible.
     *
     * @param counts how often each class was drawn
     * @param probabilities the probability of each class; they sum to one
     */
    public static void check(String what, long[] counts, double[] probabilities) {
        long draws = Arrays.stream(counts).sum();
        int[] rareFirst = IntStream.range(0, counts.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> probabilities[i]))
                .mapToInt(i -> i)
                .toArray();
        double statistic = 0;
        int bins = 0;
        double expected = 0;
        long observed = 0;
        double later = draws;
        for (int i : rareFirst) {
            assertThat(counts[i] == 0 || probabilities[i] > 0)
                    .as("%s: drew class %d, which has the probability 0", what, i)
                    .isTrue();
            expected += draws * probabilities[i];
            later -= draws * probabilities[i];
            observed += counts[i];
            if (expected >= LEAST_EXPECTED && later >= LEAST_EXPECTED) {
                statistic += square(observed - expected) / expected;
                bins++;
                expected = 0;
                observed = 0;
            }
        }
        if (expected > 0) {
            statistic += square(observed - expected) / expected;
            bins++;
        }
        assertThat(statistic).as("%s: chi-square of %d bins", what, bins).isLessThanOrEqualTo(quantile(bins - 1));
    }

    /** Wilson and Hilferty 1931: the cube root of chi-square / degrees is nearly normal. */
    private static double quantile(int degrees) {
        if (degrees == 0) {
            return 1e-9;
        }
        double variance = 2 / (9.0 * degrees);
        return degrees * Math.pow(1 - variance + NORMAL_QUANTILE * Math.sqrt(variance), 3);
    }

    private static double square(double x) {
        return x * x;
    }
}
