package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class ParametersTest {
    private final Parameter a = new Parameter("a", Matrix.zeros(2, 3));
    private final Parameter b = new Parameter("b", Matrix.zeros(4, 1));
    private final Parameter c = new Parameter("c", Matrix.zeros(0, 5));

    @Test
    void keepTheirOrder() {
        assertThat(Parameters.of(b, a).and(Parameters.of(c))).containsExactly(b, a, c);
        assertThat(Parameters.of()).isEmpty();
    }

    @Test
    void areFoundByName() {
        Parameters parameters = Parameters.of(a, b);
        assertThat(parameters.get("b")).isSameAs(b);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parameters.get("bias"))
                .withMessage("No parameter bias among [a, b]");
    }

    @Test
    void haveUniqueNames() {
        Parameter again = new Parameter("a", Matrix.zeros(1, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Parameters.of(a, b, again))
                .withMessage("Two parameters have the name a");
        assertThatIllegalArgumentException().isThrownBy(() -> Parameters.of(a).and(Parameters.of(again)));
    }

    @Test
    void areSharedWithoutBeingThereTwice() {
        assertThat(Parameters.of(a, b).and(Parameters.of(c, a))).containsExactly(a, b, c);
        assertThat(Parameters.of(a).contains(a)).isTrue();
        assertThat(Parameters.of(a).contains(new Parameter("a", a.value()))).isFalse();
    }

    @Test
    void withoutOthers() {
        Parameter another = new Parameter("b", b.value());
        assertThat(Parameters.of(a, b, c).without(Parameters.of(c, another))).containsExactly(a, b);
        assertThat(Parameters.of(a).without(Parameters.of(b, a))).isEmpty();
    }

    @Test
    void countTheirNumbers() {
        assertThat(Parameters.of(a, b, c).count()).isEqualTo(10);
    }

    @Test
    void describeThemselves() {
        assertThat(a).hasToString("a 2 x 3");
        assertThat(a.name()).isEqualTo("a");
    }
}
