package io.vastmax.internal.simd;

import static io.vastmax.internal.simd.Kernels.LANES;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** Looks through a row for its largest elements. */
final class VectorSelection {
    private static final VectorSpecies<Float> SPECIES = VectorKernels.SPECIES;
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SPECIES.vectorShape());
    private static final int L = SPECIES.length();
    private static final IntVector INDEX = IntVector.zero(INTS).addIndex(1);

    /** Whether the machine has an instruction that moves chosen lanes together; with four lanes it has none. */
    private static final boolean COMPRESSES = L >= 8;

    private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

    private VectorSelection() {}

    /** {@link Kernels#laneMaxima}. */
    static boolean laneMaxima(float[] x, int from, int length, float[] out, int to) {
        int whole = length - length % LANES;
        // As integers, without their signs, NaN are larger than all numbers
        IntVector largest = IntVector.zero(INTS);
        for (int g = 0; g < LANES; g += L) {
            FloatVector even = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
            FloatVector odd = even;
            int i = from + g;
            for (; i < from + whole - LANES; i += 2 * LANES) {
                FloatVector a = FloatVector.fromArray(SPECIES, x, i);
                FloatVector b = FloatVector.fromArray(SPECIES, x, i + LANES);
                even = even.blend(a, a.compare(GT, even));
                odd = odd.blend(b, b.compare(GT, odd));
                largest = largest.max(a.reinterpretAsInts().and(Integer.MAX_VALUE))
                        .max(b.reinterpretAsInts().and(Integer.MAX_VALUE));
            }
            if (i < from + whole) {
                FloatVector a = FloatVector.fromArray(SPECIES, x, i);
                even = even.blend(a, a.compare(GT, even));
                largest = largest.max(a.reinterpretAsInts().and(Integer.MAX_VALUE));
            }
            even.blend(odd, odd.compare(GT, even)).intoArray(out, to + g);
        }
        boolean nan = largest.compare(GT, INFINITY).anyTrue();
        for (int i = whole; i < length; i++) {
            float a = x[from + i];
            int lane = to + i % LANES;
            out[lane] = a > out[lane] ? a : out[lane];
            nan |= Float.isNaN(a);
        }
        return nan;
    }

    /** {@link Kernels#collect}. */
    static int collect(float[] x, int from, int length, float least, int firstId, float[] kept, int[] ids, int to) {
        int at = to;
        int i = 0;
        for (; i <= length - L; i += L) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, from + i);
            VectorMask<Float> found = v.compare(GE, least);
            if (COMPRESSES) {
                if (found.anyTrue()) {
                    v.compress(found).intoArray(kept, at);
                    INDEX.add(firstId + i).compress(found.cast(INTS)).intoArray(ids, at);
                    at += found.trueCount();
                }
            } else {
                for (long rest = found.toLong(); rest != 0; rest &= rest - 1) {
                    int p = i + Long.numberOfTrailingZeros(rest);
                    kept[at] = x[from + p];
                    ids[at++] = firstId + p;
                }
            }
        }
        for (; i < length; i++) {
            if (x[from + i] >= least) {
                kept[at] = x[from + i];
                ids[at++] = firstId + i;
            }
        }
        return at - to;
    }

    /** {@link Kernels#keep}. */
    static int keep(float[] keys, float least, float[] x, int[] ids, int length) {
        int at = 0;
        int i = 0;
        for (; i <= length - L; i += L) {
            VectorMask<Float> found = FloatVector.fromArray(SPECIES, keys, i).compare(GE, least);
            if (COMPRESSES) {
                FloatVector.fromArray(SPECIES, x, i).compress(found).intoArray(x, at);
                IntVector.fromArray(INTS, ids, i).compress(found.cast(INTS)).intoArray(ids, at);
                at += found.trueCount();
            } else {
                for (long rest = found.toLong(); rest != 0; rest &= rest - 1) {
                    int p = i + Long.numberOfTrailingZeros(rest);
                    x[at] = x[p];
                    ids[at++] = ids[p];
                }
            }
        }
        for (; i < length; i++) {
            if (keys[i] >= least) {
                x[at] = x[i];
                ids[at++] = ids[i];
            }
        }
        return at;
    }
}
