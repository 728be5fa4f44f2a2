package io.vastmax.internal;

import io.vastmax.LogitTransform;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;

/** A {@link LogitTransform} at work. */
public final class Transforms {
    private static final Kernels KERNELS = Simd.kernels();

    private Transforms() {}

    /** {@code x_i = t(x_i)}. */
    public static void apply(LogitTransform transform, float[] x, int from, int length) {
        if (transform.isCapped()) {
            float inverse = (float) (1 / transform.softCap());
            KERNELS.softCap(x, from, length, inverse, (float) (transform.softCap() / transform.temperature()));
        } else if (transform.temperature() != 1) {
            KERNELS.scale((float) (1 / transform.temperature()), x, from, length);
        }
    }

    /** The derivative where it gave a: {@code (1 - (a T / cap)^2) / T}. */
    public static double slope(LogitTransform transform, double a) {
        double t = transform.isCapped() ? a * transform.temperature() / transform.softCap() : 0;
        return Math.max(0, 1 - t * t) / transform.temperature();
    }

    /** {@code g_i *= slope(a_i)}. */
    public static void applySlope(LogitTransform transform, float[] a, int aFrom, float[] g, int gFrom, int length) {
        float slope = (float) (1 / transform.temperature());
        if (transform.isCapped()) {
            float inverse = (float) (transform.temperature() / transform.softCap());
            KERNELS.softCapSlope(a, aFrom, g, gFrom, length, inverse, slope);
        } else if (slope != 1) {
            KERNELS.scale(slope, g, gFrom, length);
        }
    }
}
