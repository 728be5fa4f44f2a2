package io.vastmax.internal.simd;

/**
 * The hyperbolic tangent in single precision, {@code tanh(x) = m / (m + 2)} of {@code m = e^2x - 1}, for |x| with the sign put
 * back, so that it is odd.
 *
 * <p>With the reduction of {@link Exp}, {@code 2x = n ln 2 + r}, {@code m = 2^n (e^r - 1) + (2^n - 1)}: for small x, where n is 0,
 * nothing cancels, and small results keep their relative accuracy. Beyond {@link #ONE} the result is 1.
 */
final class Tanh {
    /** From here on tanh rounds to 1. */
    static final float ONE = 9.02f;

    private Tanh() {}

    static float tanh(float x) {
        float size = Math.abs(x);
        float y = 2f * (size > ONE ? ONE : size);
        float t = Math.fma(y, Exp.LOG2E, Exp.ROUND);
        float n = t - Exp.ROUND;
        float r = Math.fma(n, -Exp.LN2_LO, Math.fma(n, -Exp.LN2_HI, y));
        float q = Math.fma(Math.fma(Math.fma(Math.fma(Exp.Q4, r, Exp.Q3), r, Exp.Q2), r, Exp.Q1), r, Exp.Q0);
        float grown = Math.fma(q * r, r, r);
        float power = Float.intBitsToFloat((Float.floatToRawIntBits(t) - Exp.ROUND_BITS + 127) << 23);
        float m = Math.fma(power, grown, power - 1f);
        float result = m / (m + 2f);
        return Float.isNaN(x) ? x : x < 0f ? -result : result;
    }
}
