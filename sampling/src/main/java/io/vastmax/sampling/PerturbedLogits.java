package io.vastmax.sampling;

import io.vastmax.internal.Scratch;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;

/**
 * Logits with Gumbel noise, {@code z_i - max + g_i} with {@code g_i = -log E_i} of exponential noise: the largest is a draw
 * by probability, the k largest are k draws without replacement. In single precision: where the largest are, steps of
 * 2^-20 or so. Mutable scratch, used again.
 */
final class PerturbedLogits {
    private static final int BLOCK = 1024;

    private final Kernels kernels = Simd.kernels();
    private final FallingOrder order = new FallingOrder();
    private float[] keys = {};
    private float[] maxima = {};
    private float[] best = {};
    private int[] indices = {};

    /** The index of the largest of n. */
    int first(int[] ids, float[] logits, int n, float max, float scale, SamplingStep step) {
        perturb(ids, logits, n, max, scale, step);
        float most = kernels.max(keys, 0, n);
        int i = 0;
        while (keys[i] != most) {
            i++;
        }
        return i;
    }

    /** Makes ready for {@link #at} of the first k ranks. */
    void rank(int k, int[] ids, float[] logits, int n, float max, float scale, SamplingStep step) {
        perturb(ids, logits, n, max, scale, step);
        if (indices.length < n) {
            indices = new int[n];
            best = new float[n];
        }
        int count = kernels.collect(keys, 0, n, bound(k, n), 0, best, indices, 0);
        order.begin(best, count);
    }

    /** The index of the one at a rank from 0, the largest. */
    int at(int rank) {
        return indices[order.at(rank)];
    }

    /** A number that the k largest reach, close to the least of them: as {@link LogitRow#bound}. */
    private float bound(int k, int n) {
        int lanes = (n + BLOCK - 1) / BLOCK * Kernels.LANES;
        if (k > lanes) {
            return Float.NEGATIVE_INFINITY;
        }
        maxima = Scratch.grow(maxima, lanes);
        for (int i = 0, to = 0; i < n; i += BLOCK, to += Kernels.LANES) {
            kernels.laneMaxima(keys, i, Math.min(BLOCK, n - i), maxima, to);
        }
        return Selection.largest(maxima, lanes, k);
    }

    private void perturb(int[] ids, float[] logits, int n, float max, float scale, SamplingStep step) {
        keys = Scratch.grow(keys, n);
        step.minusGumbel(ids, keys, n);
        for (int i = 0; i < n; i++) {
            keys[i] = (logits[i] - max) * scale - keys[i];
        }
    }
}
