package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogitTransformTest {
    @Test
    void eachMethodChangesOneThing() {
        LogitTransform both = LogitTransform.IDENTITY.withTemperature(1.5).withSoftCap(30);
        assertThat(both).isEqualTo(new LogitTransform(30, 1.5));
        assertThat(both.withSoftCap(Double.POSITIVE_INFINITY).withTemperature(1))
                .isEqualTo(LogitTransform.IDENTITY);
        assertThat(both.isCapped()).isTrue();
        assertThat(both.withSoftCap(Double.POSITIVE_INFINITY).isCapped()).isFalse();
    }

    @Test
    void saysWhatItIs() {
        assertThat(new LogitTransform(30, 1.5)).hasToString("soft-cap 30.0, temperature 1.5");
        assertThat(LogitTransform.IDENTITY.withTemperature(0.7)).hasToString("temperature 0.7");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.NEGATIVE_INFINITY})
    void refusesByNameAndValue(double wrong) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LogitTransform.IDENTITY.withSoftCap(wrong))
                .withMessage("softCap = " + wrong + ": must be positive");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LogitTransform.IDENTITY.withTemperature(wrong))
                .withMessage("temperature = " + wrong + ": must be positive and finite");
    }

    /** Infinite, or its reciprocal is in single precision, or is 0 there: logits would be NaN, or all alike. */
    @ParameterizedTest
    @ValueSource(doubles = {Double.POSITIVE_INFINITY, 1e-40, 1e50})
    void refusesATemperatureThatLogitsCannotBeDividedBy(double wrong) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LogitTransform.IDENTITY.withTemperature(wrong))
                .withMessage("temperature = " + wrong + ": must be positive and finite");
    }

    @ParameterizedTest
    @CsvSource({"1e-40, 1", "1e40, 1", "1e30, 1e-20", "1e-30, 1e20"})
    void refusesACapThatSinglePrecisionCannotHold(double softCap, double temperature) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LogitTransform(softCap, temperature))
                .withMessage("softCap = " + softCap + ", temperature = " + temperature
                        + ": must leave a quotient that single precision can hold");
    }
}
