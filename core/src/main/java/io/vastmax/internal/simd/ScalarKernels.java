package io.vastmax.internal.simd;

import java.util.Arrays;

/** The kernels in plain Java: the definition of every bit, and what runs where the Vector API is not there. */
final class ScalarKernels implements Kernels {
    @Override
    public void exp(float[] x, int from, float[] out, int to, int length) {
        for (int i = 0; i < length; i++) {
            out[to + i] = Exp.exp(x[from + i]);
        }
    }

    @Override
    public void softplus(float[] x, int from, float[] out, int to, int length) {
        for (int i = 0; i < length; i++) {
            out[to + i] = Logistic.softplus(x[from + i]);
        }
    }

    @Override
    public void sigmoid(float[] x, int from, float[] out, int to, int length) {
        for (int i = 0; i < length; i++) {
            out[to + i] = Logistic.sigmoid(x[from + i]);
        }
    }

    @Override
    public void signedLog(float[] x, int from, float[] out, int to, int length) {
        for (int i = 0; i < length; i++) {
            out[to + i] = Log.signed(x[from + i]);
        }
    }

    @Override
    public void signedUniforms(long seed, long step, int row, long first, int[] ids, float[] out, int length) {
        for (int i = 0; i < length; i++) {
            out[i] = Uniform.signed(Philox.bits(seed, step, row, first + ids[i]));
        }
    }

    @Override
    public float max(float[] x, int from, int length) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + length; i++) {
            max = x[i] > max ? x[i] : max;
        }
        return max;
    }

    @Override
    public double sumExp(float[] x, int from, int length, float max, float scale) {
        double sum = 0;
        for (int i = 0; i < length; i += BLOCK) {
            sum += sumExpBlock(x, from + i, Math.min(BLOCK, length - i), max, scale);
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
            float[] lanes = new float[LANES];
            for (int i = 0; i < whole; i++) {
                lanes[i % LANES] = addExpTimes((x[at + i] - max) * scale, lanes[i % LANES]);
            }
            float blockSum = fold(lanes);
            for (int i = whole; i < n; i++) {
                blockSum = addExpTimes((x[at + i] - max) * scale, blockSum);
            }
            sum += blockSum;
        }
        return sum;
    }

    /** {@code d e^d + sum}. */
    static float addExpTimes(float d, float sum) {
        return Math.fma(d < Exp.LEAST_NORMAL ? 0f : d, Exp.flushed(d), sum);
    }

    @Override
    public boolean laneMaxima(float[] x, int from, int length, float[] out, int to) {
        boolean nan = false;
        Arrays.fill(out, to, to + LANES, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < length; i++) {
            float a = x[from + i];
            int lane = to + i % LANES;
            out[lane] = a > out[lane] ? a : out[lane];
            nan |= Float.isNaN(a);
        }
        return nan;
    }

    @Override
    public int collect(float[] x, int from, int length, float least, int firstId, float[] kept, int[] ids, int to) {
        int at = to;
        for (int i = 0; i < length; i++) {
            if (x[from + i] >= least) {
                kept[at] = x[from + i];
                ids[at++] = firstId + i;
            }
        }
        return at - to;
    }

    @Override
    public int keep(float[] keys, float least, float[] x, int[] ids, int length) {
        int at = 0;
        for (int i = 0; i < length; i++) {
            if (keys[i] >= least) {
                x[at] = x[i];
                ids[at++] = ids[i];
            }
        }
        return at;
    }

    private static float sumExpBlock(float[] x, int from, int length, float max, float scale) {
        float[] lanes = new float[LANES];
        int whole = length - length % LANES;
        for (int i = 0; i < whole; i++) {
            lanes[i % LANES] += Exp.flushed((x[from + i] - max) * scale);
        }
        float sum = fold(lanes);
        for (int i = whole; i < length; i++) {
            sum += Exp.flushed((x[from + i] - max) * scale);
        }
        return sum;
    }

    @Override
    public void scaledExp(float[] x, int from, float[] out, int to, int length, float max, float scale, float factor) {
        for (int i = 0; i < length; i++) {
            out[to + i] = Exp.exp((x[from + i] - max) * scale) * factor;
        }
    }

    @Override
    public void shiftedDifference(
            float[] x, int from, float[] out, int to, int length, float max, float scale, float shift) {
        for (int i = 0; i < length; i++) {
            out[to + i] = (x[from + i] - max) * scale - shift;
        }
    }

    @Override
    public float dot(float[] x, int xFrom, float[] y, int yFrom, int length) {
        float[] lanes = new float[LANES];
        int whole = length - length % LANES;
        for (int i = 0; i < whole; i++) {
            lanes[i % LANES] = Math.fma(x[xFrom + i], y[yFrom + i], lanes[i % LANES]);
        }
        float sum = fold(lanes);
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
        float[] lanes = new float[LANES];
        int whole = length - length % LANES;
        for (int i = 0; i < whole; i++) {
            lanes[i % LANES] += x[from + i];
        }
        float sum = fold(lanes);
        for (int i = whole; i < length; i++) {
            sum += x[from + i];
        }
        return sum;
    }

    @Override
    public double squaredNorm(float[] x, int from, int length) {
        double[] lanes = new double[LANES];
        int whole = length - length % LANES;
        for (int i = 0; i < whole; i++) {
            lanes[i % LANES] = Math.fma((double) x[from + i], (double) x[from + i], lanes[i % LANES]);
        }
        double sum = fold(lanes);
        for (int i = whole; i < length; i++) {
            sum = Math.fma((double) x[from + i], (double) x[from + i], sum);
        }
        return sum;
    }

    @Override
    public void addScaled(float a, float[] x, int from, float[] y, int to, int length) {
        for (int i = 0; i < length; i++) {
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
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < depth; k++) {
                addScaled(a[aFrom + i * aRow + k * aStep], b, bFrom + k * bRow, c, cFrom + i * cRow, columns);
            }
        }
    }

    @Override
    public void columnLogSumExp(float[] z, int from, int row, int rows, float[] max, float[] sum, int at) {
        for (int j = 0; j < PANEL; j++) {
            float before = max[at + j];
            float after = before;
            for (int i = 0; i < rows; i++) {
                float x = z[from + i * row + j];
                after = x > after ? x : after;
            }
            float shift = after > Float.NEGATIVE_INFINITY ? after : 0f;
            float added = 0f;
            for (int i = 0; i < rows; i++) {
                added += Exp.flushed(z[from + i * row + j] - shift);
            }
            max[at + j] = after;
            sum[at + j] = Math.fma(sum[at + j], Exp.flushed(before - shift), added);
        }
    }

    @Override
    public void columnSoftplus(float[] z, int from, int row, int rows, float[] sum, int at) {
        for (int j = 0; j < PANEL; j++) {
            float even = sum[at + j];
            float odd = 0f;
            for (int i = 0; i < rows; i++) {
                float x = Logistic.softplus(z[from + i * row + j]);
                even += i % 2 == 0 ? x : 0f;
                odd += i % 2 == 0 ? 0f : x;
            }
            sum[at + j] = even + odd;
        }
    }

    @Override
    public void columnSigmoid(float[] z, int from, int row, int rows, float[] factor, int at) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < PANEL; j++) {
                int p = from + i * row + j;
                z[p] = Logistic.sigmoid(z[p]) * factor[at + j];
            }
        }
    }

    @Override
    public void columnExp(float[] z, int from, int row, int rows, float[] shift, float[] factor, int at) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < PANEL; j++) {
                int p = from + i * row + j;
                z[p] = Exp.flushed(z[p] - shift[at + j]) * factor[at + j];
            }
        }
    }

    @Override
    public void columnWeightedSum(
            float[] z, int from, int row, int rows, float[] weight, int weightFrom, float[] sum, int at) {
        for (int j = 0; j < PANEL; j++) {
            float added = 0f;
            for (int i = 0; i < rows; i++) {
                added = Math.fma(weight[weightFrom + i], z[from + i * row + j], added);
            }
            sum[at + j] += added;
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
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < PANEL; j++) {
                int p = from + i * row + j;
                float own = weight[weightFrom + i] * less[at + j];
                z[p] = Math.fma(Exp.flushed(z[p] - shift[at + j]), factor[at + j], -own);
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
        for (int j = 0; j < PANEL; j++) {
            float added = 0f;
            for (int i = 0; i < rows; i++) {
                float x = z[from + i * row + j];
                added = Math.fma(x, x, added);
            }
            sum[at + j] += added;
        }
    }

    @Override
    public void scaleColumns(float[] z, int from, int row, int rows, float[] factor, int at) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < PANEL; j++) {
                z[from + i * row + j] *= factor[at + j];
            }
        }
    }

    @Override
    public void scale(float a, float[] x, int from, int length) {
        for (int i = from; i < from + length; i++) {
            x[i] *= a;
        }
    }

    @Override
    public void softCap(float[] x, int from, int length, float inverse, float scale) {
        for (int i = from; i < from + length; i++) {
            x[i] = x[i] == Float.NEGATIVE_INFINITY ? x[i] : scale * Tanh.tanh(x[i] * inverse);
        }
    }

    @Override
    public void softCapSlope(float[] a, int aFrom, float[] g, int gFrom, int length, float inverse, float slope) {
        for (int i = 0; i < length; i++) {
            float t = a[aFrom + i] * inverse;
            float left = Math.fma(-t, t, 1f);
            g[gFrom + i] *= slope * (left > 0f ? left : 0f);
        }
    }

    /** The lanes' sum, in halves; uses the array up. */
    static float fold(float[] lanes) {
        for (int half = LANES / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                lanes[i] += lanes[i + half];
            }
        }
        return lanes[0];
    }

    /** The lanes' sum, in halves; uses the array up. */
    static double fold(double[] lanes) {
        for (int half = LANES / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                lanes[i] += lanes[i + half];
            }
        }
        return lanes[0];
    }
}
