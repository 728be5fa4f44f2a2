package io.vastmax.internal.simd;

/**
 * The constants of {@code e^x} in single precision, and its scalar form.
 *
 * <p>Cody and Waite's reduction: {@code x = n ln 2 + r} with {@code |r| <= ln 2 / 2} and ln 2 in two parts, of which the
 * first times n is exact. Then {@code e^r = 1 + r + r^2 q(r)}, where q is the minimax polynomial of degree 4 for the
 * relative error, 2^-28 (found with Remez's algorithm). The power {@code 2^n} is applied in two factors, so that results
 * in the denormal range round once. Rounding to the integer n is done by adding and subtracting 1.5 * 2^23.
 */
final class Exp {
    static final float LOG2E = 0x1.715476p0f;
    static final float LN2_HI = 0x1.63p-1f;
    static final float LN2_LO = -0x1.bd0106p-13f;
    static final float ROUND = 0x1.8p23f;
    static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);
    static final float Q0 = 0x1.fffffcp-2f;
    static final float Q1 = 0x1.555492p-3f;
    static final float Q2 = 0x1.5558f2p-5f;
    static final float Q3 = 0x1.123a2p-7f;
    static final float Q4 = 0x1.6a23dp-10f;

    /** The largest x whose power is finite; above: infinity. */
    static final float OVERFLOW = 0x1.62e42ep6f;

    /** The logarithm of the least normal number; below it {@link #flushed} is zero. */
    static final float LEAST_NORMAL = -0x1.5d589ep6f;

    /** The logarithm of half the least denormal; below: zero. */
    static final float UNDERFLOW = -0x1.9fe368p6f;

    private Exp() {}

    static float exp(float x) {
        float t = Math.fma(x, LOG2E, ROUND);
        float n = t - ROUND;
        float r = Math.fma(n, -LN2_LO, Math.fma(n, -LN2_HI, x));
        float q = Math.fma(Math.fma(Math.fma(Math.fma(Q4, r, Q3), r, Q2), r, Q1), r, Q0);
        float p = Math.fma(Math.fma(q, r, 1f), r, 1f);
        int power = Float.floatToRawIntBits(t) - ROUND_BITS;
        int half = power >> 1;
        float result = p * powerOfTwo(half) * powerOfTwo(power - half);
        if (x > OVERFLOW) {
            return Float.POSITIVE_INFINITY;
        }
        return x < UNDERFLOW ? 0f : result;
    }

    /**
     * {@code e^x} for {@code x <= 0}, with zero for results in the denormal range: what a sum of probabilities needs, at
     * two thirds of the cost. The power of two is added to the exponent of {@code e^r} as an integer.
     */
    static float flushed(float x) {
        float t = Math.fma(x, LOG2E, ROUND);
        float n = t - ROUND;
        float r = Math.fma(n, -LN2_LO, Math.fma(n, -LN2_HI, x));
        float q = Math.fma(Math.fma(Math.fma(Math.fma(Q4, r, Q3), r, Q2), r, Q1), r, Q0);
        float p = Math.fma(Math.fma(q, r, 1f), r, 1f);
        float result = Float.intBitsToFloat(Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(t) << 23));
        return x < LEAST_NORMAL ? 0f : result;
    }

    private static float powerOfTwo(int n) {
        return Float.intBitsToFloat((n + 127) << 23);
    }
}
