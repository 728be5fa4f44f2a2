package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogSumExpTest {
    private static final float INF = Float.POSITIVE_INFINITY;
    private static final float NAN = Float.NaN;

    static Stream<Arguments> table() {
        return Stream.of(
                // logits, log-sum-exp
                row(floats(), -INF),
                row(floats(-INF), -INF),
                row(floats(-INF, -INF, -INF), -INF),
                row(floats(3.25f), 3.25f),
                row(floats(-INF, -7.5f, -INF), -7.5),
                row(floats(0, 0), Math.log(2)),
                row(floats(1, 2, 3), 3.4076059644443806),
                row(floats(1e38f, 1e38f), 1e38f),
                row(floats(-1e38f, -1e38f), -1e38f),
                row(floats(-1e38f, 1e38f), 1e38f),
                row(floats(-Float.MAX_VALUE, Float.MAX_VALUE), Float.MAX_VALUE),
                row(floats(-Float.MAX_VALUE, -INF), -Float.MAX_VALUE),
                row(floats(Float.MIN_VALUE, -Float.MIN_VALUE, 1e-40f, 0f), Math.log(4)),
                row(floats(0, -87, -88, -103, -104, -1000), Math.log1p(Math.exp(-87))),
                row(floats(INF), INF),
                row(floats(INF, INF, 0), INF),
                row(floats(-INF, INF), INF),
                row(floats(NAN), NAN),
                row(floats(NAN, -INF), NAN),
                row(floats(-INF, NAN), NAN),
                row(floats(1, NAN, 2), NAN),
                row(floats(NAN, INF), NAN),
                row(floats(INF, NAN), NAN));
    }

    /** By itself, as the last part of a full register, and in a later block of the sum than masks or small logits. */
    @ParameterizedTest
    @MethodSource("table")
    void ofAwkwardLogits(float[] logits, double expected) {
        assertClose(LogSumExp.of(logits).value(), expected);
        for (int before : new int[] {1, 15, 16, 33, 2047, 2048, 5000}) {
            float[] padded = new float[before + logits.length + 3];
            Arrays.fill(padded, -INF);
            System.arraycopy(logits, 0, padded, before, logits.length);
            assertClose(LogSumExp.of(padded).value(), expected);
            assertClose(LogSumExp.of(padded, before, logits.length).value(), expected);
        }
    }

    @ParameterizedTest
    @MethodSource("table")
    void emptyIsTheIdentity(float[] logits, double expected) {
        LogSumExp lse = LogSumExp.of(logits);
        assertThat(lse.merge(LogSumExp.EMPTY)).isEqualTo(lse);
        assertThat(LogSumExp.EMPTY.merge(lse)).isEqualTo(lse);
        assertThat(LogSumExp.EMPTY.value()).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @ParameterizedTest
    @MethodSource("table")
    void partsOfAwkwardLogitsMergeIntoTheWhole(float[] logits, double expected) {
        for (int cut = 0; cut <= logits.length; cut++) {
            LogSumExp left = LogSumExp.of(logits, 0, cut);
            LogSumExp right = LogSumExp.of(logits, cut, logits.length - cut);
            assertClose(left.merge(right).value(), expected);
            assertClose(right.merge(left).value(), expected);
        }
    }

    @Property(tries = 100)
    void mergeIsThatOfTheWhole(
            @ForAll @IntRange(max = 5000) int length,
            @ForAll @IntRange(max = 5000) int cut,
            @ForAll @DoubleRange(min = 0.1, max = 1e38) double spread) {
        float[] logits = random(length, spread);
        int at = Math.min(cut, length);
        LogSumExp merged = LogSumExp.of(logits, 0, at).merge(LogSumExp.of(logits, at, length - at));
        assertClose(merged.value(), LogSumExp.of(logits).value());
    }

    @Property(tries = 300)
    void mergeIsAssociativeAndCommutative(
            @ForAll @Size(max = 20) float[] x, @ForAll @Size(max = 20) float[] y, @ForAll @Size(max = 20) float[] z) {
        LogSumExp a = LogSumExp.of(x);
        LogSumExp b = LogSumExp.of(y);
        LogSumExp c = LogSumExp.of(z);
        assertThat(a.merge(b)).isEqualTo(b.merge(a));
        assertClose(a.merge(b).merge(c).value(), a.merge(b.merge(c)).value());
    }

    @Property(tries = 300)
    void isAboveTheLargestByAtMostTheLogarithmOfTheNumber(
            @ForAll @Size(min = 1, max = 50) @FloatRange(min = -1e38f, max = 1e38f) float[] logits) {
        double max = LogSumExp.of(logits).max();
        assertThat(LogSumExp.of(logits).value()).isBetween(max, max + Math.log(logits.length) + Math.abs(max) * 1e-15);
    }

    /** The sum is off by less than 2^-21, as promised, and by less than a plain loop in floats. */
    @ParameterizedTest
    @ValueSource(
            ints = {1, 2, 3, 15, 16, 17, 31, 33, 127, 1000, 2047, 2048, 2049, 4097, 33_278, 65_535, 131_071, 131_072})
    void keepsToTheErrorBudget(int classes) {
        for (double spread : new double[] {0.1, 1, 10, 80}) {
            float[] logits = random(classes, spread);
            float max = LogSumExp.of(logits).max();
            double expected = 0;
            float naive = 0;
            for (float z : logits) {
                expected += Math.exp((double) z - max);
                naive += (float) Math.exp(z - max);
            }
            double error = Math.abs(LogSumExp.of(logits).sum() / expected - 1);
            assertThat(error).isLessThan(0x1p-21).isLessThanOrEqualTo(2 * Math.abs(naive / expected - 1) + 0x1p-21);
            assertThat(LogSumExp.of(logits).value()).isCloseTo(max + Math.log(expected), within(5e-7));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.7, 1, 1.5, 100, 1e6})
    void dividesByTheTemperature(double temperature) {
        for (int classes : new int[] {1, 5, 100, 3000}) {
            float[] logits = random(classes, 8);
            double expected = 0;
            for (float z : logits) {
                expected += Math.exp((z - LogSumExp.of(logits).max()) / temperature);
            }
            expected = LogSumExp.of(logits).max() / temperature + Math.log(expected);
            assertThat(LogSumExp.of(logits, 0, classes, temperature).value())
                    .isCloseTo(expected, within(2e-6 * (1 + Math.abs(expected))));
        }
        assertThat(LogSumExp.of(floats(-INF, -INF), 0, 2, temperature).value()).isEqualTo(-INF);
        assertThat(LogSumExp.of(floats(), 0, 0, temperature)).isEqualTo(LogSumExp.EMPTY);
        assertThat(LogSumExp.of(floats(2, NAN), 0, 2, temperature).value()).isNaN();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e60, 1e-60})
    void refusesATemperature(double temperature) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LogSumExp.of(new float[3], 0, 3, temperature))
                .withMessageContaining("temperature = " + temperature);
    }

    @Test
    void refusesRangesBeyondTheArray() {
        for (int[] range : new int[][] {{-1, 2}, {2, 2}, {0, 4}, {4, 0}, {0, -1}}) {
            assertThatThrownBy(() -> LogSumExp.of(new float[3], range[0], range[1]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    private static float[] random(int length, double spread) {
        SplittableRandom random = new SplittableRandom(length);
        float[] x = new float[length];
        for (int i = 0; i < length; i++) {
            x[i] = (float) random.nextDouble(-spread, spread);
        }
        return x;
    }

    private static void assertClose(double actual, double expected) {
        if (Double.isFinite(expected)) {
            assertThat(actual).isCloseTo(expected, within(1e-6 + 1e-15 * Math.abs(expected)));
        } else {
            assertThat(actual).isEqualTo(Double.valueOf(expected));
        }
    }

    private static Arguments row(float[] logits, double expected) {
        return Arguments.of(logits, expected);
    }

    private static float[] floats(float... x) {
        return x;
    }
}
