package io.vastmax;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Class 2 of 3 has a bias of -inf; the logits of the others are 1 and 0. */
class MaskedClassesTest {
    private static final double P = 1 / (1 + Math.exp(-1));

    private final Workspace workspace = Workspace.ofThreads(1);
    private final Matrix bias = Matrix.copyOf(new float[][] {{0}, {0}, {Float.NEGATIVE_INFINITY}});
    private final FullSoftmax layer = FullSoftmax.of(Matrix.copyOf(new float[][] {{1}, {0}, {5}}), bias);
    private final Gradients gradients = layer.newGradients();

    @AfterEach
    void close() {
        workspace.close();
    }

    private double loss(CrossEntropy objective, Targets targets) {
        Matrix hidden = Matrix.copyOf(new float[][] {{1}});
        return layer.minimising(objective)
                .lossAndGradients(hidden, targets, new Step(RandomKey.of(1), workspace), null, gradients);
    }

    private void assertBiasGradient(double first, double second, double masked) {
        float[] actual = gradients.dense(requireNonNull(layer.bias())).array();
        assertThat(actual).containsExactly(new float[] {(float) first, (float) second, (float) masked}, within(1e-6f));
    }

    /** As without a focus: the weight of a row whose target has the probability 0 is 1. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.5, 2})
    void anImpossibleTargetHasAnInfiniteLossButNumbersForGradients(double gamma) {
        assertThat(loss(CrossEntropy.MEAN.focusing(gamma), Targets.of(2))).isEqualTo(Double.POSITIVE_INFINITY);
        assertBiasGradient(P, 1 - P, -1);
    }

    /** A class that is listed with the probability 0 is one that is not listed. */
    @Test
    void mayHaveTheProbabilityZero() {
        Targets listed = Targets.ofProbabilities(new int[][] {{0, 2}}, new float[][] {{1, 0}});
        assertThat(loss(CrossEntropy.MEAN, listed)).isCloseTo(-Math.log(P), within(1e-6));
        assertBiasGradient(P - 1, 1 - P, 0);
    }

    /** Nor does a class count that weighs nothing. */
    @Test
    void mayWeighNothing() {
        Targets both = Targets.ofSeveral(new int[] {0, 2});
        assertThat(loss(CrossEntropy.MEAN.weighing(1, 1, 0), both)).isCloseTo(-Math.log(P) / 2, within(1e-6));
        assertBiasGradient((P - 1) / 2, (1 - P) / 2, 0);
    }
}
