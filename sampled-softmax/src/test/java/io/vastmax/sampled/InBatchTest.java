package io.vastmax.sampled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.testkit.Budget;
import io.vastmax.testkit.Precision;
import io.vastmax.testkit.Problem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Softmax over the batch's own targets, alone and mixed with draws. */
class InBatchTest {
    private final Workspace workspace = Workspace.ofThreads(2);

    @AfterEach
    void close() {
        workspace.close();
    }

    /** Targets 1, 1, 2 with the frequencies 1/2 and 1/4: Q(1) = 3/2, Q(2) = 3/4. A row's own target is no negative. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void byHand(boolean own) {
        FullSoftmax layer = FullSoftmax.of(Matrix.wrap(3, 1, new float[] {7, 1, 2}), null);
        ClassDistribution frequencies = ClassDistribution.unigram(new long[] {1, 2, 1}, 1);
        SampledSoftmax sampled =
                SampledSoftmax.of(layer, NegativeSampler.ofBatch(frequencies)).perExample(own);
        Matrix hidden = Matrix.zeros(3, 1);
        hidden.fill(1);
        double first = Math.log(Math.exp(1) + Math.exp(2) / 0.75) - 1;
        double last = Math.log(Math.exp(2) + 2 * Math.exp(1) / 1.5) - 2;
        assertThat(new Problem<>(sampled, hidden, Targets.of(1, 1, 2)).losses(workspace))
                .containsExactly(new double[] {first, first, last}, within(1e-6));
    }

    @Test
    void aBatchOfOneHasNothingToTellApart() {
        SampledSoftmax sampled = SampledSoftmax.of(
                FullSoftmax.create(9, 4, Problem.KEY), NegativeSampler.ofBatch(ClassDistribution.uniform(9)));
        Problem.Evaluation evaluation = Problem.of(sampled, 1).evaluate(workspace);
        assertThat(evaluation.loss()).isZero();
        evaluation
                .gradients()
                .forEach((name, gradient) ->
                        assertThat(gradient.array()).as(name).containsOnly(0f));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mixedWithUniformDraws(boolean own) {
        int classes = 100;
        NegativeSampler sampler = NegativeSampler.mixture(
                NegativeSampler.ofBatch(LearnedUnigram.of(classes)),
                NegativeSampler.withReplacement(ClassDistribution.uniform(classes), 50));
        SampledSoftmax sampled = SampledSoftmax.of(FullSoftmax.create(classes, 7, Problem.KEY), sampler)
                .perExample(own);
        Problem<SampledSoftmax> problem = Problem.of(sampled, 40);
        Budget.check(
                "loss",
                problem.losses(workspace),
                PlainLosses.softmaxLosses(
                        sampler,
                        problem.at(Precision.SINGLE),
                        problem.targets(),
                        Problem.KEY,
                        false,
                        own,
                        LogitTransform.IDENTITY),
                PlainLosses.softmaxLosses(
                        sampler,
                        problem.at(Precision.DOUBLE),
                        problem.targets(),
                        Problem.KEY,
                        false,
                        own,
                        LogitTransform.IDENTITY));
    }

    @Test
    void aTargetThatNeverOccursIsRefusedByName() {
        SampledSoftmax sampled = SampledSoftmax.of(
                FullSoftmax.create(3, 2, Problem.KEY),
                NegativeSampler.ofBatch(ClassDistribution.unigram(new long[] {1, 0, 1}, 1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sampled.lossAndGradients(
                        Matrix.zeros(2, 2), Targets.of(0, 1), new Step(Problem.KEY, workspace), null, null))
                .withMessage("targets hold the class 1: its frequency is 0");
    }
}
