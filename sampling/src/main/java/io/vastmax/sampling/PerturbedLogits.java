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
    private final Kernels kernels = Simd.kernels();
    private final FallingOrder order = new FallingOrder();
    private float[] keys = {};

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

    /** Makes ready for {@link #at}. */
    void rank(int[] ids, float[] logits, int n, float max, float scale, SamplingStep step) {
        perturb(ids, logits, n, max, scale, step);
        order.begin(keys, n);
    }

    /** The index of the one at a rank from 0, the largest. */
    int at(int rank) {
        return order.at(rank);
    }

    private void perturb(int[] ids, float[] logits, int n, float max, float scale, SamplingStep step) {
        keys = Scratch.grow(keys, n);
        step.exponentials(ids, keys, n);
        kernels.log(keys, 0, keys, 0, n);
        for (int i = 0; i < n; i++) {
            keys[i] = (logits[i] - max) * scale - keys[i];
        }
    }
}
