package io.vastmax;

import java.util.Arrays;

/**
 * What each class counts in a loss, so that many examples of a few classes do not drown the others. Immutable.
 *
 * <p>The helpers' weights are scaled such that a text, or a set of examples, with the given counts has the mean weight 1: the
 * learning rate keeps its meaning. A class that never occurs gets the weight 0.
 */
public final class ClassWeights {
    private final float[] weights;
    private final double sum;

    private ClassWeights(float[] weights) {
        this.weights = weights;
        double total = 0;
        for (float weight : weights) {
            total += weight;
        }
        this.sum = total;
    }

    /**
     * Given weights.
     *
     * @throws IllegalArgumentException if one is negative or not finite
     */
    public static ClassWeights of(float... weights) {
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0) || Float.isInfinite(weights[i])) {
                throw new IllegalArgumentException(
                        "classWeights[" + i + "] = " + weights[i] + ": must be finite and not negative");
            }
        }
        return new ClassWeights(weights.clone());
    }

    /**
     * By inverse frequency, {@code w_c = N / (K n_c)} with K the number of classes that occur and N the sum of the counts:
     * every class counts the same in total (scikit-learn calls it "balanced").
     *
     * @throws IllegalArgumentException if a count is negative, or all are 0
     */
    public static ClassWeights inverseFrequency(long... counts) {
        return scaled(counts, count -> 1.0 / count);
    }

    /**
     * By the effective number of examples, {@code w_c} proportional to {@code (1 - beta) / (1 - beta^n_c)} (Cui, Jia, Lin, Song
     * and Belongie, Class-Balanced Loss Based on Effective Number of Samples, CVPR 2019): all equal for beta = 0, by inverse
     * frequency as beta goes to 1. The paper scales the weights to a sum of K instead of to a mean of 1 over examples.
     *
     * @param beta 0.9 to 0.9999 in the paper
     * @throws IllegalArgumentException if beta is outside [0, 1), a count is negative, or all are 0
     */
    public static ClassWeights effectiveNumber(double beta, long... counts) {
        if (!(beta >= 0 && beta < 1)) {
            throw new IllegalArgumentException("beta = " + beta + ": must be from 0 to below 1");
        }
        return scaled(counts, count -> (1 - beta) / -Math.expm1(count * Math.log(beta)));
    }

    private interface Weight {
        double of(long count);
    }

    private static ClassWeights scaled(long[] counts, Weight weight) {
        double examples = 0;
        double weighted = 0;
        double[] each = new double[counts.length];
        for (int c = 0; c < counts.length; c++) {
            if (counts[c] < 0) {
                throw new IllegalArgumentException("counts[" + c + "] = " + counts[c] + ": must not be negative");
            }
            each[c] = counts[c] == 0 ? 0 : weight.of(counts[c]);
            examples += counts[c];
            weighted += counts[c] * each[c];
        }
        if (examples == 0) {
            throw new IllegalArgumentException("counts are all 0: no class occurs");
        }
        float[] weights = new float[counts.length];
        for (int c = 0; c < counts.length; c++) {
            weights[c] = (float) (each[c] * examples / weighted);
        }
        return of(weights);
    }

    /** The number of classes. */
    public int size() {
        return weights.length;
    }

    /** The sum of all weights. */
    public double sum() {
        return sum;
    }

    /** The weight of a class. */
    public float get(int id) {
        return weights[id];
    }

    /** A copy of all. */
    public float[] toArray() {
        return weights.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClassWeights that && Arrays.equals(weights, that.weights);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(weights);
    }

    /** As in {@code "weights of 5 classes from 0.5 to 2.0"}. */
    @Override
    public String toString() {
        float least = Float.POSITIVE_INFINITY;
        float most = 0;
        for (float weight : weights) {
            least = Math.min(least, weight);
            most = Math.max(most, weight);
        }
        return "weights of " + weights.length + " classes from " + least + " to " + most;
    }
}
