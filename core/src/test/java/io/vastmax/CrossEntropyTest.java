package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CrossEntropyTest {
    @Test
    void theMeanOfAllRowsToBeginWith() {
        assertThat(CrossEntropy.MEAN.isSum()).isFalse();
        assertThat(CrossEntropy.MEAN.ignores(-1)).isFalse();
        assertThat(CrossEntropy.MEAN.hasClassWeights()).isFalse();
        assertThat(CrossEntropy.MEAN.classWeight(7)).isEqualTo(1);
        assertThat(CrossEntropy.MEAN).hasToString("mean");
    }

    /** Each method changes one thing and keeps the others. */
    @Test
    void saysWhatItIsInAnyOrder() {
        float[] weights = {1, 0.5f, 0};
        CrossEntropy one = CrossEntropy.MEAN.ignoring(-100).summed().weighing(weights);
        CrossEntropy other = CrossEntropy.MEAN.weighing(weights).ignoring(-100).summed();
        weights[1] = 9;
        for (CrossEntropy each : new CrossEntropy[] {one, other}) {
            assertThat(each.isSum()).isTrue();
            assertThat(each.ignores(-100)).isTrue();
            assertThat(each.ignores(100)).isFalse();
            assertThat(each.hasClassWeights()).isTrue();
            assertThat(each.classWeight(1)).isEqualTo(0.5f);
            assertThat(each).hasToString(one.toString());
            assertThat(each.toString()).isEqualTo("sum, ignoring -100, weights of 3 classes from 0.0 to 1.0");
        }
        assertThat(CrossEntropy.MEAN.ignoring(0)).hasToString("mean, ignoring 0");
        assertThat(CrossEntropy.MEAN).hasToString("mean");
    }

    @ParameterizedTest
    @ValueSource(floats = {-1, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void refusesWeightsByPlaceAndValue(float wrong) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CrossEntropy.MEAN.weighing(1, wrong))
                .withMessage("classWeights[1] = " + wrong + ": must be finite and not negative");
    }

    @ParameterizedTest
    @CsvSource({
        "-0.1, labelSmoothing = -0.1: must be from 0 to below 1",
        "1, labelSmoothing = 1.0: must be from 0 to below 1",
        "NaN, labelSmoothing = NaN: must be from 0 to below 1"
    })
    void refusesAShareOutsideOfItsRange(double wrong, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CrossEntropy.MEAN.smoothing(wrong))
                .withMessage(message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CrossEntropy.MEAN.smoothingPath(wrong))
                .withMessage(message);
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesFocusAndZLossByNameAndValue(double wrong) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CrossEntropy.MEAN.focusing(wrong))
                .withMessage("focal = " + wrong + ": must be finite and not negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CrossEntropy.MEAN.withZLoss(wrong))
                .withMessage("zLoss = " + wrong + ": must be finite and not negative");
    }

    @Test
    void refusesAFocusBesideSmoothing() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CrossEntropy.MEAN.focusing(2).smoothing(0.1))
                .withMessage("focal = 2.0 beside labelSmoothing = 0.1: the focal loss is of hard labels");
    }

    @Test
    void whatIsZeroIsNotThere() {
        CrossEntropy nothing = CrossEntropy.MEAN
                .smoothing(0)
                .focusing(0)
                .withZLoss(0)
                .withMargin(Margin.additive(0))
                .withMargin(Margin.noise(0));
        assertThat(nothing).isEqualTo(CrossEntropy.MEAN);
        assertThat(CrossEntropy.MEAN.smoothingPath(0)).isEqualTo(CrossEntropy.MEAN);
        assertThat(nothing.features()).isEmpty();
    }

    @Test
    void checksTheNumberOfClassesAndWhatIsRefused() {
        assertThatCode(() -> CrossEntropy.MEAN.check("L", 5, Map.of())).doesNotThrowAnyException();
        assertThatCode(() -> CrossEntropy.MEAN.weighing(1, 2).check("L", 2, Map.of()))
                .doesNotThrowAnyException();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CrossEntropy.MEAN.weighing(1, 2).check("L", 3, Map.of()))
                .withMessage("classWeights holds 2 numbers for 3 classes");
        Map<CrossEntropy.Feature, String> refused =
                Map.of(CrossEntropy.Feature.FOCAL, "no focus", CrossEntropy.Feature.PATH_SMOOTHING, "no path");
        assertThatCode(() -> CrossEntropy.MEAN.smoothing(0.1).withZLoss(1e-4).check("L", 5, refused))
                .doesNotThrowAnyException();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CrossEntropy.MEAN.focusing(2).check("L", 5, refused))
                .withMessage("L does not take focal = 2.0: no focus");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CrossEntropy.MEAN.smoothingPath(0.1).check("L", 5, refused))
                .withMessage("L does not take labelSmoothing = 0.1 along the path: no path");
    }

    @Test
    void saysAllThatItIs() {
        assertThat(CrossEntropy.MEAN.smoothingPath(0.1).withZLoss(1e-4).withMargin(Margin.noise(0.5)))
                .hasToString("mean, label smoothing 0.1 along the path, z-loss 1.0E-4, noise 0.5");
        assertThat(CrossEntropy.MEAN.focusing(2).withMargin(Margin.additiveAngular(0.5)))
                .hasToString("mean, focal 2.0, additive angular margin 0.5");
    }
}
