package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.FullSoftmax;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import io.vastmax.Workspace;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemperatureFitTest {
    /** A loss that is convex in 1 / T, {@code 1 + best / T - log(best / T)}: lowest at {@code best}, where it is 2. */
    private static DoubleUnaryOperator lowestAt(double best) {
        return temperature -> 1 + best / temperature - Math.log(best / temperature);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1.3, 1", "0.7, 1", "6, 1", "0.06, 1", "19, 1", "1, 15", "40, 3", "0.01, 0.1", "1e-9, 1e-9"})
    void findsTheLowestLoss(double best, double start) {
        TemperatureFit fit = TemperatureFit.of(lowestAt(best), start);
        assertThat(fit.temperature()).isCloseTo(best, within(1e-3 * best));
        assertThat(fit.loss()).isEqualTo(lowestAt(best).applyAsDouble(fit.temperature()));
        assertThat(fit.evaluations()).isLessThanOrEqualTo(20);
        assertThat(fit.atEnd()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"0.001, 1, 0.05", "500, 1, 20", "500, 2, 40", "0.0499, 1, 0.05"})
    void saysSoAtAnEnd(double best, double start, double end) {
        TemperatureFit fit = TemperatureFit.of(lowestAt(best), start);
        assertThat(fit.atEnd()).isTrue();
        assertThat(fit.temperature()).isCloseTo(end, within(1e-12 * end));
        assertThat(fit.loss()).isEqualTo(lowestAt(best).applyAsDouble(fit.temperature()));
    }

    /** Not an end: the loss is lower inside, if only just. */
    @Test
    void closeToAnEnd() {
        TemperatureFit fit = TemperatureFit.of(lowestAt(0.0502), 1);
        assertThat(fit.atEnd()).isFalse();
        assertThat(fit.temperature()).isCloseTo(0.0502, within(5e-5));
    }

    @Test
    void theStartStaysWhereNoOtherIsLower() {
        TemperatureFit fit = TemperatureFit.of(temperature -> 5, 1.7);
        assertThat(fit.temperature()).isEqualTo(1.7);
        assertThat(fit.loss()).isEqualTo(5);
        assertThat(fit.atEnd()).isFalse();
    }

    /** Targets drawn from a softmax, and the same softmax with logits that are 2.5 times as large. */
    @Test
    void undoesOverconfidence() {
        int rows = 20_000;
        double overconfidence = 2.5;
        FullSoftmax layer = FullSoftmax.create(50, 8, RandomKey.of(1));
        SplittableRandom random = new SplittableRandom(2);
        float[] hidden = new float[rows * 8];
        for (int i = 0; i < hidden.length; i++) {
            hidden[i] = (float) random.nextDouble(-6, 6);
        }
        try (Workspace workspace = Workspace.ofThreads(2)) {
            int[] targets = new int[rows];
            layer.sample(Matrix.wrap(rows, 8, hidden), RandomKey.of(3), targets, workspace);
            TemperatureFit fit = TemperatureFit.of(
                    temperature -> {
                        float[] scaled = new float[hidden.length];
                        for (int i = 0; i < hidden.length; i++) {
                            scaled[i] = (float) (hidden[i] * overconfidence / temperature);
                        }
                        float[] logProbs = new float[rows];
                        layer.logProb(Matrix.wrap(rows, 8, scaled), targets, logProbs, workspace);
                        double loss = 0;
                        for (float logProb : logProbs) {
                            loss -= logProb;
                        }
                        return loss / rows;
                    },
                    1);
            // some three standard deviations: 1/T is estimated from 20,000 draws
            assertThat(fit.temperature()).isCloseTo(overconfidence, within(0.06));
            assertThat(fit.evaluations()).isLessThanOrEqualTo(15);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void refusesLossesThatAreNotFinite(double loss) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TemperatureFit.of(temperature -> loss, 1))
                .withMessageStartingWith("meanLoss is " + loss + " at T = 1.0: must be finite");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TemperatureFit.of(
                        temperature -> temperature < 0.5 ? loss : lowestAt(1).applyAsDouble(temperature), 1))
                .withMessageStartingWith("meanLoss is " + loss + " at T = 0.");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesStarts(double start) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TemperatureFit.of(lowestAt(1), start))
                .withMessage("start = " + start + ": must be positive and finite");
    }
}
