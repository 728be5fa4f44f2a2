package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class TargetsTest {
    @Test
    void keepsACopy() {
        int[] ids = {3, 1};
        Targets targets = Targets.of(ids);
        ids[0] = 0;
        assertThat(targets.size()).isEqualTo(2);
        assertThat(targets.id(0)).isEqualTo(3);
        assertThat(Targets.of().size()).isZero();
    }

    @Test
    void acceptsOneClassARow() {
        assertThatCode(() -> Targets.of(0, 4, 4).check(3, 5)).doesNotThrowAnyException();
        assertThatCode(() -> Targets.of().check(0, 5)).doesNotThrowAnyException();
    }

    @Test
    void refusesByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.of(0, 4).check(3, 5))
                .withMessage("targets holds 2 ids, but hidden has 3 rows");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.of(0, 5).check(2, 5))
                .withMessage("targets[1] = 5: must be from 0 to 4");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.of(-1).check(1, 5))
                .withMessage("targets[0] = -1: must be from 0 to 4");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Targets.of(5).check("ids", 1, 5))
                .withMessage("ids[0] = 5: must be from 0 to 4");
    }
}
