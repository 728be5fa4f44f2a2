package io.vastmax.internal.simd;

/**
 * A uniform number strictly between 0 and 1 of 64 random bits, in single precision and yet precise at both ends.
 *
 * <p>{@code v = (floor(bits / 2^12) + 1/2) / 2^52}, symmetric about one half. It is given as {@code v} if it is below one
 * half, else as {@code v - 1}, which is negative: rounding leaves 24 significant bits of the distance from the nearer end.
 */
final class Uniform {
    /** The bits of 1.0: with 52 others below, a number from 1 to below 2. */
    static final long ONE = 0x3ff0000000000000L;

    /** {@code 1 - 2^-53}. */
    static final double BELOW_ONE = 0x1.fffffffffffffp-1;

    private Uniform() {}

    static float signed(long bits) {
        double v = Double.longBitsToDouble(bits >>> 12 | ONE) - BELOW_ONE;
        return (float) (v < 0.5 ? v : v - 1);
    }
}
