package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SoftmaxTest {
    private static final float INF = Float.POSITIVE_INFINITY;

    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "2, 1",
        "15, 1",
        "16, 1",
        "17, 1",
        "100, 1",
        "2049, 1",
        "30000, 1",
        "17, 0.1",
        "2049, 0.5",
        "100, 3",
    })
    void vectors(int length, double temperature) {
        float[] logits = random(length);
        double[] expected = reference(logits, temperature);
        float[] probabilities = new float[length + 5];
        float[] logProbs = new float[length + 5];
        Softmax.softmax(logits, 0, probabilities, 3, length, temperature);
        Softmax.logSoftmax(logits, 0, logProbs, 3, length, temperature);
        double sum = 0;
        for (int i = 0; i < length; i++) {
            double p = Math.exp(expected[i]);
            double tolerance = 1e-6 * (1 + Math.abs(expected[i]));
            assertThat((double) probabilities[3 + i]).isCloseTo(p, within(p * tolerance + Float.MIN_VALUE));
            assertThat((double) logProbs[3 + i]).isCloseTo(expected[i], within(tolerance));
            sum += probabilities[3 + i];
        }
        assertThat(sum).isCloseTo(1, within(2e-6));
        assertThat(new float[] {probabilities[2], probabilities[length + 3], logProbs[2], logProbs[length + 3]})
                .containsOnly(0f);
    }

    @Test
    void wholeVectorsAndInPlace() {
        float[] logits = random(100);
        float[] ranged = new float[100];
        float[] whole = new float[100];
        float[] inPlace = logits.clone();
        Softmax.softmax(logits, 0, ranged, 0, 100, 1);
        Softmax.softmax(logits, whole);
        Softmax.softmax(inPlace, inPlace);
        assertThat(whole).isEqualTo(ranged);
        assertThat(inPlace).isEqualTo(ranged);
        float[] logInPlace = logits.clone();
        Softmax.logSoftmax(logits, 0, ranged, 0, 100, 1);
        Softmax.logSoftmax(logits, whole);
        Softmax.logSoftmax(logInPlace, logInPlace);
        assertThat(whole).isEqualTo(ranged);
        assertThat(logInPlace).isEqualTo(ranged);
        Softmax.softmax(new float[0], new float[0]);
        Softmax.logSoftmax(new float[0], new float[0]);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "8, 1", "2, 0.3"})
    void matricesRowByRow(int threads, double temperature) {
        Matrix logits = Matrix.wrap(7, 33, random(7 * 33));
        Matrix out = Matrix.zeros(7, 33);
        Matrix logOut = Matrix.zeros(7, 33);
        double[] lse = new double[7];
        Matrix inPlace = logits.copy();
        try (Workspace workspace = Workspace.ofThreads(threads)) {
            Softmax.softmax(logits, out, temperature, workspace);
            Softmax.logSoftmax(logits, logOut, temperature, workspace);
            Softmax.logSumExp(logits, lse, temperature, workspace);
            Softmax.softmax(inPlace, inPlace, temperature, workspace);
        }
        assertThat(inPlace.array()).isEqualTo(out.array());
        for (int row = 0; row < 7; row++) {
            float[] z = Arrays.copyOfRange(logits.array(), row * 33, (row + 1) * 33);
            float[] expected = new float[33];
            Softmax.softmax(z, 0, expected, 0, 33, temperature);
            assertThat(Arrays.copyOfRange(out.array(), row * 33, (row + 1) * 33))
                    .isEqualTo(expected);
            Softmax.logSoftmax(z, 0, expected, 0, 33, temperature);
            assertThat(Arrays.copyOfRange(logOut.array(), row * 33, (row + 1) * 33))
                    .isEqualTo(expected);
            assertThat(lse[row]).isEqualTo(LogSumExp.of(z, 0, 33, temperature).value());
        }
    }

    @Test
    void aMaskHasTheProbabilityZero() {
        float[] logits = {0, -INF, 0, -INF};
        float[] out = new float[4];
        Softmax.softmax(logits, out);
        assertThat(out).containsExactly(0.5f, 0, 0.5f, 0);
        Softmax.logSoftmax(logits, out);
        assertThat(out).containsExactly((float) -Math.log(2), -INF, (float) -Math.log(2), -INF);
    }

    @Test
    void hugeLogitsDoNotOverflow() {
        float[] out = new float[3];
        Softmax.softmax(new float[] {1e38f, 1e38f, -1e38f}, out);
        assertThat(out).containsExactly(0.5f, 0.5f, 0);
        Softmax.logSoftmax(new float[] {Float.MAX_VALUE, -Float.MAX_VALUE, 0}, out);
        assertThat(out).containsExactly(0, -INF, -Float.MAX_VALUE);
        Softmax.softmax(new float[] {0, -95, -103}, out);
        assertThat(out[1]).as("a denormal probability").isCloseTo((float) Math.exp(-95), within(Float.MIN_VALUE));
        assertThat(out[2]).isEqualTo(Float.MIN_VALUE);
    }

    static Stream<float[]> notDistributions() {
        float[] longOne = random(3000);
        longOne[2500] = Float.NaN;
        return Stream.of(
                new float[] {-INF},
                new float[] {-INF, -INF, -INF},
                new float[] {INF},
                new float[] {1, INF, -INF},
                new float[] {INF, INF},
                new float[] {1, Float.NaN, 2},
                new float[] {Float.NaN, INF},
                longOne);
    }

    @ParameterizedTest
    @MethodSource("notDistributions")
    void whatIsNoDistributionGivesNotANumber(float[] logits) {
        float[] out = new float[logits.length];
        Softmax.softmax(logits, out);
        assertThat(out).containsOnly(Float.NaN);
        Arrays.fill(out, 0);
        Softmax.logSoftmax(logits, out);
        assertThat(out).containsOnly(Float.NaN);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.5, Double.NaN, Double.POSITIVE_INFINITY, 1e60, 1e-60})
    void refusesATemperature(double temperature) {
        float[] x = new float[2];
        Matrix m = Matrix.zeros(1, 2);
        try (Workspace w = Workspace.ofThreads(1)) {
            for (Runnable call : new Runnable[] {
                () -> Softmax.softmax(x, 0, x, 0, 2, temperature),
                () -> Softmax.logSoftmax(x, 0, x, 0, 2, temperature),
                () -> Softmax.softmax(m, m, temperature, w),
                () -> Softmax.logSoftmax(m, m, temperature, w),
                () -> Softmax.logSumExp(m, new double[1], temperature, w)
            }) {
                assertThatIllegalArgumentException()
                        .isThrownBy(call::run)
                        .withMessage("temperature = " + temperature + ": must be positive and finite");
            }
        }
    }

    @Test
    void refusesWrongSizesByName() {
        Matrix m = Matrix.zeros(2, 3);
        try (Workspace w = Workspace.ofThreads(1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Softmax.softmax(new float[2], new float[3]))
                    .withMessage("out holds 3 numbers, but logits holds 2");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Softmax.logSoftmax(new float[2], new float[1]))
                    .withMessage("out holds 1 numbers, but logits holds 2");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Softmax.softmax(m, Matrix.zeros(3, 2), 1, w))
                    .withMessage("out is 3 x 2, but logits is 2 x 3");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Softmax.logSoftmax(m, Matrix.zeros(2, 2), 1, w))
                    .withMessage("out is 2 x 2, but logits is 2 x 3");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Softmax.logSumExp(m, new double[3], 1, w))
                    .withMessage("out holds 3 numbers, but logits has 2 rows");
        }
        float[] three = new float[3];
        assertThatThrownBy(() -> Softmax.softmax(three, 1, three, 0, 3, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> Softmax.logSoftmax(three, 0, three, 2, 2, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static double[] reference(float[] logits, double temperature) {
        double max = Double.NEGATIVE_INFINITY;
        for (float z : logits) {
            max = Math.max(max, z / temperature);
        }
        double sum = 0;
        for (float z : logits) {
            sum += Math.exp(z / temperature - max);
        }
        double[] logProbs = new double[logits.length];
        for (int i = 0; i < logits.length; i++) {
            logProbs[i] = logits[i] / temperature - max - Math.log(sum);
        }
        return logProbs;
    }

    private static float[] random(int length) {
        SplittableRandom random = new SplittableRandom(length);
        float[] x = new float[length];
        for (int i = 0; i < length; i++) {
            x[i] = (float) random.nextDouble(-10, 10);
        }
        return x;
    }
}
