package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarginTest {
    @Test
    void aMarginOfZeroIsNone() {
        assertThat(Margin.additive(0)).isEqualTo(Margin.NONE);
        assertThat(Margin.additiveAngular(0)).isEqualTo(Margin.NONE);
        assertThat(Margin.noise(0)).isEqualTo(Margin.NONE);
    }

    @Test
    void saysWhatItIs() {
        assertThat(Margin.NONE).hasToString("no margin");
        assertThat(Margin.additive(0.35)).hasToString("additive margin 0.35");
        assertThat(Margin.additiveAngular(0.5)).hasToString("additive angular margin 0.5");
        assertThat(Margin.noise(0.1)).hasToString("noise 0.1");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesByNameAndValue(double wrong) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Margin.additive(wrong))
                .withMessage("margin = " + wrong + ": must be finite and not negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Margin.additiveAngular(wrong))
                .withMessage("margin = " + wrong + ": must be from 0 to below pi");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Margin.noise(wrong))
                .withMessage("noise = " + wrong + ": must be finite and not negative");
    }

    @Test
    void anAngleEndsBelowPi() {
        assertThatCode(() -> Margin.additiveAngular(Math.nextDown(Math.PI))).doesNotThrowAnyException();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Margin.additiveAngular(Math.PI))
                .withMessage("margin = " + Math.PI + ": must be from 0 to below pi");
    }
}
