package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SelectivePredictionTest {
    private final Predictions predictions = new Predictions();

    /** Of confidence 0.9 one right, of 0.5 one right and two wrong, of 0.2 one wrong. */
    private SelectivePrediction five() {
        predictions.add(0.5, false);
        predictions.add(0.9, true);
        predictions.add(0.2, false);
        predictions.add(0.5, true);
        predictions.add(0.5, false);
        return predictions.selective();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 5, 2",
        "0.19, 5, 2",
        "0.2, 5, 2",
        "0.21, 4, 2",
        "0.5, 4, 2",
        "0.51, 1, 1",
        "0.9, 1, 1",
    })
    void aThresholdKeepsWhatReachesIt(double threshold, long kept, long right) {
        SelectivePrediction.Point point = five().at(threshold);
        assertThat(point).isEqualTo(new SelectivePrediction.Point(threshold, kept, right, 5));
        assertThat(point.coverage()).isEqualTo(kept / 5.0);
        assertThat(point.accuracy()).hasValue((double) right / kept);
    }

    @Test
    void whereNothingIsKeptNothingIsRightOrWrong() {
        SelectivePrediction.Point point = five().at(0.95);
        assertThat(point.kept()).isZero();
        assertThat(point.coverage()).isZero();
        assertThat(point.accuracy()).isEmpty();
    }

    @Test
    void theCurveHasAPointForEachPercent() {
        SelectivePrediction five = five();
        List<SelectivePrediction.Point> curve = five.curve();
        assertThat(curve).hasSize(101);
        assertThat(curve.getFirst().threshold()).isZero();
        assertThat(curve.getLast().threshold()).isEqualTo(1);
        assertThat(curve.get(29).threshold()).isEqualTo(0.29);
        for (SelectivePrediction.Point point : curve) {
            assertThat(point).isEqualTo(five.at(point.threshold()));
        }
    }

    /** 0.9: risk 0; three of 0.5: 2 of 4 wrong; 0.2: 3 of 5 wrong. */
    @Test
    void theAreaUnderRiskAndCoverage() {
        assertThat(five().areaUnderRiskCoverage()).isCloseTo((0 + 3 * 0.5 + 0.6) / 5, within(1e-15));
    }

    /** Against the definition, with many ties, in any order. */
    @Test
    void theAreaIsTheMeanRiskOverAllConfidences() {
        SplittableRandom random = new SplittableRandom(3);
        double[] confidences =
                random.doubles(300).map(c -> Math.round(c * 40) / 40.0).toArray();
        boolean[] right = new boolean[300];
        for (int i = 0; i < 300; i++) {
            right[i] = random.nextDouble() < confidences[i];
            predictions.add(confidences[i], right[i]);
        }
        double expected = 0;
        for (double threshold : confidences) {
            int kept = 0;
            int wrong = 0;
            for (int i = 0; i < 300; i++) {
                if (confidences[i] >= threshold) {
                    kept++;
                    wrong += right[i] ? 0 : 1;
                }
            }
            expected += (double) wrong / kept / 300;
        }
        SelectivePrediction selective = predictions.selective();
        assertThat(selective.areaUnderRiskCoverage()).isCloseTo(expected, within(1e-12));
    }

    @Test
    void allRightOrAllWrong() {
        predictions.add(0.3, true);
        predictions.add(0.6, true);
        assertThat(predictions.selective().areaUnderRiskCoverage()).isZero();
        Predictions wrong = new Predictions();
        wrong.add(0.3, false);
        assertThat(wrong.selective().areaUnderRiskCoverage()).isEqualTo(1);
        assertThat(wrong.selective().at(0).accuracy()).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
    void refusesThresholds(double threshold) {
        SelectivePrediction five = five();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> five.at(threshold))
                .withMessage("threshold = " + threshold + ": must be from 0 to 1");
    }
}
