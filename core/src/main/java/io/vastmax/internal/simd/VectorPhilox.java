package io.vastmax.internal.simd;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.D2F;
import static jdk.incubator.vector.VectorOperators.I2L;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Philox} for several counters at once: words of 32 bits, each in a lane of 64, so that a product of two fits. The
 * masks that leave 32 bits are what lets the compiler take the instruction for such products.
 */
final class VectorPhilox {
    private static final VectorShape SHAPE = VectorKernels.SPECIES.vectorShape();
    private static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, SHAPE);
    private static final VectorShape HALF_SHAPE = VectorShape.forBitSize(SHAPE.vectorBitSize() / 2);
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, HALF_SHAPE);
    private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, HALF_SHAPE);
    private static final int L = LONGS.length();

    /** With registers of two lanes the products take longer than without. */
    private static final boolean WIDE = L >= 4;

    private static final long WORD = 0xFFFFFFFFL;

    private VectorPhilox() {}

    /** {@link Kernels#signedUniforms}. */
    static void signedUniforms(long seed, long step, int row, long first, int[] ids, float[] out, int length) {
        LongVector mask = LongVector.broadcast(LONGS, WORD);
        LongVector multiplier0 =
                LongVector.broadcast(LONGS, Philox.MULTIPLIER_0).and(mask);
        LongVector multiplier1 =
                LongVector.broadcast(LONGS, Philox.MULTIPLIER_1).and(mask);
        int i = 0;
        for (; WIDE && i <= length - L; i += L) {
            LongVector index = ((LongVector) IntVector.fromArray(INTS, ids, i).convertShape(I2L, LONGS, 0)).add(first);
            LongVector c0 = index.lanewise(LSHR, 1).add(1);
            LongVector c1 = LongVector.broadcast(LONGS, row & WORD);
            LongVector c2 = LongVector.broadcast(LONGS, step & WORD);
            LongVector c3 = LongVector.broadcast(LONGS, step >>> 32);
            int k0 = (int) seed;
            int k1 = (int) (seed >>> 32);
            for (int round = 0; round < Philox.ROUNDS; round++) {
                LongVector p0 = c0.and(mask).mul(multiplier0);
                LongVector p1 = c2.and(mask).mul(multiplier1);
                c0 = p1.lanewise(LSHR, 32).lanewise(XOR, c1).lanewise(XOR, k0 & WORD);
                c1 = p1.lanewise(AND, mask);
                c2 = p0.lanewise(LSHR, 32).lanewise(XOR, c3).lanewise(XOR, k1 & WORD);
                c3 = p0.lanewise(AND, mask);
                k0 += Philox.WEYL_0;
                k1 += Philox.WEYL_1;
            }
            // All ones where the index is odd
            LongVector odd = index.and(1).neg();
            LongVector high = c0.lanewise(XOR, c0.lanewise(XOR, c2).and(odd));
            LongVector low = c1.lanewise(XOR, c1.lanewise(XOR, c3).and(odd));
            LongVector bits = high.lanewise(LSHL, 32).or(low);
            DoubleVector v = bits.lanewise(LSHR, 12)
                    .lanewise(OR, Uniform.ONE)
                    .reinterpretAsDoubles()
                    .sub(Uniform.BELOW_ONE);
            // Where v is one half or more
            DoubleVector one = bits.lanewise(ASHR, 63).and(Uniform.ONE).reinterpretAsDoubles();
            ((FloatVector) v.sub(one).convertShape(D2F, FLOATS, 0)).intoArray(out, i);
        }
        for (; i < length; i++) {
            out[i] = Uniform.signed(Philox.bits(seed, step, row, first + ids[i]));
        }
    }
}
