package io.vastmax.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** What is compared must be the same work. */
final class LossStepTest {
    private static final Offset<Float> CLOSE = within(1e-6f);

    @Test
    void bothImplementationsComputeTheSameEachTime() {
        Problem problem = new Problem(37, 12, 501);
        try (LossStep ours = LossStep.of(Implementation.VASTMAX, problem, 2);
                LossStep theirs = LossStep.of(Implementation.PYTORCH, problem, 2)) {
            for (int step = 0; step < 3; step++) {
                assertThat(ours.run()).isCloseTo(theirs.run(), within(1e-5));
                assertThat(ours.hiddenGradient()).containsExactly(theirs.hiddenGradient(), CLOSE);
                assertThat(ours.weightGradient()).containsExactly(theirs.weightGradient(), CLOSE);
                assertThat(ours.biasGradient()).containsExactly(theirs.biasGradient(), CLOSE);
            }
        }
    }
}
