package io.vastmax.testkit;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An error budget: our largest error against the reference may be twice that of the naive path in single precision, and
 * four units in the last place, since where few numbers are compared the naive path may be lucky.
 */
public final class Budget {
    private Budget() {}

    /** Holds our numbers against the budget, with units of the largest number. */
    public static void check(String what, double[] ours, double[] naive, double[] reference) {
        check(what, ours, naive, reference, largestDifference(reference, new double[reference.length]));
    }

    /**
     * Holds our numbers against the budget.
     *
     * @param magnitude the size of the units: for sums whose terms cancel, the largest sum of the terms' magnitudes
     */
    public static void check(String what, double[] ours, double[] naive, double[] reference, double magnitude) {
        assertThat(ours).as(what).hasSameSizeAs(reference);
        double ulp = Math.ulp((float) magnitude);
        assertThat(largestDifference(ours, reference))
                .as("error of %s, against twice the naive one and four ulp", what)
                .isLessThanOrEqualTo(2 * largestDifference(naive, reference) + 4 * ulp);
    }

    private static double largestDifference(double[] x, double[] y) {
        double largest = 0;
        for (int i = 0; i < x.length; i++) {
            largest = Math.max(largest, Math.abs(x[i] - y[i]));
        }
        return largest;
    }
}
