package io.vastmax.internal.simd;

/**
 * Philox4x32-10 without a state (Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3; SC 2011): a
 * number of 64 bits for a seed (the key) and a counter (block, row, step), where a generator object would have to be made
 * for each token. The numbers are those of {@link io.vastmax.RandomKey#row}.
 */
public final class Philox {
    /** By which the counter's first word is multiplied. */
    static final int MULTIPLIER_0 = 0xD2511F53;

    /** By which its third word is multiplied. */
    static final int MULTIPLIER_1 = 0xCD9E8D57;

    /** What the key's first word grows by each round. */
    static final int WEYL_0 = 0x9E3779B9;

    /** What its second word grows by. */
    static final int WEYL_1 = 0xBB67AE85;

    /** The rounds. */
    static final int ROUNDS = 10;

    private Philox() {}

    /**
     * What {@code new RandomKey(seed, step).row(row)} gives after {@code index} other numbers of 64 bits.
     *
     * @param index below 2^33
     */
    public static long bits(long seed, long step, int row, long index) {
        int k0 = (int) seed;
        int k1 = (int) (seed >>> 32);
        // The generator counts before it draws
        int c0 = (int) (index >>> 1) + 1;
        int c1 = row;
        int c2 = (int) step;
        int c3 = (int) (step >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            long p0 = Integer.toUnsignedLong(MULTIPLIER_0) * Integer.toUnsignedLong(c0);
            long p1 = Integer.toUnsignedLong(MULTIPLIER_1) * Integer.toUnsignedLong(c2);
            c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            c1 = (int) p1;
            c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c3 = (int) p0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        return (index & 1) == 0 ? join(c0, c1) : join(c2, c3);
    }

    /** A number from 0 to below 1 of the high 53 bits. */
    public static double uniform(long bits) {
        return (bits >>> 11) * 0x1p-53;
    }

    private static long join(int first, int second) {
        return (long) first << 32 | Integer.toUnsignedLong(second);
    }
}
