package io.vastmax;

import io.vastmax.internal.simd.Simd;
import java.util.Objects;

/**
 * The logarithm of a sum of exponentials, {@code log sum_i exp(z_i)}, kept as the largest logit and the sum relative to it:
 * {@code max + log(sum)} with {@code sum = sum_i exp(z_i - max)}. No exponential overflows, whatever the logits.
 *
 * <p>Two of them {@linkplain #merge merge} into that of all their logits, and {@link #EMPTY} changes nothing, so that a
 * sum over a large vocabulary can be taken in chunks, by threads, or as a stream. Merging is associative up to rounding;
 * whoever wants the same bits merges in the same order.
 *
 * <p>A logit of {@code -inf} is a mask and adds nothing; where all are masked the value is {@code -inf}. {@code +inf}
 * gives {@code +inf}. A NaN anywhere gives NaN. Immutable.
 *
 * @param max the largest logit that is not NaN, {@code -inf} for none
 * @param sum the sum of {@code exp(z_i - max)}, 0 for none
 */
public record LogSumExp(float max, double sum) {
    /** The log-sum-exp of nothing: {@code -inf}. */
    public static final LogSumExp EMPTY = new LogSumExp(Float.NEGATIVE_INFINITY, 0);

    /** That of some logits. */
    public static LogSumExp of(float... logits) {
        return of(logits, 0, logits.length, 1);
    }

    /** That of {@code length} logits from {@code from}. */
    public static LogSumExp of(float[] logits, int from, int length) {
        return of(logits, from, length, 1);
    }

    /**
     * That of {@code length} logits from {@code from}, each divided by a temperature.
     *
     * <p>Each difference to the largest logit is taken first and then multiplied by {@code (float) (1 / temperature)}.
     * The sum's relative error is below 2^-21: that of the exponential and of at most 2,048 additions in single precision
     * in 16 lanes; the rest is in double.
     *
     * @throws IllegalArgumentException if the temperature is not positive and finite
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public static LogSumExp of(float[] logits, int from, int length, double temperature) {
        Objects.checkFromIndexSize(from, length, logits.length);
        float scale = Softmax.scale(temperature);
        LogSumExp relative = relative(logits, from, length, scale);
        return new LogSumExp(relative.max * scale, relative.sum);
    }

    /** The largest logit, not scaled, and {@code sum_i exp((z_i - max) * scale)}. */
    static LogSumExp relative(float[] logits, int from, int length, float scale) {
        float max = Simd.kernels().max(logits, from, length);
        return new LogSumExp(max, sum(logits, from, length, max, scale));
    }

    /** {@code of(logits, from, length).value()} without an object. */
    public static double value(float[] logits, int from, int length) {
        float max = Simd.kernels().max(logits, from, length);
        return max + Math.log(sum(logits, from, length, max, 1));
    }

    private static double sum(float[] logits, int from, int length, float max, float scale) {
        return Float.isInfinite(max)
                ? sumBesideInfinity(logits, from, length, max)
                : Simd.kernels().sumExp(logits, from, length, max, scale);
    }

    /** That of the logits of both. */
    public LogSumExp merge(LogSumExp other) {
        return max >= other.max
                ? new LogSumExp(max, sum + rescaled(other.sum, other.max, max))
                : new LogSumExp(other.max, rescaled(sum, max, other.max) + other.sum);
    }

    /** {@code log sum_i exp(z_i)}. */
    public double value() {
        return max + Math.log(sum);
    }

    /** A sum relative to one maximum, made relative to a larger one. */
    private static double rescaled(double sum, float from, float to) {
        return from == to ? sum : sum * Math.exp((double) from - to);
    }

    /** With a maximum of -inf or +inf there are no differences to take: an element counts 1 if it is that, else 0. */
    private static double sumBesideInfinity(float[] logits, int from, int length, float max) {
        double sum = 0;
        for (int i = from; i < from + length; i++) {
            if (Float.isNaN(logits[i])) {
                return Double.NaN;
            }
            sum += logits[i] == max && max > 0 ? 1 : 0;
        }
        return sum;
    }
}
