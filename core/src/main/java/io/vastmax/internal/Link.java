package io.vastmax.internal;

import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import java.util.Arrays;

/** What a loss takes from a row's logits, a tile at a time, and the gradient that it gives them. */
public abstract class Link {
    /** Their log-sum-exp; the gradient is the softmax. */
    public static final Link SOFTMAX = new Link() {
        @Override
        float noMax() {
            return Float.NEGATIVE_INFINITY;
        }

        @Override
        void add(float[] z, int from, int row, int rows, float[] max, float[] sum, int at) {
            KERNELS.columnLogSumExp(z, from, row, rows, max, sum, at);
        }

        @Override
        double factor(double factor, double sum) {
            return factor / sum;
        }

        @Override
        void gradient(float[] z, int from, int row, int rows, float[] max, float[] factor, int at) {
            KERNELS.columnExp(z, from, row, rows, max, factor, at);
        }
    };

    /** The sum of their softplus, each a binary logistic loss of a class that is not there; the gradient is the sigmoid. */
    public static final Link LOGISTIC = new Link() {
        @Override
        void add(float[] z, int from, int row, int rows, float[] max, float[] sum, int at) {
            KERNELS.columnSoftplus(z, from, row, rows, sum, at);
        }

        @Override
        double factor(double factor, double sum) {
            return factor;
        }

        @Override
        void gradient(float[] z, int from, int row, int rows, float[] max, float[] factor, int at) {
            KERNELS.columnSigmoid(z, from, row, rows, factor, at);
        }
    };

    private static final Kernels KERNELS = Simd.kernels();

    private Link() {}

    /** The sum of {@code z^2 + epsilon}, and the logarithm of a target's; see {@link io.vastmax.SphericalSoftmax}. */
    public static Link spherical(double epsilon) {
        return new Link() {
            @Override
            double nothing(int classes) {
                return classes * epsilon;
            }

            @Override
            void add(float[] z, int from, int row, int rows, float[] max, float[] sum, int at) {
                KERNELS.columnSquares(z, from, row, rows, sum, at);
            }

            @Override
            double factor(double factor, double sum) {
                return 2 * factor / sum;
            }

            @Override
            void gradient(float[] z, int from, int row, int rows, float[] max, float[] factor, int at) {
                KERNELS.scaleColumns(z, from, row, rows, factor, at);
            }

            // Rounded as the sum's squares are, so that the loss of a single class is 0.
            @Override
            double target(float z) {
                return Math.log(z * z + epsilon);
            }

            @Override
            double targetSlope(float z) {
                return 2 * z / (z * z + epsilon);
            }
        };
    }

    /** The sum of a row that has seen no logits of so many classes. */
    double nothing(int classes) {
        return 0;
    }

    /** The maximum of a row that has seen no logits. */
    float noMax() {
        return 0;
    }

    /** The state of a row that has seen no logits, for {@code length} rows: it merges as a log-sum-exp does. */
    final void clear(float[] max, float[] sum, int length) {
        Arrays.fill(max, 0, length, noMax());
        Arrays.fill(sum, 0, length, 0f);
    }

    /** Adds a tile of logits to the state of a panel of rows, see {@link Kernels#columnLogSumExp}. */
    abstract void add(float[] z, int from, int row, int rows, float[] max, float[] sum, int at);

    /** What a row's gradient is multiplied with. */
    abstract double factor(double factor, double sum);

    /** The gradient in place of a tile of logits. */
    abstract void gradient(float[] z, int from, int row, int rows, float[] max, float[] factor, int at);

    /** What the loss subtracts for a target's logit. */
    double target(float z) {
        return z;
    }

    /** Its derivative. */
    double targetSlope(float z) {
        return 1;
    }
}
