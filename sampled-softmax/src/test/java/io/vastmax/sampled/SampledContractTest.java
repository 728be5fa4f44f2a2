package io.vastmax.sampled;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import io.vastmax.testkit.ObjectiveContract;
import io.vastmax.testkit.Point;
import org.junit.jupiter.api.Nested;

/** The sampled objectives pass the contract, with shared negatives and each row's own. */
class SampledContractTest {
    @Nested
    class SharedSoftmax extends ObjectiveContract<SampledSoftmax> {
        @Override
        protected SampledSoftmax create(int classes, int width, RandomKey key) {
            return SampledSoftmax.of(
                    FullSoftmax.create(classes, width, key),
                    NegativeSampler.distinct(ClassDistribution.logUniform(classes), Math.min(classes, 40)));
        }

        @Override
        protected SampledSoftmax minimising(SampledSoftmax objective, CrossEntropy crossEntropy) {
            return objective.minimising(crossEntropy);
        }

        @Override
        protected double[] losses(SampledSoftmax objective, Point at, Targets targets, RandomKey key) {
            return PlainLosses.softmaxLosses(
                    objective.sampler(),
                    at,
                    targets,
                    key,
                    false,
                    false,
                    objective.exact().transform());
        }
    }

    @Nested
    class SharedSoftmaxThatCorrectsTargets extends ObjectiveContract<SampledSoftmax> {
        @Override
        protected SampledSoftmax create(int classes, int width, RandomKey key) {
            NegativeSampler sampler = NegativeSampler.mixture(
                    NegativeSampler.withReplacement(ClassDistribution.uniform(classes), 150),
                    NegativeSampler.distinctUniform(classes, Math.ceilDiv(classes, 2)));
            return SampledSoftmax.of(
                            FullSoftmax.of(
                                    FullSoftmax.create(classes, width, key)
                                            .weight()
                                            .value(),
                                    null),
                            sampler)
                    .correctingTargets(true);
        }

        @Override
        protected SampledSoftmax minimising(SampledSoftmax objective, CrossEntropy crossEntropy) {
            return objective.minimising(crossEntropy);
        }

        @Override
        protected double[] losses(SampledSoftmax objective, Point at, Targets targets, RandomKey key) {
            return PlainLosses.softmaxLosses(
                    objective.sampler(),
                    at,
                    targets,
                    key,
                    true,
                    false,
                    objective.exact().transform());
        }
    }

    @Nested
    class SoftmaxPerExample extends ObjectiveContract<SampledSoftmax> {
        @Override
        protected SampledSoftmax create(int classes, int width, RandomKey key) {
            NegativeSampler sampler = NegativeSampler.withReplacement(ClassDistribution.logUniform(classes), 30);
            return SampledSoftmax.of(FullSoftmax.create(classes, width, key), sampler)
                    .perExample(true);
        }

        @Override
        protected SampledSoftmax minimising(SampledSoftmax objective, CrossEntropy crossEntropy) {
            return objective.minimising(crossEntropy);
        }

        @Override
        protected double[] losses(SampledSoftmax objective, Point at, Targets targets, RandomKey key) {
            return PlainLosses.softmaxLosses(
                    objective.sampler(),
                    at,
                    targets,
                    key,
                    false,
                    true,
                    objective.exact().transform());
        }
    }

    @Nested
    class SharedNce extends ObjectiveContract<NoiseContrastiveEstimation> {
        @Override
        protected NoiseContrastiveEstimation create(int classes, int width, RandomKey key) {
            NegativeSampler sampler = NegativeSampler.withReplacement(ClassDistribution.logUniform(classes), 60);
            return NoiseContrastiveEstimation.of(FullSoftmax.create(classes, width, key), sampler)
                    .learningLogZ(2);
        }

        @Override
        protected NoiseContrastiveEstimation minimising(NoiseContrastiveEstimation objective, CrossEntropy other) {
            return objective.minimising(other);
        }

        @Override
        protected double[] losses(NoiseContrastiveEstimation objective, Point at, Targets targets, RandomKey key) {
            return PlainLosses.logisticLosses(
                    objective.sampler(),
                    at,
                    targets,
                    key,
                    true,
                    false,
                    false,
                    objective.exact().transform());
        }
    }

    @Nested
    class NcePerExample extends ObjectiveContract<NoiseContrastiveEstimation> {
        @Override
        protected NoiseContrastiveEstimation create(int classes, int width, RandomKey key) {
            NegativeSampler sampler = NegativeSampler.withReplacement(ClassDistribution.uniform(classes), 20);
            return NoiseContrastiveEstimation.of(FullSoftmax.create(classes, width, key), sampler)
                    .perExample(true)
                    .maskingHits(true);
        }

        @Override
        protected NoiseContrastiveEstimation minimising(NoiseContrastiveEstimation objective, CrossEntropy other) {
            return objective.minimising(other);
        }

        @Override
        protected double[] losses(NoiseContrastiveEstimation objective, Point at, Targets targets, RandomKey key) {
            return PlainLosses.logisticLosses(
                    objective.sampler(),
                    at,
                    targets,
                    key,
                    true,
                    true,
                    true,
                    objective.exact().transform());
        }
    }

    @Nested
    class Word2vec extends ObjectiveContract<NegativeSampling> {
        @Override
        protected NegativeSampling create(int classes, int width, RandomKey key) {
            NegativeSampler sampler = NegativeSampler.withReplacement(ClassDistribution.logUniform(classes), 5);
            return NegativeSampling.of(FullSoftmax.create(classes, width, key), sampler);
        }

        @Override
        protected NegativeSampling minimising(NegativeSampling objective, CrossEntropy crossEntropy) {
            return objective.minimising(crossEntropy);
        }

        @Override
        protected double[] losses(NegativeSampling objective, Point at, Targets targets, RandomKey key) {
            return PlainLosses.logisticLosses(
                    objective.sampler(),
                    at,
                    targets,
                    key,
                    false,
                    true,
                    true,
                    objective.exact().transform());
        }
    }

    @Nested
    class SharedNegativeSampling extends ObjectiveContract<NegativeSampling> {
        @Override
        protected NegativeSampling create(int classes, int width, RandomKey key) {
            NegativeSampler sampler = NegativeSampler.withReplacement(ClassDistribution.logUniform(classes), 140);
            return NegativeSampling.of(FullSoftmax.create(classes, width, key), sampler)
                    .perExample(false);
        }

        @Override
        protected NegativeSampling minimising(NegativeSampling objective, CrossEntropy crossEntropy) {
            return objective.minimising(crossEntropy);
        }

        @Override
        protected double[] losses(NegativeSampling objective, Point at, Targets targets, RandomKey key) {
            return PlainLosses.logisticLosses(
                    objective.sampler(),
                    at,
                    targets,
                    key,
                    false,
                    true,
                    false,
                    objective.exact().transform());
        }
    }
}
