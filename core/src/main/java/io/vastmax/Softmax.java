package io.vastmax;

import io.vastmax.internal.simd.Simd;
import java.util.Objects;

/**
 * Softmax and its logarithm over vectors and over the rows of matrices: {@code softmax(z)_i = exp(z_i - lse(z))} and
 * {@code logSoftmax(z)_i = z_i - lse(z)}, with {@link LogSumExp} as {@code lse}; with a temperature T, of {@code z / T}.
 *
 * <p>A masked logit, {@code -inf}, gets the probability 0 and the log-probability {@code -inf}. Where there is no
 * distribution (a NaN or {@code +inf} among the logits, or all of them masked) every result is NaN. Source and target may
 * be the same array and range; other overlaps are not allowed. Stateless.
 */
public final class Softmax {
    private Softmax() {}

    /** {@code out = softmax(logits)}, for vectors of one length. */
    public static void softmax(float[] logits, float[] out) {
        checkSameLength(logits, out);
        softmax(logits, 0, out, 0, logits.length, 1);
    }

    /**
     * {@code out = softmax(logits / temperature)}, for {@code length} logits from {@code from}, written from {@code to}.
     *
     * @throws IllegalArgumentException if the temperature is not positive and finite
     * @throws IndexOutOfBoundsException if a range is not within its array
     */
    public static void softmax(float[] logits, int from, float[] out, int to, int length, double temperature) {
        Objects.checkFromIndexSize(from, length, logits.length);
        Objects.checkFromIndexSize(to, length, out.length);
        float scale = scale(temperature);
        LogSumExp lse = LogSumExp.relative(logits, from, length, scale);
        float factor = Float.isInfinite(lse.max()) ? Float.NaN : (float) (1 / lse.sum());
        Simd.kernels().scaledExp(logits, from, out, to, length, lse.max(), scale, factor);
    }

    /** {@code out = softmax(logits / temperature)}, row by row; {@code out} may be {@code logits}. */
    public static void softmax(Matrix logits, Matrix out, double temperature, Workspace workspace) {
        checkSameShape(logits, out);
        int n = logits.columns();
        workspace.run(
                logits.rows(), (row, worker) -> softmax(logits.array(), row * n, out.array(), row * n, n, temperature));
    }

    /** {@code out = logSoftmax(logits)}, for vectors of one length. */
    public static void logSoftmax(float[] logits, float[] out) {
        checkSameLength(logits, out);
        logSoftmax(logits, 0, out, 0, logits.length, 1);
    }

    /**
     * {@code out = logSoftmax(logits / temperature)}, for {@code length} logits from {@code from}, written from
     * {@code to}.
     *
     * @throws IllegalArgumentException if the temperature is not positive and finite
     * @throws IndexOutOfBoundsException if a range is not within its array
     */
    public static void logSoftmax(float[] logits, int from, float[] out, int to, int length, double temperature) {
        Objects.checkFromIndexSize(from, length, logits.length);
        Objects.checkFromIndexSize(to, length, out.length);
        float scale = scale(temperature);
        LogSumExp lse = LogSumExp.relative(logits, from, length, scale);
        float shift = Float.isInfinite(lse.max()) ? Float.NaN : (float) Math.log(lse.sum());
        Simd.kernels().shiftedDifference(logits, from, out, to, length, lse.max(), scale, shift);
    }

    /** {@code out = logSoftmax(logits / temperature)}, row by row; {@code out} may be {@code logits}. */
    public static void logSoftmax(Matrix logits, Matrix out, double temperature, Workspace workspace) {
        checkSameShape(logits, out);
        int n = logits.columns();
        workspace.run(
                logits.rows(),
                (row, worker) -> logSoftmax(logits.array(), row * n, out.array(), row * n, n, temperature));
    }

    /**
     * {@code out[row] = lse(logits[row] / temperature)}.
     *
     * @throws IllegalArgumentException if {@code out} does not hold one number for each row, or the temperature is not
     *     positive and finite
     */
    public static void logSumExp(Matrix logits, double[] out, double temperature, Workspace workspace) {
        if (out.length != logits.rows()) {
            throw new IllegalArgumentException(
                    "out holds " + out.length + " numbers, but logits has " + logits.rows() + " rows");
        }
        int n = logits.columns();
        workspace.run(
                logits.rows(),
                (row, worker) -> out[row] =
                        LogSumExp.of(logits.array(), row * n, n, temperature).value());
    }

    static float scale(double temperature) {
        float scale = (float) (1 / temperature);
        if (!(temperature > 0) || scale == 0 || Float.isInfinite(scale)) {
            throw new IllegalArgumentException("temperature = " + temperature + ": must be positive and finite");
        }
        return scale;
    }

    private static void checkSameLength(float[] logits, float[] out) {
        if (out.length != logits.length) {
            throw new IllegalArgumentException(
                    "out holds " + out.length + " numbers, but logits holds " + logits.length);
        }
    }

    private static void checkSameShape(Matrix logits, Matrix out) {
        if (out.rows() != logits.rows() || out.columns() != logits.columns()) {
            throw new IllegalArgumentException("out is " + out + ", but logits is " + logits);
        }
    }
}
