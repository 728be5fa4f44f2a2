package io.vastmax.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FocalTest {
    @ParameterizedTest
    @CsvSource({"0.5, 2, 0.25", "0.5, 0.5, 0.70710678118654752", "0.75, 1, 0.25", "0.9, 5, 1e-5", "0, 3, 1"})
    void theWeightOfAProbability(double p, double gamma, double expected) {
        assertThat(Focal.weight(gamma, -Math.log(p))).isCloseTo(expected, within(1e-12));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.1, 0.5, 1, 2, 5, 100})
    void theSlopeIsThatOfTheLoss(double gamma) {
        for (double ce : new double[] {1e-4, 0.01, 0.3, 1, 4, 40, 1000}) {
            double step = 1e-5 * ce;
            double expected = (loss(gamma, ce + step) - loss(gamma, ce - step)) / (2 * step);
            assertThat(Focal.slope(gamma, ce))
                    .as("slope at %s", ce)
                    .isCloseTo(expected, within(1e-6 * Math.abs(expected) + Double.MIN_NORMAL));
        }
    }

    private static double loss(double gamma, double ce) {
        return Focal.weight(gamma, ce) * ce;
    }

    /** The share that is missing from 1 does not cancel: it is the cross-entropy itself. */
    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.5, 1, 2})
    void nearlyCertainRows(double gamma) {
        for (double ce : new double[] {1e-9, 1e-16, 1e-100}) {
            double weight = Math.pow(ce, gamma);
            assertThat(Focal.weight(gamma, ce)).isCloseTo(weight, within(1e-8 * weight));
            assertThat(Focal.slope(gamma, ce)).isCloseTo((1 + gamma) * weight, within(1e-8 * weight));
        }
    }

    /** Rounding may put the log-sum-exp below the logit; of a gamma below 1 the power's own slope is infinite there. */
    @ParameterizedTest
    @ValueSource(doubles = {0, -0.0, -1e-7})
    void certainRowsCountNothing(double ce) {
        for (double gamma : new double[] {0.1, 1, 2, 100}) {
            assertThat(Focal.weight(gamma, ce)).isZero();
            assertThat(Focal.slope(gamma, ce)).isZero();
        }
    }

    @Test
    void impossibleTargetsCountInFull() {
        for (double gamma : new double[] {0, 0.5, 2, 100}) {
            assertThat(Focal.weight(gamma, Double.POSITIVE_INFINITY)).isEqualTo(1);
            assertThat(Focal.slope(gamma, Double.POSITIVE_INFINITY)).isEqualTo(1);
        }
    }

    @Test
    void withoutAFocusItIsTheCrossEntropy() {
        for (double ce : new double[] {-1e-7, 0, 1e-7, 1, 1000}) {
            assertThat(Focal.weight(0, ce)).isEqualTo(1);
            assertThat(Focal.slope(0, ce)).isEqualTo(1);
        }
    }
}
