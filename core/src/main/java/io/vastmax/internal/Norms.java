package io.vastmax.internal;

import io.vastmax.Matrix;
import io.vastmax.Workspace;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;

/** Lengths of vectors, for what is normalised: a vector shorter than {@link #LEAST} counts as that long, as in PyTorch. */
public final class Norms {
    /** The least length. */
    public static final double LEAST = 1e-12;

    private static final int BLOCK = 256;
    private static final Kernels KERNELS = Simd.kernels();

    private Norms() {}

    /** The length of a vector. */
    public static double of(float[] x, int from, int length) {
        return Math.sqrt(KERNELS.squaredNorm(x, from, length));
    }

    /** {@code out_i = a / |x_i|} of rows that follow each other. */
    public static void inverse(double a, float[] x, int rows, int width, float[] out, Workspace workspace) {
        workspace.run(Math.ceilDiv(rows, BLOCK), (block, worker) -> {
            for (int i = block * BLOCK; i < Math.min(rows, (block + 1) * BLOCK); i++) {
                out[i] = (float) (a / Math.max(LEAST, of(x, i * width, width)));
            }
        });
    }

    /** The rows of a matrix, each of length one. */
    public static Matrix normalised(Matrix x) {
        Matrix out = x.copy();
        int width = x.columns();
        for (int n = 0; n < x.rows(); n++) {
            KERNELS.scale(
                    (float) (1 / Math.max(LEAST, of(x.array(), n * width, width))), out.array(), n * width, width);
        }
        return out;
    }

    /**
     * The gradient of rows from that of the same rows normalised, u: {@code (g - <g, u> u) / |x|}, in place.
     *
     * @param x the rows
     * @param u {@link #normalised}
     */
    public static void backward(Matrix x, Matrix u, Matrix gradient) {
        int width = x.columns();
        float[] g = gradient.array();
        for (int n = 0; n < x.rows(); n++) {
            int at = n * width;
            double length = of(x.array(), at, width);
            if (length > LEAST) {
                float along = KERNELS.dot(g, at, u.array(), at, width);
                KERNELS.addScaled(-along, u.array(), at, g, at, width);
            }
            KERNELS.scale((float) (1 / Math.max(LEAST, length)), g, at, width);
        }
    }
}
