package io.vastmax.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.FullSoftmax;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import io.vastmax.Workspace;
import org.junit.jupiter.api.Test;

class TemperatureSamplerTest {
    private static final int DRAWS = 20_000;

    /** Logits 0, 1, 2, 3 for a hidden state of 1. */
    private final FullSoftmax layer = FullSoftmax.of(Matrix.wrap(4, 1, new float[] {0, 1, 2, 3}), null);

    private final Matrix hidden = Matrix.wrap(1, 1, new float[] {1});
    private final Workspace workspace = Workspace.ofThreads(1);

    @Test
    void drawsFollowTheTemperedDistributionOfTheLikeliest() {
        double[] shares = shares(new TemperatureSampler(2, 3));
        double total = Math.exp(0.5) + Math.exp(1) + Math.exp(1.5);
        // 4.5 standard deviations of a share of one half
        double tolerance = 4.5 * Math.sqrt(0.25 / DRAWS);
        assertThat(shares[0]).isZero();
        for (int i = 1; i < 4; i++) {
            assertThat(shares[i]).isCloseTo(Math.exp(i / 2.0) / total, within(tolerance));
        }
    }

    @Test
    void temperatureZeroTakesTheLikeliest() {
        assertThat(shares(new TemperatureSampler(0, 4))[3]).isCloseTo(1, within(1e-9));
    }

    @Test
    void refusesWhatIsNoTemperatureAndNoNumber() {
        assertThatThrownBy(() -> new TemperatureSampler(-1, 4)).hasMessageContaining("temperature = -1.0");
        assertThatThrownBy(() -> new TemperatureSampler(Double.NaN, 4)).hasMessageContaining("temperature = NaN");
        assertThatThrownBy(() -> new TemperatureSampler(1, 0)).hasMessageContaining("k = 0");
    }

    private double[] shares(TemperatureSampler sampler) {
        double[] shares = new double[4];
        for (int i = 0; i < DRAWS; i++) {
            shares[sampler.sample(layer, hidden, new RandomKey(7, i), workspace)] += 1.0 / DRAWS;
        }
        return shares;
    }
}
