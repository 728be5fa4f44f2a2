package io.vastmax.internal.simd;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernels in the Vector API, for registers of 4, 8 or 16 floats.
 *
 * <p>The {@link #LANES} virtual lanes of a sum along a row lie in 8, 4 or 2 registers. A <i>pass</i> over the row keeps
 * two of them, lanes {@code g .. g+L} and {@code g+16 .. g+16+L}, and returns their sum, which is the first halving; 16
 * lanes need one pass, 8 lanes two, 4 lanes four.
 */
final class VectorKernels implements Kernels {
    static final VectorSpecies<Float> SPECIES = VectorWidth.floats();

    private static final int L = SPECIES.length();
    private static final int HALF = LANES / 2;
    private static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, SPECIES.vectorShape());
    private static final VectorShuffle<Float> DOWN_8 = VectorShuffle.iota(SPECIES, 8, 1, true);
    private static final VectorShuffle<Float> DOWN_4 = VectorShuffle.iota(SPECIES, 4, 1, true);
    private static final VectorShuffle<Float> DOWN_2 = VectorShuffle.iota(SPECIES, 2, 1, true);
    private static final VectorShuffle<Float> DOWN_1 = VectorShuffle.iota(SPECIES, 1, 1, true);

    @Override
    public void exp(float[] x, int from, float[] out, int to, int length) {
        int i = 0;
        for (; i <= length - L; i += L) {
            exp(load(x, from + i)).intoArray(out, to + i);
        }
        for (; i < length; i++) {
            out[to + i] = Exp.exp(x[from + i]);
        }
    }

    @Override
    public float max(float[] x, int from, int length) {
        FloatVector max0 = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        FloatVector max1 = max0;
        FloatVector max2 = max0;
        FloatVector max3 = max0;
        int i = 0;
        for (; i <= length - 4 * L; i += 4 * L) {
            max0 = larger(load(x, from + i), max0);
            max1 = larger(load(x, from + i + L), max1);
            max2 = larger(load(x, from + i + 2 * L), max2);
            max3 = larger(load(x, from + i + 3 * L), max3);
        }
        for (; i <= length - L; i += L) {
            max0 = larger(load(x, from + i), max0);
        }
        max0 = larger(larger(max0, max1), larger(max2, max3));
        if (L > 8) {
            max0 = larger(max0, max0.rearrange(DOWN_8));
        }
        if (L > 4) {
            max0 = larger(max0, max0.rearrange(DOWN_4));
        }
        max0 = larger(max0, max0.rearrange(DOWN_2));
        max0 = larger(max0, max0.rearrange(DOWN_1));
        float max = max0.lane(0);
        for (; i < length; i++) {
            max = x[from + i] > max ? x[from + i] : max;
        }
        return max;
    }

    @Override
    public float sumExp(float[] x, int from, int length, float max, float scale) {
        FloatVector lanes = sumExpPass(x, from, length, max, scale, 0);
        if (L <= 8) {
            lanes = lanes.add(sumExpPass(x, from, length, max, scale, 8));
        }
        if (L <= 4) {
            lanes = lanes.add(
                    sumExpPass(x, from, length, max, scale, 4).add(sumExpPass(x, from, length, max, scale, 12)));
        }
        return fold(lanes);
    }

    private static FloatVector sumExpPass(float[] x, int from, int length, float max, float scale, int g) {
        FloatVector low = FloatVector.zero(SPECIES);
        FloatVector high = low;
        int i = g;
        for (; i < length - LANES + g + 1; i += LANES) {
            low = low.add(exp(load(x, from + i).sub(max).mul(scale)));
            high = high.add(exp(load(x, from + i + HALF).sub(max).mul(scale)));
        }
        if (i < length) {
            VectorMask<Float> in = SPECIES.indexInRange(i, length);
            low = low.add(exp(load(x, from + i, in).sub(max).mul(scale)), in);
        }
        if (i + HALF < length) {
            VectorMask<Float> in = SPECIES.indexInRange(i + HALF, length);
            high = high.add(exp(load(x, from + i + HALF, in).sub(max).mul(scale)), in);
        }
        return low.add(high);
    }

    @Override
    public void scaledExp(float[] x, int from, float[] out, int to, int length, float max, float scale, float factor) {
        int i = 0;
        for (; i <= length - L; i += L) {
            exp(load(x, from + i).sub(max).mul(scale)).mul(factor).intoArray(out, to + i);
        }
        for (; i < length; i++) {
            out[to + i] = Exp.exp((x[from + i] - max) * scale) * factor;
        }
    }

    @Override
    public void shiftedDifference(
            float[] x, int from, float[] out, int to, int length, float max, float scale, float shift) {
        int i = 0;
        for (; i <= length - L; i += L) {
            load(x, from + i).sub(max).mul(scale).sub(shift).intoArray(out, to + i);
        }
        for (; i < length; i++) {
            out[to + i] = (x[from + i] - max) * scale - shift;
        }
    }

    @Override
    public float dot(float[] x, int xFrom, float[] y, int yFrom, int length) {
        FloatVector lanes = dotPass(x, xFrom, y, yFrom, length, 0);
        if (L <= 8) {
            lanes = lanes.add(dotPass(x, xFrom, y, yFrom, length, 8));
        }
        if (L <= 4) {
            lanes = lanes.add(dotPass(x, xFrom, y, yFrom, length, 4).add(dotPass(x, xFrom, y, yFrom, length, 12)));
        }
        return fold(lanes);
    }

    private static FloatVector dotPass(float[] x, int xFrom, float[] y, int yFrom, int length, int g) {
        FloatVector low = FloatVector.zero(SPECIES);
        FloatVector high = low;
        int i = g;
        for (; i < length - LANES + g + 1; i += LANES) {
            low = load(x, xFrom + i).fma(load(y, yFrom + i), low);
            high = load(x, xFrom + i + HALF).fma(load(y, yFrom + i + HALF), high);
        }
        if (i < length) {
            VectorMask<Float> in = SPECIES.indexInRange(i, length);
            low = low.blend(load(x, xFrom + i, in).fma(load(y, yFrom + i, in), low), in);
        }
        if (i + HALF < length) {
            VectorMask<Float> in = SPECIES.indexInRange(i + HALF, length);
            high = high.blend(load(x, xFrom + i + HALF, in).fma(load(y, yFrom + i + HALF, in), high), in);
        }
        return low.add(high);
    }

    @Override
    public void dotRows(float[] matrix, int from, int width, int rows, float[] y, int yFrom, float[] out, int to) {
        for (int r = 0; r < rows; r++) {
            out[to + r] = dot(matrix, from + r * width, y, yFrom, width);
        }
    }

    @Override
    public float sum(float[] x, int from, int length) {
        FloatVector lanes = sumPass(x, from, length, 0);
        if (L <= 8) {
            lanes = lanes.add(sumPass(x, from, length, 8));
        }
        if (L <= 4) {
            lanes = lanes.add(sumPass(x, from, length, 4).add(sumPass(x, from, length, 12)));
        }
        return fold(lanes);
    }

    private static FloatVector sumPass(float[] x, int from, int length, int g) {
        FloatVector low = FloatVector.zero(SPECIES);
        FloatVector high = low;
        int i = g;
        for (; i < length - LANES + g + 1; i += LANES) {
            low = low.add(load(x, from + i));
            high = high.add(load(x, from + i + HALF));
        }
        if (i < length) {
            VectorMask<Float> in = SPECIES.indexInRange(i, length);
            low = low.add(load(x, from + i, in), in);
        }
        if (i + HALF < length) {
            VectorMask<Float> in = SPECIES.indexInRange(i + HALF, length);
            high = high.add(load(x, from + i + HALF, in), in);
        }
        return low.add(high);
    }

    /** Scalar lanes would keep the order as well; in registers, the {@link #LANES} doubles go through a small array. */
    @Override
    public double squaredNorm(float[] x, int from, int length) {
        double[] lanes = new double[LANES];
        int whole = length - length % LANES;
        for (int g = 0; g < LANES; g += DOUBLES.length()) {
            DoubleVector lane = DoubleVector.zero(DOUBLES);
            for (int i = g; i < whole; i += LANES) {
                DoubleVector v = (DoubleVector) FloatVector.fromArray(HALF_SPECIES, x, from + i)
                        .convertShape(jdk.incubator.vector.VectorOperators.F2D, DOUBLES, 0);
                lane = v.fma(v, lane);
            }
            lane.intoArray(lanes, g);
        }
        for (int i = whole; i < length; i++) {
            lanes[i - whole] = Math.fma((double) x[from + i], (double) x[from + i], lanes[i - whole]);
        }
        return ScalarKernels.fold(lanes);
    }

    private static final VectorSpecies<Float> HALF_SPECIES =
            VectorSpecies.of(float.class, jdk.incubator.vector.VectorShape.forBitSize(SPECIES.vectorBitSize() / 2));

    @Override
    public void addScaled(float a, float[] x, int from, float[] y, int to, int length) {
        FloatVector factor = FloatVector.broadcast(SPECIES, a);
        int i = 0;
        for (; i <= length - L; i += L) {
            factor.fma(load(x, from + i), load(y, to + i)).intoArray(y, to + i);
        }
        for (; i < length; i++) {
            y[to + i] = Math.fma(a, x[from + i], y[to + i]);
        }
    }

    @Override
    public void multiplyAdd(
            int rows,
            int columns,
            int depth,
            float[] a,
            int aFrom,
            int aRow,
            int aStep,
            float[] b,
            int bFrom,
            int bRow,
            float[] c,
            int cFrom,
            int cRow) {
        VectorProduct.multiplyAdd(rows, columns, depth, a, aFrom, aRow, aStep, b, bFrom, bRow, c, cFrom, cRow);
    }

    @Override
    public void columnLogSumExp(float[] z, int from, int row, int rows, float[] max, float[] sum, int at) {
        for (int j = 0; j < PANEL; j += L) {
            FloatVector before = load(max, at + j);
            FloatVector after = before;
            for (int i = 0, p = from + j; i < rows; i++, p += row) {
                after = larger(load(z, p), after);
            }
            FloatVector shift =
                    after.blend(0f, after.compare(GT, Float.NEGATIVE_INFINITY).not());
            FloatVector even = FloatVector.zero(SPECIES);
            FloatVector odd = even;
            int i = 0;
            int p = from + j;
            for (; i < rows - 1; i += 2, p += 2 * row) {
                even = even.add(exp(load(z, p).sub(shift)));
                odd = odd.add(exp(load(z, p + row).sub(shift)));
            }
            if (i < rows) {
                even = even.add(exp(load(z, p).sub(shift)));
            }
            after.intoArray(max, at + j);
            load(sum, at + j).fma(exp(before.sub(shift)), even.add(odd)).intoArray(sum, at + j);
        }
    }

    @Override
    public void columnExp(float[] z, int from, int row, int rows, float[] shift, float[] factor, int at) {
        for (int j = 0; j < PANEL; j += L) {
            FloatVector s = load(shift, at + j);
            FloatVector f = load(factor, at + j);
            for (int i = 0, p = from + j; i < rows; i++, p += row) {
                exp(load(z, p).sub(s)).mul(f).intoArray(z, p);
            }
        }
    }

    private static FloatVector load(float[] x, int from) {
        return FloatVector.fromArray(SPECIES, x, from);
    }

    private static FloatVector load(float[] x, int from, VectorMask<Float> in) {
        return FloatVector.fromArray(SPECIES, x, from, in);
    }

    /** {@code x > max ? x : max}, a comparison and a blend: Java's own maximum takes longer, for NaN and -0. */
    private static FloatVector larger(FloatVector x, FloatVector max) {
        return max.blend(x, x.compare(GT, max));
    }

    /** {@link Exp#exp}, step by step. */
    private static FloatVector exp(FloatVector x) {
        FloatVector t = x.fma(constant(Exp.LOG2E), constant(Exp.ROUND));
        FloatVector n = t.sub(Exp.ROUND);
        FloatVector r = n.fma(constant(-Exp.LN2_LO), n.fma(constant(-Exp.LN2_HI), x));
        FloatVector q = constant(Exp.Q4)
                .fma(r, constant(Exp.Q3))
                .fma(r, constant(Exp.Q2))
                .fma(r, constant(Exp.Q1))
                .fma(r, constant(Exp.Q0));
        FloatVector p = q.fma(r, constant(1f)).fma(r, constant(1f));
        IntVector power = t.reinterpretAsInts().sub(Exp.ROUND_BITS);
        IntVector half = power.lanewise(ASHR, 1);
        return p.mul(powerOfTwo(half))
                .mul(powerOfTwo(power.sub(half)))
                .blend(Float.POSITIVE_INFINITY, x.compare(GT, Exp.OVERFLOW))
                .blend(0f, x.compare(LT, Exp.UNDERFLOW));
    }

    private static FloatVector powerOfTwo(IntVector n) {
        return n.add(127).lanewise(LSHL, 23).reinterpretAsFloats();
    }

    private static FloatVector constant(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }

    /** The lanes' sum, in halves. */
    private static float fold(FloatVector lanes) {
        FloatVector v = lanes;
        if (L > 8) {
            v = v.add(v.rearrange(DOWN_8));
        }
        if (L > 4) {
            v = v.add(v.rearrange(DOWN_4));
        }
        v = v.add(v.rearrange(DOWN_2));
        return v.add(v.rearrange(DOWN_1)).lane(0);
    }
}
