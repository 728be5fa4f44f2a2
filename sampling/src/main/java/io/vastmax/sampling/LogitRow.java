package io.vastmax.sampling;

import io.vastmax.internal.Scratch;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;

/**
 * The logits of the whole vocabulary, as they came or with changes, and what is known of them by block.
 *
 * <p>A first pass keeps the largest logit of every sixteenth part of each block. With these most filters look at few blocks
 * again: one whose maximum is below a threshold holds nothing, and the k-th largest of the maxima is no larger than the
 * k-th largest logit. Sums of exponentials are kept by block too, so that a draw looks into one block.
 *
 * <p>Only blocks that changed are looked at again. Mutable, used again for every step.
 */
final class LogitRow {
    private static final int BLOCK = LogitBlocks.BLOCK;
    private static final int LANES = Kernels.LANES;

    private final Kernels kernels = Simd.kernels();
    private final LogitBlocks memory = new LogitBlocks();
    private final float[] tile = new float[BLOCK];
    private float[] maxima = {};
    private float[] bounds = {};
    private double[] sums = {};
    private float max;

    /** Begins with an array. */
    void begin(float[] logits, int from, int length) {
        memory.begin(logits, from, length);
        beginInspected();
    }

    /** Begins with logits wherever they are. */
    void begin(Logits logits) {
        memory.begin(logits);
        beginInspected();
    }

    private void beginInspected() {
        maxima = Scratch.grow(maxima, blocks() * LANES);
        settle();
        if (max == Float.NEGATIVE_INFINITY) {
            throw new IllegalArgumentException("logits: all " + length() + " are -inf, masked; one must be finite");
        }
    }

    /** Ends changes: looks at the blocks that they fell into. Returns whether there were any. */
    boolean settle() {
        boolean any = false;
        int blocks = blocks();
        for (int b = 0; b < blocks; b++) {
            if (memory.takeStale(b)) {
                inspect(b);
                any = true;
            }
        }
        if (any) {
            max = kernels.max(maxima, 0, blocks * LANES);
        }
        return any;
    }

    private void inspect(int b) {
        float[] block = block(b);
        int at = at(b);
        if (kernels.laneMaxima(block, at, sizeOf(b), maxima, b * LANES)
                || kernels.max(maxima, b * LANES, LANES) == Float.POSITIVE_INFINITY) {
            for (int i = 0; i < sizeOf(b); i++) {
                requireLogit(b * BLOCK + i, block[at + i]);
            }
        }
    }

    /** Refuses what is NaN or {@code +inf}. */
    static void requireLogit(int id, float logit) {
        if (!(logit < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "logits[" + id + "] = " + logit + ": must be finite, or -inf for a token that is masked");
        }
    }

    /** How many tokens there are. */
    int length() {
        return memory.length();
    }

    /** Leaves out the tokens from an id on. */
    void truncate(int newLength) {
        if (newLength < length()) {
            memory.truncate(newLength);
            settle();
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
        return memory.get(id);
    }

    /** Changes the logit of a token; {@link #settle} must follow the last change. */
    void set(int id, float logit) {
        memory.set(id, logit);
    }

    /** The logits, all to be changed: the first is at {@link #from}. {@link #settle} must follow the last change. */
    float[] edit() {
        return memory.edit();
    }

    /** Where the first logit is in {@link #edit}. */
    int from() {
        return memory.from();
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

    /** Collects the tokens of a set that are not masked, by rising id; returns how many. */
    int collect(TokenMask set, float[] logits, int[] ids) {
        float[] block = tile;
        int n = 0;
        int loaded = -1;
        for (int id = 0; id < length(); id += Long.SIZE) {
            long word = set.word(id / Long.SIZE);
            if (word != 0) {
                int b = id / BLOCK;
                if (b != loaded) {
                    block = block(b);
                    loaded = b;
                }
                int at = at(b) + id % BLOCK;
                if (word == -1) {
                    n += kernels.collect(block, at, Long.SIZE, -Float.MAX_VALUE, id, logits, ids, n);
                } else {
                    for (; word != 0; word &= word - 1) {
                        int i = Long.numberOfTrailingZeros(word);
                        ids[n] = id + i;
                        logits[n] = block[at + i];
                        n += logits[n] > Float.NEGATIVE_INFINITY ? 1 : 0;
                    }
                }
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
        return memory.count();
    }

    private int sizeOf(int b) {
        return memory.sizeOf(b);
    }

    private float blockMax(int b) {
        return kernels.max(maxima, b * LANES, LANES);
    }

    private float[] block(int b) {
        return memory.block(b);
    }

    private int at(int b) {
        return memory.at(b);
    }
}
