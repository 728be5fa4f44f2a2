package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LearningRateTest {
    @ParameterizedTest
    @CsvSource({
        // step, rate
        "0, 0.5",
        "1, 1.0",
        "3, 2.0",
        "4, 2.0",
        "8, 1.0",
        "11, 0.25",
        "12, 0",
        "13, 0",
        "9223372036854775807, 0",
    })
    void linearRisesAndFalls(long step, double rate) {
        assertThat(LearningRate.linear(2, 4, 12).at(step)).isCloseTo(rate, within(1e-15));
    }

    @ParameterizedTest
    @CsvSource({
        // step, rate
        "0, 0.5",
        "3, 2.0",
        "4, 2.0",
        "6, 1.7803300858899107",
        "8, 1.25",
        "10, 0.7196699141100893",
        "12, 0.5",
        "100, 0.5",
    })
    void cosineRisesAndFallsToItsFloor(long step, double rate) {
        assertThat(LearningRate.cosine(2, 0.5, 4, 12).at(step)).isCloseTo(rate, within(1e-15));
    }

    @Test
    void withoutWarmUpTheFirstRateIsWhole() {
        assertThat(LearningRate.linear(2, 0, 10).at(0)).isEqualTo(2);
        assertThat(LearningRate.cosine(2, 0, 0, 10).at(0)).isEqualTo(2);
        assertThat(LearningRate.cosine(2, 0, 0, 10).at(10)).isZero();
    }

    @Test
    void constantStays() {
        assertThat(LearningRate.constant(0.3).at(0)).isEqualTo(0.3);
        assertThat(LearningRate.constant(0.3).at(Long.MAX_VALUE)).isEqualTo(0.3);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesRates(double rate) {
        String message = "rate = " + rate + ": must be positive and finite";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LearningRate.constant(rate))
                .withMessage(message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LearningRate.linear(rate, 0, 1))
                .withMessage(message);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LearningRate.cosine(rate, 0, 0, 1))
                .withMessage(message);
    }

    @ParameterizedTest
    @CsvSource({"-1, 5", "5, 5", "6, 5", "0, 0"})
    void refusesSteps(long warmUp, long total) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LearningRate.linear(1, warmUp, total))
                .withMessageContaining("warmUp = " + warmUp + ", total = " + total);
        assertThatIllegalArgumentException().isThrownBy(() -> LearningRate.cosine(1, 0, warmUp, total));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
    void refusesFloors(double floor) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LearningRate.cosine(1, floor, 0, 1))
                .withMessageContaining("floor = " + floor);
    }
}
