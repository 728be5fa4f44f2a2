package io.vastmax.sampling;

import static java.util.Objects.requireNonNull;

import io.vastmax.internal.Scratch;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import org.jspecify.annotations.Nullable;

/**
 * The logits of the whole vocabulary, as they came or with changes.
 *
 * <p>A first pass keeps the largest logit of every sixteenth part of each block. With these most filters look at few blocks
 * again: one whose maximum is below a threshold holds nothing, and the k-th largest of the maxima is no larger than the
 * k-th largest logit. Sums of exponentials are kept by block too, so that a draw looks into one block.
 *
 * <p>The first change copies the logits, unless they may be overwritten. Mutable, used again for every step.
 */
final class LogitRow {
    private static final int BLOCK = 1024;
    private static final int LANES = Kernels.LANES;

    private final Kernels kernels = Simd.kernels();
    private final short[] halves = new short[BLOCK];
    private final float[] tile = new float[BLOCK];
    private @Nullable Logits source;
    private float @Nullable [] values;
    private int from;
    private int length;
    private boolean editable;
    private float[] copy = {};
    private float[] maxima = {};
    private float[] bounds = {};
    private double[] sums = {};
    private float max;

    /** Begins with an array. */
    void begin(float[] logits, int from, int length) {
        source = null;
        values = logits;
        this.from = from;
        editable = false;
        beginInspected(length);
    }

    /** Begins with logits wherever they are. */
    void begin(Logits logits) {
        source = logits;
        values = logits.array();
        from = logits.from();
        editable = logits.isOverwritable() && values != null;
        beginInspected(logits.size());
    }

    private void beginInspected(int length) {
        inspect(length);
        if (max == Float.NEGATIVE_INFINITY) {
            throw new IllegalArgumentException("logits: all " + length + " are -inf, masked; one must be finite");
        }
    }

    private void inspect(int length) {
        this.length = length;
        int blocks = blocks();
        maxima = Scratch.grow(maxima, blocks * LANES);
        for (int b = 0; b < blocks; b++) {
            float[] block = block(b);
            int at = at(b);
            if (kernels.laneMaxima(block, at, sizeOf(b), maxima, b * LANES)
                    || kernels.max(maxima, b * LANES, LANES) == Float.POSITIVE_INFINITY) {
                refuse(b, block, at);
            }
        }
        max = kernels.max(maxima, 0, blocks * LANES);
    }

    private void refuse(int b, float[] block, int at) {
        for (int i = 0; i < sizeOf(b); i++) {
            float logit = block[at + i];
            if (!(logit < Float.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("logits[" + (b * BLOCK + i) + "] = " + logit
                        + ": must be finite, or -inf for a token that is masked");
            }
        }
    }

    /** How many tokens there are. */
    int length() {
        return length;
    }

    /** Leaves out the tokens from an id on. */
    void truncate(int newLength) {
        if (newLength < length) {
            inspect(newLength);
        }
    }

    /** The largest logit, {@code -inf} if all are masked. */
    float max() {
        return max;
    }

    /** The first token with the largest logit. */
    int argmax() {
        for (int b = 0; ; b++) {
            if (blockMax(b) == max) {
                float[] block = block(b);
                int at = at(b);
                for (int i = 0; i < sizeOf(b); i++) {
                    if (block[at + i] == max) {
                        return b * BLOCK + i;
                    }
                }
            }
        }
    }

    /** The logit of a token. */
    float get(int id) {
        if (values != null) {
            return values[from + id];
        }
        return requireNonNull(source).get(id);
    }

    /** Changes the logit of a token; {@link #changed} must follow the last change. */
    void set(int id, float logit) {
        edit()[from + id] = logit;
    }

    /** The logits, to be changed: the first is at {@link #from}. {@link #changed} must follow the last change. */
    float[] edit() {
        if (!editable) {
            copy = Scratch.grow(copy, length);
            for (int b = 0; b < blocks(); b++) {
                int id = b * BLOCK;
                if (values != null) {
                    System.arraycopy(values, from + id, copy, id, sizeOf(b));
                } else {
                    requireNonNull(source).read(id, sizeOf(b), copy, id, halves);
                }
            }
            values = copy;
            from = 0;
            editable = true;
        }
        return requireNonNull(values);
    }

    /** Where the first logit is in {@link #edit}. */
    int from() {
        return from;
    }

    /** Takes note of changes of all logits. */
    void changed() {
        inspect(length);
    }

    /** How many tokens are not masked. */
    int count() {
        int count = 0;
        for (int b = 0; b < blocks(); b++) {
            float[] block = block(b);
            int at = at(b);
            for (int i = at; i < at + sizeOf(b); i++) {
                count += block[i] > Float.NEGATIVE_INFINITY ? 1 : 0;
            }
        }
        return count;
    }

    /** {@code sum exp((z - max) * scale)}, kept by block. */
    double sumExp(float scale) {
        int blocks = blocks();
        if (sums.length < blocks) {
            sums = new double[blocks];
        }
        double sum = 0;
        for (int b = 0; b < blocks; b++) {
            sums[b] = kernels.sumExp(block(b), at(b), sizeOf(b), max, scale);
            sum += sums[b];
        }
        return sum;
    }

    /** {@code sum d exp(d)} with {@code d = (z - max) * scale}. */
    double sumExpTimes(float scale) {
        double sum = 0;
        for (int b = 0; b < blocks(); b++) {
            sum += kernels.sumExpTimes(block(b), at(b), sizeOf(b), max, scale);
        }
        return sum;
    }

    /** Collects the tokens with logits of at least {@code least}, by rising id; returns how many. */
    int collect(float least, float[] logits, int[] ids) {
        float lowest = Math.max(least, -Float.MAX_VALUE);
        int n = 0;
        for (int b = 0; b < blocks(); b++) {
            if (blockMax(b) >= lowest) {
                n += kernels.collect(block(b), at(b), sizeOf(b), lowest, b * BLOCK, logits, ids, n);
            }
        }
        return n;
    }

    /** A number that the k largest logits reach: close to the least of them if k is small beside the vocabulary. */
    float bound(int k) {
        int n = blocks() * LANES;
        if (k > n) {
            return Float.NEGATIVE_INFINITY;
        }
        bounds = Scratch.grow(bounds, n);
        System.arraycopy(maxima, 0, bounds, 0, n);
        return Selection.largest(bounds, n, k);
    }

    /**
     * The token at which the sum of the exponentials exceeds a share of their total, after {@link #sumExp} with this scale.
     */
    int draw(double share, float scale) {
        double total = 0;
        for (int b = 0; b < blocks(); b++) {
            total += sums[b];
        }
        double rest = share * total;
        int b = 0;
        int last = blocks() - 1;
        while (b < last && rest >= sums[b]) {
            rest -= sums[b];
            b++;
        }
        while (sums[b] == 0) {
            b--;
        }
        kernels.scaledExp(block(b), at(b), tile, 0, sizeOf(b), max, scale, 1);
        return b * BLOCK + Selection.inverse(tile, sizeOf(b), rest);
    }

    private int blocks() {
        return (length + BLOCK - 1) / BLOCK;
    }

    private int sizeOf(int b) {
        return Math.min(BLOCK, length - b * BLOCK);
    }

    private float blockMax(int b) {
        return kernels.max(maxima, b * LANES, LANES);
    }

    /** The array that holds a block: its first logit is at {@link #at}. */
    private float[] block(int b) {
        if (values != null) {
            return values;
        }
        requireNonNull(source).read(b * BLOCK, sizeOf(b), tile, 0, halves);
        return tile;
    }

    private int at(int b) {
        return values != null ? from + b * BLOCK : 0;
    }
}
