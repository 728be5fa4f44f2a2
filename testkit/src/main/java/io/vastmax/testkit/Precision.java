package io.vastmax.testkit;

/**
 * Plain arithmetic in the order in which one would write it down, rounded after each operation. A formula written once
 * on top of it is the reference in {@link #DOUBLE} and the naive path in {@link #SINGLE}.
 *
 * <p>A sum, a product or a quotient of floats that is taken in double precision and then rounded is the correctly rounded
 * one in single precision.
 */
public enum Precision {
    /** The reference. */
    DOUBLE,
    /** The naive path, whose error is the budget of ours. */
    SINGLE;

    /** The nearest number of this precision. */
    public double round(double x) {
        return this == DOUBLE ? x : (float) x;
    }

    /** {@code sum_i x_i y_i}. */
    public double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum = round(sum + round(x[i] * y[i]));
        }
        return sum;
    }

    /** {@code log sum_i exp(z_i)}; of 0 and z, it is the softplus of z. */
    public double logSumExp(double... z) {
        double max = Double.NEGATIVE_INFINITY;
        for (double x : z) {
            max = Math.max(max, x);
        }
        if (Double.isInfinite(max)) {
            return max;
        }
        double sum = 0;
        for (double x : z) {
            sum = round(sum + round(Math.exp(round(x - max))));
        }
        return round(max + round(Math.log(sum)));
    }

    /** {@code z_i - logSumExp(z)}. */
    public double[] logSoftmax(double... z) {
        double lse = logSumExp(z);
        double[] logProbs = new double[z.length];
        for (int i = 0; i < z.length; i++) {
            logProbs[i] = round(z[i] - lse);
        }
        return logProbs;
    }
}
