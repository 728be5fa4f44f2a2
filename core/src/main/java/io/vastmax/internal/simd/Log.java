package io.vastmax.internal.simd;

/**
 * The natural logarithm in single precision, of positive normal numbers and of their complements to 1.
 *
 * <p>{@code x = 2^n m} with m from sqrt(1/2) to sqrt(2), found in the bits; {@code f = m - 1} is exact. Then
 * {@code log(1 + f) = 2 artanh(s)} with {@code s = f / (2 + f)}, at most 0.172 in size: with {@code t = s^2} and
 * {@code r = 2/3 t + 2/5 t^2 + ...} it is {@code f - (f^2/2 - s (f^2/2 + r))}, of which the large part is exact (Ng's form,
 * in fdlibm). After the fourth term of r the relative error is below 2^-28. ln 2 is in the two parts of {@link Exp}.
 */
final class Log {
    /** The bits of sqrt(1/2): subtracted, they leave n in the bits above the fraction's 23. */
    static final int SQRT_HALF = 0x3f3504f3;

    static final float C1 = 2f / 3;
    static final float C2 = 2f / 5;
    static final float C3 = 2f / 7;
    static final float C4 = 2f / 9;

    private Log() {}

    /** {@code log(1 - x)} of a positive x below 1, {@code log(-x)} of a negative one. */
    static float signed(float x) {
        float y = x > 0f ? 1f - x : -x;
        int bits = Float.floatToRawIntBits(y);
        int n = (bits - SQRT_HALF) >> 23;
        // Without the rounding of 1 - x where it would show
        float f = x > 0f && n == 0 ? -x : Float.intBitsToFloat(bits - (n << 23)) - 1f;
        float s = f / (f + 2f);
        float t = s * s;
        float r = Math.fma(C4, t, C3);
        r = Math.fma(r, t, C2);
        r = Math.fma(r, t, C1);
        float half = f * f * 0.5f;
        float small = Math.fma(s, Math.fma(r, t, half), (float) n * Exp.LN2_LO);
        return Math.fma((float) n, Exp.LN2_HI, f - (half - small));
    }
}
