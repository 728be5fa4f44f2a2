package io.vastmax.sampled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What smoothed labels take from a sample in place of the sum over all classes, {@code sum_c w_c z_c}, is right in the mean,
 * with the draws that hit the target and though their terms in the log-sum-exp are masked.
 */
class SmoothingEstimateTest {
    private static final int CLASSES = 12;
    private static final int KEYS = 4000;
    private static final double SHARE = 0.5;
    private static final double TEMPERATURE = 0.8;

    /** The target's logit is the largest by far: without it the sum would be another. */
    private static final int TARGET = 1;

    record Case(String name, NegativeSampler sampler, boolean own, boolean corrects) {
        @Override
        public String toString() {
            return name + (own ? ", per example" : ", shared") + (corrects ? ", targets corrected" : "");
        }
    }

    /** Samplers whose expected counts are exact. */
    static Stream<Case> cases() {
        NegativeSampler replaced = NegativeSampler.withReplacement(ClassDistribution.logUniform(CLASSES), 30);
        NegativeSampler distinct = NegativeSampler.distinctUniform(CLASSES, 5);
        NegativeSampler mixture = NegativeSampler.mixture(replaced, distinct);
        return Stream.of(false, true)
                .flatMap(own -> Stream.of(
                        new Case("with replacement", replaced, own, false),
                        new Case("with replacement", replaced, own, true),
                        new Case("distinct", distinct, own, false),
                        new Case("both", mixture, own, true)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isUnbiased(Case test) {
        float[] z = new float[CLASSES];
        float[] weights = new float[CLASSES];
        double expected = 0;
        double all = 0;
        for (int c = 0; c < CLASSES; c++) {
            z[c] = c == TARGET ? 6 : (c * 5 % 7 - 3) / 2f;
            weights[c] = 0.5f + c % 3;
            expected += weights[c] * z[c] / TEMPERATURE;
            all += weights[c];
        }
        FullSoftmax layer = FullSoftmax.of(Matrix.wrap(CLASSES, 1, z), null)
                .transforming(LogitTransform.IDENTITY.withTemperature(TEMPERATURE));
        CrossEntropy sharp = CrossEntropy.MEAN.weighing(weights);
        SampledSoftmax sampled =
                SampledSoftmax.of(layer, test.sampler()).perExample(test.own()).correctingTargets(test.corrects());
        double sum = 0;
        double squares = 0;
        try (Workspace workspace = Workspace.ofThreads(1)) {
            for (int i = 0; i < KEYS; i++) {
                Step step = new Step(new RandomKey(3, i), workspace);
                double[] hard = row(sampled.minimising(sharp), step);
                double[] soft = row(sampled.minimising(sharp.smoothing(SHARE)), step);
                double spread = (soft[0] - (1 - SHARE) * hard[0]) * CLASSES / SHARE;
                double estimate = all * hard[1] - spread;
                sum += estimate;
                squares += estimate * estimate;
            }
        }
        double mean = sum / KEYS;
        double error = Math.sqrt((squares / KEYS - mean * mean) / KEYS);
        assertThat(error).as("resolution").isBetween(1e-3, weights[TARGET] * z[TARGET] / TEMPERATURE / 20);
        assertThat(mean).isCloseTo(expected, within(4 * error));
    }

    /** Loss and log-sum-exp. */
    private static double[] row(SampledSoftmax objective, Step step) {
        double[] result = new double[2];
        objective.loss(Matrix.wrap(1, 1, new float[] {1}), Targets.of(TARGET), step, (row, loss, lse, weight) -> {
            result[0] = loss;
            result[1] = lse;
        });
        return result;
    }
}
