package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClassWeightsTest {
    private static final long[] COUNTS = {8, 0, 1, 3};

    private static void assertClose(ClassWeights actual, double... expected) {
        assertThat(actual.size()).isEqualTo(expected.length);
        double sum = 0;
        for (int c = 0; c < expected.length; c++) {
            assertThat((double) actual.get(c)).as("class %d", c).isCloseTo(expected[c], within(1e-6 * expected[c]));
            sum += expected[c];
        }
        assertThat(actual.sum()).isCloseTo(sum, within(1e-6 * sum));
    }

    /** Of all examples together. */
    private static double mean(ClassWeights weights, long... counts) {
        double sum = 0;
        double examples = 0;
        for (int c = 0; c < counts.length; c++) {
            sum += counts[c] * (double) weights.get(c);
            examples += counts[c];
        }
        return sum / examples;
    }

    /** N / (K n_c) with 12 examples of 3 classes. */
    @Test
    void byInverseFrequency() {
        assertClose(ClassWeights.inverseFrequency(COUNTS), 0.5, 0, 4, 4 / 3.0);
        assertClose(ClassWeights.inverseFrequency(7), 1);
        assertClose(ClassWeights.inverseFrequency(5, 5, 5), 1, 1, 1);
    }

    /** With beta = 1/2 they are as 128/255, 1 and 4/7: (1 - beta) / (1 - beta^n). */
    @Test
    void byTheEffectiveNumberOfExamples() {
        double often = 128 / 255.0;
        double twice = 4 / 7.0;
        double scale = 12 / (8 * often + 1 + 3 * twice);
        assertClose(ClassWeights.effectiveNumber(0.5, COUNTS), scale * often, 0, scale, scale * twice);
    }

    @Test
    void allEffectiveNumbersAreEqualForABetaOfZero() {
        assertClose(ClassWeights.effectiveNumber(0, COUNTS), 1, 0, 1, 1);
    }

    /** However near: nothing cancels. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-9, 1e-12, 0x1p-53})
    void theEffectiveNumberGoesToTheCountAsBetaGoesToOne(double less) {
        long[] counts = {1_000_000, 0, 1, 30};
        ClassWeights limit = ClassWeights.inverseFrequency(counts);
        ClassWeights near = ClassWeights.effectiveNumber(1 - less, counts);
        for (int c = 0; c < counts.length; c++) {
            double within = (1e-6 + counts[0] * less) * limit.get(c);
            assertThat((double) near.get(c)).isCloseTo(limit.get(c), within(within));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.5, 0.9, 0.9999, 0.99999999})
    void anExampleWeighsOneInTheMean(double beta) {
        for (long[] counts :
                new long[][] {COUNTS, {1}, {Integer.MAX_VALUE, 1, 2}, {4_000_000_000_000L, 17, 0, 0, 900}}) {
            assertThat(mean(ClassWeights.effectiveNumber(beta, counts), counts)).isCloseTo(1, within(1e-6));
            assertThat(mean(ClassWeights.inverseFrequency(counts), counts)).isCloseTo(1, within(1e-6));
        }
    }

    /** Neither what is handed in nor what is handed out can change them. */
    @Test
    void areAValue() {
        float[] numbers = {1, 0.25f};
        ClassWeights weights = ClassWeights.of(numbers);
        numbers[0] = 9;
        weights.toArray()[1] = 9;
        assertThat(weights.toArray()).containsExactly(1, 0.25f);
        assertThat(weights.sum()).isEqualTo(1.25);
        assertThat(weights).isEqualTo(ClassWeights.of(1, 0.25f)).hasSameHashCodeAs(ClassWeights.of(1, 0.25f));
        assertThat(weights).isNotEqualTo(ClassWeights.of(1, 0.5f)).hasToString("weights of 2 classes from 0.25 to 1.0");
    }

    @Test
    void refusesByNameAndValue() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassWeights.inverseFrequency(3, -1))
                .withMessage("counts[1] = -1: must not be negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassWeights.effectiveNumber(0.9, -2, 1))
                .withMessage("counts[0] = -2: must not be negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassWeights.inverseFrequency(0, 0))
                .withMessage("counts are all 0: no class occurs");
        for (double beta : new double[] {-0.1, 1, Double.NaN}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ClassWeights.effectiveNumber(beta, 3, 1))
                    .withMessage("beta = " + beta + ": must be from 0 to below 1");
        }
    }
}
