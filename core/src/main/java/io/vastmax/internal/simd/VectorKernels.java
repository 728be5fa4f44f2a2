package io.vastmax.internal.simd;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernels in the Vector API, for registers of 4, 8 or 16 floats.
 *
 * <p>The {@link #LANES} virtual lanes of a sum along a row lie in 4, 2 or 1 registers. Methods are small, with an
 * exponential or two each: see {@link VectorProduct}; and where rows are short no method takes or returns a vector, which is boxed
 * wherever the compiler does not inline the call.
 */
final class VectorKernels implements Kernels {
    static final VectorSpecies<Float> SPECIES = VectorWidth.floats();

    private static final int L = SPECIES.length();
    private static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, SPECIES.vectorShape());
    private static final VectorSpecies<Float> HALF =
            VectorSpecies.of(float.class, VectorShape.forBitSize(SPECIES.vectorBitSize() / 2));
    private static final VectorShuffle<Float> DOWN_8 = VectorShuffle.iota(SPECIES, 8, 1, true);
    private static final VectorShuffle<Float> DOWN_4 = VectorShuffle.iota(SPECIES, 4, 1, true);
    private static final VectorShuffle<Float> DOWN_2 = VectorShuffle.iota(SPECIES, 2, 1, true);
    private static final VectorShuffle<Float> DOWN_1 = VectorShuffle.iota(SPECIES, 1, 1, true);

    @Override
    public void exp(float[] x, int from, float[] out, int to, int length) {
        // To subtract 0 and to multiply by 1 changes no bit
        scaledExp(x, from, out, to, length, 0, 1, 1);
    }

    @Override
    public void softplus(float[] x, int from, float[] out, int to, int length) {
        int i = 0;
        for (; i <= length - L; i += L) {
            softplus(FloatVector.fromArray(SPECIES, x, from + i)).intoArray(out, to + i);
        }
        for (; i < length; i++) {
            out[to + i] = Logistic.softplus(x[from + i]);
        }
    }

    @Override
    public void sigmoid(float[] x, int from, float[] out, int to, int length) {
        int i = 0;
        for (; i <= length - L; i += L) {
            sigmoid(FloatVector.fromArray(SPECIES, x, from + i)).intoArray(out, to + i);
        }
        for (; i < length; i++) {
            out[to + i] = Logistic.sigmoid(x[from + i]);
        }
    }

    @Override
    public void signedLog(float[] x, int from, float[] out, int to, int length) {
        int i = 0;
        for (; i <= length - L; i += L) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, from + i);
            FloatVector minus = v.neg();
            VectorMask<Float> complement = v.compare(GT, 0f);
            IntVector bits = minus.blend(minus.add(1f), complement).reinterpretAsInts();
            IntVector n = bits.sub(Log.SQRT_HALF).lanewise(ASHR, 23);
            FloatVector power = (FloatVector) n.convert(VectorOperators.I2F, 0);
            FloatVector f = bits.sub(n.lanewise(LSHL, 23))
                    .reinterpretAsFloats()
                    .sub(1f)
                    .blend(minus, complement.and(power.compare(EQ, 0f)));
            FloatVector s = f.div(f.add(2f));
            FloatVector t = s.mul(s);
            FloatVector r = FloatVector.broadcast(SPECIES, Log.C4)
                    .fma(t, FloatVector.broadcast(SPECIES, Log.C3))
                    .fma(t, FloatVector.broadcast(SPECIES, Log.C2))
                    .fma(t, FloatVector.broadcast(SPECIES, Log.C1));
            FloatVector half = f.mul(f).mul(0.5f);
            FloatVector small = s.fma(r.fma(t, half), power.mul(Exp.LN2_LO));
            power.fma(FloatVector.broadcast(SPECIES, Exp.LN2_HI), f.sub(half.sub(small)))
                    .intoArray(out, to + i);
        }
        for (; i < length; i++) {
            out[to + i] = Log.signed(x[from + i]);
        }
    }

    @Override
    public void signedUniforms(long seed, long step, int row, long first, int[] ids, float[] out, int length) {
        VectorPhilox.signedUniforms(seed, step, row, first, ids, out, length);
    }

    @Override
    public float max(float[] x, int from, int length) {
        // A comparison and a blend each: Java's own maximum takes longer, for NaN and -0
        FloatVector max0 = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        FloatVector max1 = max0;
        FloatVector max2 = max0;
        FloatVector max3 = max0;
        int i = 0;
        for (; i <= length - 4 * L; i += 4 * L) {
            FloatVector x0 = FloatVector.fromArray(SPECIES, x, from + i);
            FloatVector x1 = FloatVector.fromArray(SPECIES, x, from + i + L);
            FloatVector x2 = FloatVector.fromArray(SPECIES, x, from + i + 2 * L);
            FloatVector x3 = FloatVector.fromArray(SPECIES, x, from + i + 3 * L);
            max0 = max0.blend(x0, x0.compare(GT, max0));
            max1 = max1.blend(x1, x1.compare(GT, max1));
            max2 = max2.blend(x2, x2.compare(GT, max2));
            max3 = max3.blend(x3, x3.compare(GT, max3));
        }
        for (; i <= length - L; i += L) {
            FloatVector x0 = FloatVector.fromArray(SPECIES, x, from + i);
            max0 = max0.blend(x0, x0.compare(GT, max0));
        }
        max0 = max0.blend(max1, max1.compare(GT, max0));
        max2 = max2.blend(max3, max3.compare(GT, max2));
        max0 = max0.blend(max2, max2.compare(GT, max0));
        if (L > 8) {
            max1 = max0.rearrange(DOWN_8);
            max0 = max0.blend(max1, max1.compare(GT, max0));
        }
        if (L > 4) {
            max1 = max0.rearrange(DOWN_4);
            max0 = max0.blend(max1, max1.compare(GT, max0));
        }
        max1 = max0.rearrange(DOWN_2);
        max0 = max0.blend(max1, max1.compare(GT, max0));
        max1 = max0.rearrange(DOWN_1);
        float max = max0.blend(max1, max1.compare(GT, max0)).lane(0);
        for (; i < length; i++) {
            max = x[from + i] > max ? x[from + i] : max;
        }
        return max;
    }

    @Override
    public double sumExp(float[] x, int from, int length, float max, float scale) {
        double sum = 0;
        for (int block = 0; block < length; block += BLOCK) {
            int at = from + block;
            int n = Math.min(BLOCK, length - block);
            int whole = n - n % LANES;
            FloatVector a = FloatVector.zero(SPECIES);
            for (int i = at; i < at + whole; i += LANES) {
                // The exponential stands here: where the callee was compiled on its own it was called, with vectors in
                // boxes
                FloatVector d = FloatVector.fromArray(SPECIES, x, i).sub(max).mul(scale);
                FloatVector t =
                        d.fma(FloatVector.broadcast(SPECIES, Exp.LOG2E), FloatVector.broadcast(SPECIES, Exp.ROUND));
                FloatVector n1 = t.sub(Exp.ROUND);
                FloatVector r = n1.fma(
                        FloatVector.broadcast(SPECIES, -Exp.LN2_LO),
                        n1.fma(FloatVector.broadcast(SPECIES, -Exp.LN2_HI), d));
                FloatVector q = FloatVector.broadcast(SPECIES, Exp.Q4)
                        .fma(r, FloatVector.broadcast(SPECIES, Exp.Q3))
                        .fma(r, FloatVector.broadcast(SPECIES, Exp.Q2))
                        .fma(r, FloatVector.broadcast(SPECIES, Exp.Q1))
                        .fma(r, FloatVector.broadcast(SPECIES, Exp.Q0));
                FloatVector one = FloatVector.broadcast(SPECIES, 1f);
                FloatVector e = q.fma(r, one)
                        .fma(r, one)
                        .reinterpretAsInts()
                        .add(t.reinterpretAsInts().lanewise(LSHL, 23))
                        .reinterpretAsFloats()
                        .blend(0f, d.compare(LT, Exp.LEAST_NORMAL));
                a = a.add(e);
            }
            if (L <= 8) {
                FloatVector b = FloatVector.zero(SPECIES);
                for (int i = at + 8; i < at + whole; i += LANES) {
                    b = b.add(flushed(
                            FloatVector.fromArray(SPECIES, x, i).sub(max).mul(scale)));
                }
                a = a.add(b);
            }
            if (L <= 4) {
                a = a.add(sumExpPass(x, at + 4, whole, max, scale).add(sumExpPass(x, at + 12, whole, max, scale)));
            }
            if (L > 8) {
                a = a.add(a.rearrange(DOWN_8));
            }
            if (L > 4) {
                a = a.add(a.rearrange(DOWN_4));
            }
            a = a.add(a.rearrange(DOWN_2));
            float blockSum = a.add(a.rearrange(DOWN_1)).lane(0);
            for (int i = whole; i < n; i++) {
                blockSum += Exp.flushed((x[at + i] - max) * scale);
            }
            sum += blockSum;
        }
        return sum;
    }

    @Override
    public double sumExpTimes(float[] x, int from, int length, float max, float scale) {
        double sum = 0;
        for (int block = 0; block < length; block += BLOCK) {
            int at = from + block;
            int n = Math.min(BLOCK, length - block);
            int whole = n - n % LANES;
            FloatVector a = FloatVector.zero(SPECIES);
            for (int i = at; i < at + whole; i += LANES) {
                FloatVector d = FloatVector.fromArray(SPECIES, x, i).sub(max).mul(scale);
                FloatVector t =
                        d.fma(FloatVector.broadcast(SPECIES, Exp.LOG2E), FloatVector.broadcast(SPECIES, Exp.ROUND));
                FloatVector n1 = t.sub(Exp.ROUND);
                FloatVector r = n1.fma(
                        FloatVector.broadcast(SPECIES, -Exp.LN2_LO),
                        n1.fma(FloatVector.broadcast(SPECIES, -Exp.LN2_HI), d));
                FloatVector q = FloatVector.broadcast(SPECIES, Exp.Q4)
                        .fma(r, FloatVector.broadcast(SPECIES, Exp.Q3))
                        .fma(r, FloatVector.broadcast(SPECIES, Exp.Q2))
                        .fma(r, FloatVector.broadcast(SPECIES, Exp.Q1))
                        .fma(r, FloatVector.broadcast(SPECIES, Exp.Q0));
                FloatVector one = FloatVector.broadcast(SPECIES, 1f);
                FloatVector e = q.fma(r, one)
                        .fma(r, one)
                        .reinterpretAsInts()
                        .add(t.reinterpretAsInts().lanewise(LSHL, 23))
                        .reinterpretAsFloats()
                        .blend(0f, d.compare(LT, Exp.LEAST_NORMAL));
                a = d.blend(0f, d.compare(LT, Exp.LEAST_NORMAL)).fma(e, a);
            }
            if (L <= 8) {
                FloatVector b = FloatVector.zero(SPECIES);
                for (int i = at + 8; i < at + whole; i += LANES) {
                    FloatVector d =
                            FloatVector.fromArray(SPECIES, x, i).sub(max).mul(scale);
                    b = d.blend(0f, d.compare(LT, Exp.LEAST_NORMAL)).fma(flushed(d), b);
                }
                a = a.add(b);
            }
            if (L <= 4) {
                a = a.add(sumExpTimesPass(x, at + 4, whole, max, scale)
                        .add(sumExpTimesPass(x, at + 12, whole, max, scale)));
            }
            if (L > 8) {
                a = a.add(a.rearrange(DOWN_8));
            }
            if (L > 4) {
                a = a.add(a.rearrange(DOWN_4));
            }
            a = a.add(a.rearrange(DOWN_2));
            float blockSum = a.add(a.rearrange(DOWN_1)).lane(0);
            for (int i = at + whole; i < at + n; i++) {
                blockSum = ScalarKernels.addExpTimes((x[i] - max) * scale, blockSum);
            }
            sum += blockSum;
        }
        return sum;
    }

    @Override
    public int keep(float[] keys, float least, float[] x, int[] ids, int length) {
        return VectorSelection.keep(keys, least, x, ids, length);
    }

    /** Of four lanes, as {@link #sumExpPass}. */
    private static FloatVector sumExpTimesPass(float[] x, int from, int length, float max, float scale) {
        FloatVector lanes = FloatVector.zero(SPECIES);
        for (int i = 0; i < length; i += LANES) {
            FloatVector d = FloatVector.fromArray(SPECIES, x, from + i).sub(max).mul(scale);
            lanes = d.blend(0f, d.compare(LT, Exp.LEAST_NORMAL)).fma(flushed(d), lanes);
        }
        return lanes;
    }

    @Override
    public boolean laneMaxima(float[] x, int from, int length, float[] out, int to) {
        return VectorSelection.laneMaxima(x, from, length, out, to);
    }

    @Override
    public int collect(float[] x, int from, int length, float least, int firstId, float[] kept, int[] ids, int to) {
        return VectorSelection.collect(x, from, length, least, firstId, kept, ids, to);
    }

    /** Of four lanes: more than two exponentials in a method are not compiled well. */
    private static FloatVector sumExpPass(float[] x, int from, int length, float max, float scale) {
        FloatVector lanes = FloatVector.zero(SPECIES);
        for (int i = 0; i < length; i += LANES) {
            lanes = lanes.add(
                    flushed(FloatVector.fromArray(SPECIES, x, from + i).sub(max).mul(scale)));
        }
        return lanes;
    }

    /** {@link Exp#exp}, step by step: in a method of its own its vectors were boxed, once short rows had it compiled apart. */
    @Override
    public void scaledExp(float[] x, int from, float[] out, int to, int length, float max, float scale, float factor) {
        int i = 0;
        for (; i <= length - L; i += L) {
            FloatVector d = FloatVector.fromArray(SPECIES, x, from + i).sub(max).mul(scale);
            FloatVector t = d.fma(FloatVector.broadcast(SPECIES, Exp.LOG2E), FloatVector.broadcast(SPECIES, Exp.ROUND));
            FloatVector n = t.sub(Exp.ROUND);
            FloatVector r = n.fma(
                    FloatVector.broadcast(SPECIES, -Exp.LN2_LO), n.fma(FloatVector.broadcast(SPECIES, -Exp.LN2_HI), d));
            FloatVector q = FloatVector.broadcast(SPECIES, Exp.Q4)
                    .fma(r, FloatVector.broadcast(SPECIES, Exp.Q3))
                    .fma(r, FloatVector.broadcast(SPECIES, Exp.Q2))
                    .fma(r, FloatVector.broadcast(SPECIES, Exp.Q1))
                    .fma(r, FloatVector.broadcast(SPECIES, Exp.Q0));
            FloatVector p = q.fma(r, FloatVector.broadcast(SPECIES, 1f)).fma(r, FloatVector.broadcast(SPECIES, 1f));
            IntVector power = t.reinterpretAsInts().sub(Exp.ROUND_BITS);
            IntVector half = power.lanewise(ASHR, 1);
            p.mul(powerOfTwo(half))
                    .mul(powerOfTwo(power.sub(half)))
                    .blend(Float.POSITIVE_INFINITY, d.compare(GT, Exp.OVERFLOW))
                    .blend(0f, d.compare(LT, Exp.UNDERFLOW))
                    .mul(factor)
                    .intoArray(out, to + i);
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
            FloatVector.fromArray(SPECIES, x, from + i)
                    .sub(max)
                    .mul(scale)
                    .sub(shift)
                    .intoArray(out, to + i);
        }
        for (; i < length; i++) {
            out[to + i] = (x[from + i] - max) * scale - shift;
        }
    }

    @Override
    public float dot(float[] x, int xFrom, float[] y, int yFrom, int length) {
        int whole = length - length % LANES;
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = 0; i < whole; i += LANES) {
            a = FloatVector.fromArray(SPECIES, x, xFrom + i).fma(FloatVector.fromArray(SPECIES, y, yFrom + i), a);
            if (L <= 8) {
                b = FloatVector.fromArray(SPECIES, x, xFrom + i + L)
                        .fma(FloatVector.fromArray(SPECIES, y, yFrom + i + L), b);
            }
            if (L <= 4) {
                c = FloatVector.fromArray(SPECIES, x, xFrom + i + 2 * L)
                        .fma(FloatVector.fromArray(SPECIES, y, yFrom + i + 2 * L), c);
                d = FloatVector.fromArray(SPECIES, x, xFrom + i + 3 * L)
                        .fma(FloatVector.fromArray(SPECIES, y, yFrom + i + 3 * L), d);
            }
        }
        a = L <= 4 ? a.add(c).add(b.add(d)) : L <= 8 ? a.add(b) : a.add(a.rearrange(DOWN_8));
        if (L > 4) {
            a = a.add(a.rearrange(DOWN_4));
        }
        a = a.add(a.rearrange(DOWN_2));
        float sum = a.add(a.rearrange(DOWN_1)).lane(0);
        for (int i = whole; i < length; i++) {
            sum = Math.fma(x[xFrom + i], y[yFrom + i], sum);
        }
        return sum;
    }

    @Override
    public void dotRows(float[] matrix, int from, int width, int rows, float[] y, int yFrom, float[] out, int to) {
        for (int r = 0; r < rows; r++) {
            out[to + r] = dot(matrix, from + r * width, y, yFrom, width);
        }
    }

    @Override
    public float sum(float[] x, int from, int length) {
        int whole = length - length % LANES;
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = 0; i < whole; i += LANES) {
            a = a.add(FloatVector.fromArray(SPECIES, x, from + i));
            if (L <= 8) {
                b = b.add(FloatVector.fromArray(SPECIES, x, from + i + L));
            }
            if (L <= 4) {
                c = c.add(FloatVector.fromArray(SPECIES, x, from + i + 2 * L));
                d = d.add(FloatVector.fromArray(SPECIES, x, from + i + 3 * L));
            }
        }
        a = L <= 4 ? a.add(c).add(b.add(d)) : L <= 8 ? a.add(b) : a.add(a.rearrange(DOWN_8));
        if (L > 4) {
            a = a.add(a.rearrange(DOWN_4));
        }
        a = a.add(a.rearrange(DOWN_2));
        float sum = a.add(a.rearrange(DOWN_1)).lane(0);
        for (int i = whole; i < length; i++) {
            sum += x[from + i];
        }
        return sum;
    }

    @Override
    public double squaredNorm(float[] x, int from, int length) {
        double[] lanes = new double[LANES];
        int whole = length - length % LANES;
        for (int g = 0; g < LANES; g += L / 2) {
            DoubleVector lane = DoubleVector.zero(DOUBLES);
            for (int i = g; i < whole; i += LANES) {
                Vector<Double> v =
                        FloatVector.fromArray(HALF, x, from + i).convertShape(VectorOperators.F2D, DOUBLES, 0);
                lane = (DoubleVector) v.lanewise(VectorOperators.FMA, v, lane);
            }
            lane.intoArray(lanes, g);
        }
        double sum = ScalarKernels.fold(lanes);
        for (int i = whole; i < length; i++) {
            sum = Math.fma((double) x[from + i], (double) x[from + i], sum);
        }
        return sum;
    }

    @Override
    public void addScaled(float a, float[] x, int from, float[] y, int to, int length) {
        FloatVector factor = FloatVector.broadcast(SPECIES, a);
        int i = 0;
        for (; i <= length - L; i += L) {
            factor.fma(FloatVector.fromArray(SPECIES, x, from + i), FloatVector.fromArray(SPECIES, y, to + i))
                    .intoArray(y, to + i);
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
            FloatVector before = FloatVector.fromArray(SPECIES, max, at + j);
            FloatVector after = before;
            for (int i = 0, p = from + j; i < rows; i++, p += row) {
                FloatVector x = FloatVector.fromArray(SPECIES, z, p);
                after = after.blend(x, x.compare(GT, after));
            }
            FloatVector shift = FloatVector.zero(SPECIES).blend(after, after.compare(GT, Float.NEGATIVE_INFINITY));
            FloatVector added = FloatVector.zero(SPECIES);
            for (int i = 0, p = from + j; i < rows; i++, p += row) {
                added = added.add(flushed(FloatVector.fromArray(SPECIES, z, p).sub(shift)));
            }
            after.intoArray(max, at + j);
            FloatVector.fromArray(SPECIES, sum, at + j)
                    .fma(flushed(before.sub(shift)), added)
                    .intoArray(sum, at + j);
        }
    }

    @Override
    public void columnExp(float[] z, int from, int row, int rows, float[] shift, float[] factor, int at) {
        for (int j = 0; j < PANEL; j += L) {
            FloatVector s = FloatVector.fromArray(SPECIES, shift, at + j);
            FloatVector f = FloatVector.fromArray(SPECIES, factor, at + j);
            for (int i = 0, p = from + j; i < rows; i++, p += row) {
                flushed(FloatVector.fromArray(SPECIES, z, p).sub(s)).mul(f).intoArray(z, p);
            }
        }
    }

    @Override
    public void columnSoftplus(float[] z, int from, int row, int rows, float[] sum, int at) {
        for (int j = 0; j < PANEL; j += L) {
            FloatVector even = FloatVector.fromArray(SPECIES, sum, at + j);
            FloatVector odd = FloatVector.zero(SPECIES);
            int i = 0;
            for (int p = from + j; i < rows - 1; i += 2, p += 2 * row) {
                even = even.add(softplus(FloatVector.fromArray(SPECIES, z, p)));
                odd = odd.add(softplus(FloatVector.fromArray(SPECIES, z, p + row)));
            }
            if (i < rows) {
                even = even.add(softplus(FloatVector.fromArray(SPECIES, z, from + j + i * row)));
            }
            even.add(odd).intoArray(sum, at + j);
        }
    }

    @Override
    public void columnSigmoid(float[] z, int from, int row, int rows, float[] factor, int at) {
        for (int j = 0; j < PANEL; j += L) {
            FloatVector f = FloatVector.fromArray(SPECIES, factor, at + j);
            for (int i = 0, p = from + j; i < rows; i++, p += row) {
                sigmoid(FloatVector.fromArray(SPECIES, z, p)).mul(f).intoArray(z, p);
            }
        }
    }

    @Override
    public void columnWeightedSum(
            float[] z, int from, int row, int rows, float[] weight, int weightFrom, float[] sum, int at) {
        for (int j = 0; j < PANEL; j += L) {
            FloatVector added = FloatVector.zero(SPECIES);
            for (int i = 0, p = from + j; i < rows; i++, p += row) {
                added = FloatVector.broadcast(SPECIES, weight[weightFrom + i])
                        .fma(FloatVector.fromArray(SPECIES, z, p), added);
            }
            FloatVector.fromArray(SPECIES, sum, at + j).add(added).intoArray(sum, at + j);
        }
    }

    @Override
    public void columnExpLess(
            float[] z,
            int from,
            int row,
            int rows,
            float[] shift,
            float[] factor,
            int at,
            float[] weight,
            int weightFrom,
            float[] less) {
        for (int j = 0; j < PANEL; j += L) {
            FloatVector s = FloatVector.fromArray(SPECIES, shift, at + j);
            FloatVector f = FloatVector.fromArray(SPECIES, factor, at + j);
            FloatVector e = FloatVector.fromArray(SPECIES, less, at + j).neg();
            for (int i = 0, p = from + j; i < rows; i++, p += row) {
                flushed(FloatVector.fromArray(SPECIES, z, p).sub(s))
                        .fma(f, e.mul(weight[weightFrom + i]))
                        .intoArray(z, p);
            }
        }
    }

    @Override
    public void scaleRows(float[] z, int from, int row, int rows, float[] factor, int factorFrom) {
        for (int i = 0; i < rows; i++) {
            scale(factor[factorFrom + i], z, from + i * row, PANEL);
        }
    }

    @Override
    public void columnSquares(float[] z, int from, int row, int rows, float[] sum, int at) {
        for (int j = 0; j < PANEL; j += L) {
            FloatVector added = FloatVector.zero(SPECIES);
            for (int i = 0, p = from + j; i < rows; i++, p += row) {
                FloatVector x = FloatVector.fromArray(SPECIES, z, p);
                added = x.fma(x, added);
            }
            FloatVector.fromArray(SPECIES, sum, at + j).add(added).intoArray(sum, at + j);
        }
    }

    @Override
    public void scaleColumns(float[] z, int from, int row, int rows, float[] factor, int at) {
        for (int j = 0; j < PANEL; j += L) {
            FloatVector f = FloatVector.fromArray(SPECIES, factor, at + j);
            for (int i = 0, p = from + j; i < rows; i++, p += row) {
                FloatVector.fromArray(SPECIES, z, p).mul(f).intoArray(z, p);
            }
        }
    }

    @Override
    public void scale(float a, float[] x, int from, int length) {
        int i = from;
        for (; i <= from + length - L; i += L) {
            FloatVector.fromArray(SPECIES, x, i).mul(a).intoArray(x, i);
        }
        for (; i < from + length; i++) {
            x[i] *= a;
        }
    }

    @Override
    public void softCap(float[] x, int from, int length, float inverse, float scale) {
        int i = from;
        for (; i <= from + length - L; i += L) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, i);
            tanh(v.mul(inverse))
                    .mul(scale)
                    .blend(Float.NEGATIVE_INFINITY, v.compare(LT, -Float.MAX_VALUE))
                    .intoArray(x, i);
        }
        for (; i < from + length; i++) {
            x[i] = x[i] == Float.NEGATIVE_INFINITY ? x[i] : scale * Tanh.tanh(x[i] * inverse);
        }
    }

    @Override
    public void softCapSlope(float[] a, int aFrom, float[] g, int gFrom, int length, float inverse, float slope) {
        int i = 0;
        for (; i <= length - L; i += L) {
            FloatVector t = FloatVector.fromArray(SPECIES, a, aFrom + i).mul(inverse);
            FloatVector left = t.neg().fma(t, FloatVector.broadcast(SPECIES, 1f));
            FloatVector.fromArray(SPECIES, g, gFrom + i)
                    .mul(FloatVector.zero(SPECIES)
                            .blend(left, left.compare(GT, 0f))
                            .mul(slope))
                    .intoArray(g, gFrom + i);
        }
        for (; i < length; i++) {
            float t = a[aFrom + i] * inverse;
            float left = Math.fma(-t, t, 1f);
            g[gFrom + i] *= slope * (left > 0f ? left : 0f);
        }
    }

    /** {@link Exp#flushed}, step by step. */
    private static FloatVector flushed(FloatVector x) {
        FloatVector t = x.fma(FloatVector.broadcast(SPECIES, Exp.LOG2E), FloatVector.broadcast(SPECIES, Exp.ROUND));
        FloatVector n = t.sub(Exp.ROUND);
        FloatVector r = n.fma(
                FloatVector.broadcast(SPECIES, -Exp.LN2_LO), n.fma(FloatVector.broadcast(SPECIES, -Exp.LN2_HI), x));
        FloatVector q = FloatVector.broadcast(SPECIES, Exp.Q4)
                .fma(r, FloatVector.broadcast(SPECIES, Exp.Q3))
                .fma(r, FloatVector.broadcast(SPECIES, Exp.Q2))
                .fma(r, FloatVector.broadcast(SPECIES, Exp.Q1))
                .fma(r, FloatVector.broadcast(SPECIES, Exp.Q0));
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        return q.fma(r, one)
                .fma(r, one)
                .reinterpretAsInts()
                .add(t.reinterpretAsInts().lanewise(LSHL, 23))
                .reinterpretAsFloats()
                .blend(0f, x.compare(LT, Exp.LEAST_NORMAL));
    }

    /** {@link Logistic#softplus}, step by step. */
    private static FloatVector softplus(FloatVector x) {
        FloatVector e = flushed(x.abs().neg());
        FloatVector s = e.div(e.add(2f));
        FloatVector t = s.mul(s);
        FloatVector p = FloatVector.broadcast(SPECIES, Logistic.C7)
                .fma(t, FloatVector.broadcast(SPECIES, Logistic.C6))
                .fma(t, FloatVector.broadcast(SPECIES, Logistic.C5))
                .fma(t, FloatVector.broadcast(SPECIES, Logistic.C4))
                .fma(t, FloatVector.broadcast(SPECIES, Logistic.C3))
                .fma(t, FloatVector.broadcast(SPECIES, Logistic.C2))
                .fma(t, FloatVector.broadcast(SPECIES, Logistic.C1))
                .fma(t, FloatVector.broadcast(SPECIES, 2f));
        return s.fma(p, FloatVector.zero(SPECIES).blend(x, x.compare(GT, 0f)));
    }

    /** {@link Logistic#sigmoid}, step by step. */
    private static FloatVector sigmoid(FloatVector x) {
        FloatVector e = flushed(x.abs().neg());
        return FloatVector.broadcast(SPECIES, 1f).blend(e, x.compare(LT, 0f)).div(e.add(1f));
    }

    /** {@link Tanh#tanh}, step by step. */
    private static FloatVector tanh(FloatVector x) {
        FloatVector size = x.abs();
        FloatVector y = size.blend(Tanh.ONE, size.compare(GT, Tanh.ONE)).mul(2f);
        FloatVector t = y.fma(FloatVector.broadcast(SPECIES, Exp.LOG2E), FloatVector.broadcast(SPECIES, Exp.ROUND));
        FloatVector n = t.sub(Exp.ROUND);
        FloatVector r = n.fma(
                FloatVector.broadcast(SPECIES, -Exp.LN2_LO), n.fma(FloatVector.broadcast(SPECIES, -Exp.LN2_HI), y));
        FloatVector q = FloatVector.broadcast(SPECIES, Exp.Q4)
                .fma(r, FloatVector.broadcast(SPECIES, Exp.Q3))
                .fma(r, FloatVector.broadcast(SPECIES, Exp.Q2))
                .fma(r, FloatVector.broadcast(SPECIES, Exp.Q1))
                .fma(r, FloatVector.broadcast(SPECIES, Exp.Q0));
        FloatVector power = powerOfTwo(t.reinterpretAsInts().sub(Exp.ROUND_BITS));
        FloatVector m = power.fma(q.mul(r).fma(r, r), power.sub(1f));
        FloatVector result = m.div(m.add(2f));
        return result.blend(result.neg(), x.compare(LT, 0f)).blend(x, x.compare(NE, x));
    }

    private static FloatVector powerOfTwo(IntVector n) {
        return n.add(127).lanewise(LSHL, 23).reinterpretAsFloats();
    }
}
