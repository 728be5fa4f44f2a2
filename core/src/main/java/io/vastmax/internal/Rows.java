package io.vastmax.internal;

import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a matrix that follow each other, with a number for each: class vectors and their bias, or the gradients of
 * both. The classes of one softmax: whatever computes their logits, {@code t(s_i (<w_i, h> + b_i))}, also applies the
 * {@linkplain #transform t} and {@linkplain #scale s} that belong to them.
 */
public final class Rows {
    /** The matrix: row i begins at {@code from + i * width}. */
    public final float[] weight;

    /** Where the first row begins. */
    public final int from;

    /** How many rows. */
    public final int count;

    /** The length of a row. */
    public final int width;

    /** The number of row i is {@code bias[biasFrom + i]}; null for none. */
    public final float @Nullable [] bias;

    /** Where the first row's number is. */
    public final int biasFrom;

    /** What becomes of their logits. */
    public final LogitTransform transform;

    /** What their logits are multiplied with first, {@code scale[i]} for row i; null for 1 each. */
    public final float @Nullable [] scale;

    private Rows(
            float[] weight,
            int from,
            int count,
            int width,
            float @Nullable [] bias,
            int biasFrom,
            LogitTransform transform,
            float @Nullable [] scale) {
        this.weight = weight;
        this.from = from;
        this.count = count;
        this.width = width;
        this.bias = bias;
        this.biasFrom = biasFrom;
        this.transform = transform;
        this.scale = scale;
    }

    /** All rows of a matrix. */
    public static Rows of(Matrix weight, @Nullable Matrix bias) {
        return of(weight, bias, 0, weight.rows());
    }

    /** Some rows of a matrix, and the same of its bias. */
    public static Rows of(Matrix weight, @Nullable Matrix bias, int first, int count) {
        int width = weight.columns();
        return new Rows(
                weight.array(),
                first * width,
                count,
                width,
                bias == null ? null : bias.array(),
                first,
                LogitTransform.IDENTITY,
                null);
    }

    /** Rows at the beginning of arrays. */
    public static Rows of(float[] weight, int count, int width, float @Nullable [] bias) {
        return new Rows(weight, 0, count, width, bias, 0, LogitTransform.IDENTITY, null);
    }

    /** The same, but for what becomes of their logits. */
    public Rows transformed(LogitTransform other) {
        return new Rows(weight, from, count, width, bias, biasFrom, other, scale);
    }

    /** The same, but for what their logits are multiplied with. */
    public Rows scaled(float[] factors) {
        return new Rows(weight, from, count, width, bias, biasFrom, transform, factors);
    }

    /** The first rows alone. */
    public Rows first(int some) {
        return new Rows(weight, from, some, width, bias, biasFrom, transform, scale);
    }
}
