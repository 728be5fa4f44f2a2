package io.vastmax.testkit;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vastmax.CrossEntropy;
import io.vastmax.RandomKey;
import io.vastmax.SphericalSoftmax;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The spherical softmax passes the contract. */
class SphericalSoftmaxContractTest extends OutputLayerContract<SphericalSoftmax> {
    private static final double EPSILON = 0.1;

    @Override
    protected SphericalSoftmax create(int classes, int width, RandomKey key) {
        return SphericalSoftmax.create(classes, width, EPSILON, key);
    }

    @Override
    protected SphericalSoftmax minimising(SphericalSoftmax layer, CrossEntropy crossEntropy) {
        return layer.minimising(crossEntropy);
    }

    @Override
    protected Set<CrossEntropy.Feature> refused() {
        return EnumSet.complementOf(EnumSet.of(CrossEntropy.Feature.FOCAL));
    }

    /** Of a single class the two parts of a gradient cancel, each rounded by itself. */
    @Override
    protected double gradientNoise() {
        return 2e-6;
    }

    @Override
    protected boolean transforms() {
        return false;
    }

    @Override
    protected double[][] logProbs(SphericalSoftmax layer, Point at) {
        Precision precision = at.precision();
        double[][] scores = Reference.of(
                        at.block("spherical.weight"), at.block("spherical.bias"), at.hidden(), precision)
                .logits();
        for (double[] row : scores) {
            double sum = 0;
            for (int v = 0; v < row.length; v++) {
                row[v] = precision.round(precision.round(row[v] * row[v]) + layer.epsilon());
                sum = precision.round(sum + row[v]);
            }
            for (int v = 0; v < row.length; v++) {
                row[v] = precision.round(precision.round(Math.log(row[v])) - precision.round(Math.log(sum)));
            }
        }
        return scores;
    }

    @Test
    void refusesWhatItCannotDoByName() {
        SphericalSoftmax layer = create(5, 3, Problem.KEY);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> layer.minimising(CrossEntropy.MEAN.smoothing(0.1)))
                .withMessageContainingAll("spherical", "labelSmoothing = 0.1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> layer.minimising(CrossEntropy.MEAN.withZLoss(0.1)))
                .withMessageContainingAll("spherical", "zLoss = 0.1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SphericalSoftmax.create(5, 3, 0, Problem.KEY))
                .withMessage("epsilon = 0.0: must be positive and finite");
    }
}
