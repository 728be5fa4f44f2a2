package io.vastmax.internal.simd;

import static io.vastmax.internal.simd.Kernels.LANES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Vector and scalar kernels give the same bits, at awkward lengths and for awkward numbers. */
class KernelsTest {
    private static final float[] AWKWARD = {
        0f,
        -0f,
        1f,
        -1f,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        1e-40f,
        1e38f,
        -1e38f,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        Float.NEGATIVE_INFINITY,
        Float.POSITIVE_INFINITY,
        Float.NaN,
        88.7f,
        88.8f,
        -87.4f,
        -103.9f,
        -104f
    };

    private final Kernels vector = new VectorKernels();
    private final Kernels scalar = new ScalarKernels();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 6, 13, 15, 16, 17, 31, 32, 33, 47, 64, 207, 1000, 2047, 2048, 4098})
    void sameBitsAtAwkwardLengths(int length) {
        for (boolean awkward : new boolean[] {false, true}) {
            float[] x = numbers(length + 7, awkward, 1);
            float[] y = numbers(length + 7, awkward, 2);
            same(k -> new float[] {k.max(x, 3, length)});
            same(k -> new float[] {(float) k.sumExp(x, 3, length, 2.5f, 0.7f)});
            same(k -> new float[] {(float) k.sumExpTimes(x, 3, length, 2.5f, 0.7f)});
            same(k -> filled(LANES + 9, out -> out[0] = k.laneMaxima(x, 3, length, out, 5) ? 1 : 0));
            same(k -> collected(k, x, length));
            same(k -> kept(k, x, x.clone(), length));
            same(k -> {
                float[] copy = y.clone();
                return kept(k, copy, copy, length);
            });
            same(k -> new float[] {k.sum(x, 3, length)});
            same(k -> new float[] {k.dot(x, 3, y, 5, length)});
            assertThat(Double.toHexString(vector.squaredNorm(x, 3, length)))
                    .isEqualTo(Double.toHexString(scalar.squaredNorm(x, 3, length)));
            same(k -> filled(length + 7, out -> k.exp(x, 3, out, 5, length)));
            same(k -> filled(length + 7, out -> k.softplus(x, 3, out, 5, length)));
            same(k -> filled(length + 7, out -> k.sigmoid(x, 3, out, 5, length)));
            same(k -> filled(length + 7, out -> k.signedLog(x, 3, out, 5, length)));
            same(k -> filled(length + 7, out -> {
                k.signedUniforms(1, 2, 3, 4, new int[length + 7], out, length + 7);
                k.signedLog(out, 5, out, 5, length);
                k.signedLog(out, 5, out, 5, length);
            }));
            same(k -> filled(length + 7, out -> k.scaledExp(x, 3, out, 5, length, 2.5f, 0.7f, 0.3f)));
            same(k -> filled(length + 7, out -> k.shiftedDifference(x, 3, out, 5, length, 2.5f, 0.7f, 0.3f)));
            same(k -> filled(length + 7, out -> k.addScaled(1.7f, x, 3, out, 5, length)));
            same(k -> changed(x, out -> k.scale(0.3f, out, 3, length)));
            same(k -> changed(x, out -> k.softCap(out, 3, length, 0.25f, 2.5f)));
            same(k -> changed(x, out -> k.softCapSlope(y, 5, out, 3, length, 0.25f, 0.4f)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 7, 8, 9, 15, 16, 17, 100, 1027})
    void randomNumbersAreThoseOfPhilox(int length) {
        SplittableRandom random = new SplittableRandom(length);
        int[] ids = new int[length];
        for (int i = 0; i < length; i++) {
            ids[i] = i % 3 == 0 ? random.nextInt(Integer.MAX_VALUE) : i;
        }
        long seed = random.nextLong();
        long step = random.nextLong();
        int row = random.nextInt();
        same(k -> filled(length + 2, out -> k.signedUniforms(seed, step, row, 1L << 32, ids, out, length)));
        float[] x = filled(length, out -> scalar.signedUniforms(seed, step, row, 1L << 32, ids, out, length));
        for (int i = 0; i < length; i++) {
            double v = Philox.uniform(Philox.bits(seed, step, row, (1L << 32) + ids[i]));
            assertThat((double) x[i]).isCloseTo(v < 0.5 ? v : v - 1, within(0x1p-25));
        }
    }

    /** Both ends keep their relative accuracy: the number next to 1 is as precise as the one next to 0. */
    @Test
    void uniformNumbersAreSymmetric() {
        assertThat(Uniform.signed(0)).isEqualTo(0x1p-53f);
        assertThat(Uniform.signed(-1)).isEqualTo(-0x1p-53f);
        assertThat(Uniform.signed(5L << 12 | 7)).isEqualTo(11 * 0x1p-53f);
        assertThat(Uniform.signed(~(5L << 12))).isEqualTo(-11 * 0x1p-53f);
        assertThat(Uniform.signed(Long.MAX_VALUE)).isEqualTo(0.5f);
        assertThat(Uniform.signed(Long.MIN_VALUE)).isEqualTo(-0.5f);
    }

    @Test
    void logIsWithinTwoUlp() {
        double worst = 0;
        for (int bits = 0x00800000; bits < 0x7f800000; bits += Math.abs(bits - 0x3f800000) < 100_000 ? 1 : 251) {
            float x = Float.intBitsToFloat(bits);
            worst = Math.max(worst, x == 1 ? Log.signed(-x) : ulps(Log.signed(-x), StrictMath.log(x)));
        }
        assertThat(worst).isLessThanOrEqualTo(2.0);
    }

    /** From the end, where it is as small as they are, to beyond the middle. */
    @Test
    void logOfAComplementIsWithinThreeUlp() {
        double worst = 0;
        for (int bits = Float.floatToRawIntBits(0x1p-53f); bits <= Float.floatToRawIntBits(0.5f); bits += 101) {
            float x = Float.intBitsToFloat(bits);
            worst = Math.max(worst, ulps(Log.signed(x), StrictMath.log1p(-x)));
        }
        assertThat(worst).isLessThanOrEqualTo(3.0);
    }

    private static float[] collected(Kernels kernels, float[] x, int length) {
        float[] kept = new float[length + 3];
        int[] ids = new int[length + 3];
        int n = kernels.collect(x, 3, length, 0.4f, 100, kept, ids, 2);
        float[] all = Arrays.copyOf(Arrays.copyOfRange(kept, 2, 2 + n), 2 * n);
        for (int i = 0; i < n; i++) {
            all[n + i] = ids[2 + i];
        }
        return all;
    }

    private static float[] kept(Kernels kernels, float[] keys, float[] x, int length) {
        int[] ids = new int[length];
        Arrays.setAll(ids, i -> 100 + i);
        int n = kernels.keep(keys, 0.4f, x, ids, length);
        float[] all = Arrays.copyOf(x, 2 * n);
        for (int i = 0; i < n; i++) {
            all[n + i] = ids[i];
        }
        return all;
    }

    @Test
    void collectsWhatIsNoLess() {
        float[] x = {1, 3, Float.NaN, 2, Float.NEGATIVE_INFINITY, 2.5f, 2, -2};
        float[] kept = new float[8];
        int[] ids = new int[8];
        assertThat(scalar.collect(x, 1, 7, 2, 11, kept, ids, 1)).isEqualTo(4);
        assertThat(kept).containsExactly(0, 3, 2, 2.5f, 2, 0, 0, 0);
        assertThat(ids).containsExactly(0, 11, 13, 15, 16, 0, 0, 0);
    }

    @Test
    void sumsExponentialsTimesExponents() {
        float[] x = numbers(5_000, false, 11);
        double expected = 0;
        for (float a : x) {
            double d = (a - 2.5) * 0.7;
            expected += d * Math.exp(d);
        }
        assertThat(scalar.sumExpTimes(x, 0, x.length, 2.5f, 0.7f))
                .isCloseTo(expected, within(Math.abs(expected) * 1e-6));
        assertThat(scalar.sumExpTimes(new float[] {Float.NEGATIVE_INFINITY, -200}, 0, 2, 0, 1))
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({"1,32,1", "5,32,7", "6,64,256", "11,32,257", "12,96,100", "13,32,1", "128,32,300", "25,160,513"})
    void productsHaveTheSameBits(int rows, int columns, int depth) {
        int bRow = columns + 32;
        float[] b = numbers(depth * bRow + 3, false, 4);
        for (boolean transposed : new boolean[] {false, true}) {
            int aRow = transposed ? 1 : depth + 1;
            int aStep = transposed ? rows + 2 : 1;
            float[] a = numbers((rows + 2) * (depth + 1) + 5, false, 3);
            same(k -> filled(
                    rows * columns + 9,
                    c -> k.multiplyAdd(rows, columns, depth, a, 5, aRow, aStep, b, 3, bRow, c, 2, columns)));
        }
    }

    @Test
    void rowsOfDotProductsAreDotProducts() {
        float[] matrix = numbers(7 * 100 + 3, false, 5);
        float[] y = numbers(100, false, 6);
        same(k -> filled(9, out -> k.dotRows(matrix, 3, 100, 7, y, 0, out, 1)));
        float[] out = filled(9, o -> vector.dotRows(matrix, 3, 100, 7, y, 0, o, 1));
        assertThat(out[4]).isEqualTo(scalar.dot(matrix, 303, y, 0, 100));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8, 127, 128})
    void columnsHaveTheSameBits(int rows) {
        for (boolean awkward : new boolean[] {false, true}) {
            float[] z = numbers(rows * 40 + 5, awkward, 7);
            same(k -> {
                float[] state = new float[64];
                float[] sum = new float[64];
                Arrays.fill(state, Float.NEGATIVE_INFINITY);
                k.columnLogSumExp(z, 5, 40, rows / 2, state, sum, 3);
                k.columnLogSumExp(z, 5 + rows / 2 * 40, 40, rows - rows / 2, state, sum, 3);
                float[] both = Arrays.copyOf(state, 128);
                System.arraycopy(sum, 0, both, 64, 64);
                return both;
            });
            float[] shift = numbers(40, false, 8);
            float[] weight = numbers(rows + 1, false, 10);
            same(k -> {
                float[] copy = z.clone();
                k.columnExp(copy, 5, 40, rows, shift, shift, 2);
                return copy;
            });
            same(k -> {
                float[] copy = z.clone();
                k.columnSigmoid(copy, 5, 40, rows, shift, 2);
                return copy;
            });
            same(k -> filled(40, sum -> k.columnSoftplus(z, 5, 40, rows, sum, 3)));
            same(k -> filled(40, sum -> k.columnWeightedSum(z, 5, 40, rows, z, 1, sum, 3)));
            same(k -> filled(40, sum -> k.columnSquares(z, 5, 40, rows, sum, 3)));
            same(k -> changed(z, copy -> k.columnExpLess(copy, 5, 40, rows, shift, shift, 2, weight, 1, shift)));
            same(k -> changed(z, copy -> k.scaleRows(copy, 5, 40, rows, weight, 1)));
            same(k -> changed(z, copy -> k.scaleColumns(copy, 5, 40, rows, shift, 2)));
        }
    }

    @Test
    void maskedColumnsStayEmpty() {
        float[] z = new float[32];
        Arrays.fill(z, Float.NEGATIVE_INFINITY);
        float[] max = new float[32];
        float[] sum = new float[32];
        Arrays.fill(max, Float.NEGATIVE_INFINITY);
        vector.columnLogSumExp(z, 0, 32, 1, max, sum, 0);
        assertThat(max).containsOnly(Float.NEGATIVE_INFINITY);
        assertThat(sum).containsOnly(0f);
    }

    /** Against double precision, one float in 251 over the whole range, and all of them near its ends. */
    @Test
    void expIsWithinTwoUlp() {
        double worst = 0;
        for (float sign : new float[] {1, -1}) {
            int last = Float.floatToRawIntBits(105f);
            for (int bits = 0; bits < last; bits += bits > last - 200_000 ? 1 : 251) {
                worst = Math.max(worst, ulps(sign * Float.intBitsToFloat(bits)));
            }
        }
        for (float edge : new float[] {Exp.OVERFLOW, Exp.UNDERFLOW, -87.33654f}) {
            float x = edge;
            for (int i = 0; i < 1000; i++) {
                x = Math.nextDown(x);
            }
            for (int i = 0; i < 2000; i++) {
                worst = Math.max(worst, ulps(x));
                x = Math.nextUp(x);
            }
        }
        assertThat(worst).isLessThanOrEqualTo(2.0);
    }

    @Test
    void expAtItsEnds() {
        assertThat(Exp.exp(0f)).isEqualTo(1f);
        assertThat(Exp.exp(-0f)).isEqualTo(1f);
        assertThat(Exp.exp(Float.NEGATIVE_INFINITY)).isEqualTo(0f);
        assertThat(Exp.exp(-Float.MAX_VALUE)).isEqualTo(0f);
        assertThat(Exp.exp(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Exp.exp(Float.MAX_VALUE)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Exp.exp(Float.NaN)).isNaN();
        assertThat(Exp.exp(Exp.OVERFLOW)).isFinite();
        assertThat(Exp.exp(Math.nextUp(Exp.OVERFLOW))).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Exp.exp(Exp.UNDERFLOW)).isEqualTo(Float.MIN_VALUE);
        assertThat(Exp.exp(Math.nextDown(Exp.UNDERFLOW))).isEqualTo(0f);
    }

    /** Against double precision, from the ends to the middle; both ends keep their relative accuracy. */
    @Test
    void softplusAndSigmoidAreWithinFourUlp() {
        double worst = 0;
        int last = Float.floatToRawIntBits(87f);
        for (float sign : new float[] {1, -1}) {
            for (int bits = 0; bits < last; bits += 251) {
                float x = sign * Float.intBitsToFloat(bits);
                worst = Math.max(
                        worst, ulps(Logistic.softplus(x), Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))));
                worst = Math.max(worst, ulps(Logistic.sigmoid(x), 1 / (1 + Math.exp(-(double) x))));
            }
        }
        assertThat(worst).isLessThanOrEqualTo(4.0);
    }

    @Test
    void softplusAndSigmoidAtTheirEnds() {
        assertThat(Logistic.softplus(Float.NEGATIVE_INFINITY)).isZero();
        assertThat(Logistic.softplus(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Logistic.softplus(1e30f)).isEqualTo(1e30f);
        assertThat(Logistic.softplus(Float.NaN)).isNaN();
        assertThat(Logistic.sigmoid(Float.NEGATIVE_INFINITY)).isZero();
        assertThat(Logistic.sigmoid(Float.POSITIVE_INFINITY)).isEqualTo(1f);
        assertThat(Logistic.sigmoid(0f)).isEqualTo(0.5f);
        assertThat(Logistic.sigmoid(Float.NaN)).isNaN();
    }

    @Test
    void tanhIsWithinFourUlp() {
        double worst = 0;
        int last = Float.floatToRawIntBits(12f);
        for (float sign : new float[] {1, -1}) {
            for (int bits = Float.floatToRawIntBits(1e-30f); bits < last; bits += 251) {
                float x = sign * Float.intBitsToFloat(bits);
                worst = Math.max(worst, ulps(Tanh.tanh(x), Math.tanh(x)));
            }
        }
        assertThat(worst).isLessThanOrEqualTo(4.0);
        assertThat(Tanh.tanh(Float.POSITIVE_INFINITY)).isEqualTo(1f);
        assertThat(Tanh.tanh(Float.NEGATIVE_INFINITY)).isEqualTo(-1f);
        assertThat(Tanh.tanh(0f)).isZero();
        assertThat(Tanh.tanh(Float.NaN)).isNaN();
    }

    /** The slope of a cap is what differences give. */
    @Test
    void softCapAndItsSlope() {
        for (double z = -9; z < 9; z += 0.37) {
            float[] x = {(float) z};
            scalar.softCap(x, 0, 1, 1 / 4f, 4f / 1.5f);
            assertThat((double) x[0]).isCloseTo(4 * Math.tanh(z / 4) / 1.5, within(1e-6));
            float[] g = {3};
            scalar.softCapSlope(x, 0, g, 0, 1, 1.5f / 4, 1 / 1.5f);
            double slope = (Math.tanh((z + 1e-6) / 4) - Math.tanh((z - 1e-6) / 4)) / 2e-6 * 4 / 1.5;
            assertThat((double) g[0]).isCloseTo(3 * slope, within(1e-5));
        }
    }

    private static double ulps(float result, double expected) {
        return Math.abs(result - expected) / Math.ulp((float) expected);
    }

    private static double ulps(float x) {
        double expected = Math.exp(x);
        float result = Exp.exp(x);
        if (expected > Float.MAX_VALUE) {
            return result == (float) expected ? 0 : Double.POSITIVE_INFINITY;
        }
        return Math.abs(result - expected) / Math.ulp((float) expected);
    }

    private void same(java.util.function.Function<Kernels, float[]> run) {
        BiFunction<float[], Integer, String> hex = (x, i) -> Float.toHexString(x[i]);
        float[] expected = run.apply(scalar);
        float[] actual = run.apply(vector);
        for (int i = 0; i < expected.length; i++) {
            assertThat(hex.apply(actual, i)).as("element %d", i).isEqualTo(hex.apply(expected, i));
        }
    }

    private static float[] changed(float[] x, java.util.function.Consumer<float[]> run) {
        float[] copy = x.clone();
        run.accept(copy);
        return copy;
    }

    private static float[] filled(int length, java.util.function.Consumer<float[]> run) {
        float[] out = numbers(length, false, 9);
        run.accept(out);
        return out;
    }

    private static float[] numbers(int length, boolean awkward, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] x = new float[length];
        for (int i = 0; i < length; i++) {
            x[i] = awkward && random.nextInt(8) == 0
                    ? AWKWARD[random.nextInt(AWKWARD.length)]
                    : (float) random.nextDouble(-8, 8);
        }
        return x;
    }
}
