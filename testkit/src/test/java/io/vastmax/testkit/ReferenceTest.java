package io.vastmax.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.Targets;
import org.junit.jupiter.api.Test;

/** The reference against numbers worked out by hand, and its gradients against its own differences. */
class ReferenceTest {
    private static final double[][] WEIGHT = {{1, 2}, {0, -1}, {3, 0.5}};
    private static final double[][] BIAS = {{0.5}, {0}, {-1}};
    private static final double[][] HIDDEN = {{1, -1}, {0.25, 2}};
    private static final Targets TARGETS = Targets.of(2, 0);

    private static Reference reference() {
        return Reference.of(WEIGHT, BIAS, HIDDEN, Precision.DOUBLE);
    }

    @Test
    void logitsAreProductsAndTheBias() {
        assertThat(reference().logits()).isDeepEqualTo(new double[][] {{-0.5, 1, 1.5}, {4.75, -2, 0.75}});
        assertThat(Reference.of(WEIGHT, null, HIDDEN, Precision.DOUBLE).logits())
                .isDeepEqualTo(new double[][] {{-1, 1, 2.5}, {4.25, -2, 1.75}});
    }

    @Test
    void lossIsLogSumExpMinusTheLogit() {
        double lse0 = Math.log(Math.exp(-0.5) + Math.exp(1) + Math.exp(1.5));
        double lse1 = Math.log(Math.exp(4.75) + Math.exp(-2) + Math.exp(0.75));
        assertThat(reference().logSumExp()).containsExactly(new double[] {lse0, lse1}, within(1e-14));
        assertThat(reference().losses(TARGETS)).containsExactly(new double[] {lse0 - 1.5, lse1 - 4.75}, within(1e-14));
        assertThat(reference().loss(TARGETS)).isCloseTo((lse0 - 1.5 + lse1 - 4.75) / 2, within(1e-14));
        assertThat(reference().logProbs()[1][2]).isCloseTo(0.75 - lse1, within(1e-14));
    }

    @Test
    void gradientsAreDifferencesOfTheLoss() {
        check(HIDDEN, reference().hiddenGradient(TARGETS));
        check(WEIGHT, reference().weightGradient(TARGETS));
        check(BIAS, reference().biasGradient(TARGETS));
    }

    @Test
    void singlePrecisionIsThatOfFloats() {
        float x = 0.1f;
        float y = 0.7f;
        float sum = x * x + y * y;
        assertThat(Precision.SINGLE.dot(new double[] {x, y}, new double[] {x, y}))
                .isEqualTo(sum);
        assertThat(Precision.SINGLE.logSumExp(0, 0)).isEqualTo((float) Math.log(2));
    }

    private static void check(double[][] block, double[][] gradient) {
        double step = 1e-6;
        for (int i = 0; i < block.length; i++) {
            for (int j = 0; j < block[i].length; j++) {
                double at = block[i][j];
                block[i][j] = at + step;
                double ahead = reference().loss(TARGETS);
                block[i][j] = at - step;
                double behind = reference().loss(TARGETS);
                block[i][j] = at;
                assertThat(gradient[i][j]).isCloseTo((ahead - behind) / (2 * step), within(1e-9));
            }
        }
    }
}
