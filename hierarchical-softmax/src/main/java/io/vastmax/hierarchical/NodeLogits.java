package io.vastmax.hierarchical;

import io.vastmax.Matrix;
import io.vastmax.internal.Rows;
import io.vastmax.internal.Transforms;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;

/** The logits of one node for one hidden vector. */
final class NodeLogits {
    private static final Kernels KERNELS = Simd.kernels();

    private NodeLogits() {}

    static void compute(Rows rows, int first, int count, Matrix hidden, int row, float[] out) {
        int width = rows.width;
        KERNELS.dotRows(rows.weight, rows.from + first * width, width, count, hidden.array(), row * width, out, 0);
        float[] bias = rows.bias;
        if (bias != null) {
            KERNELS.addScaled(1f, bias, rows.biasFrom + first, out, 0, count);
        }
        Transforms.apply(rows.transform, out, 0, count);
    }
}
