package io.vastmax.sampled;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.RandomKey;
import io.vastmax.testkit.ExtremesContract;
import org.junit.jupiter.api.Nested;

/** Sampled softmax with negatives of both kinds, each row's own and the batch's. */
class SampledExtremesTest {
    @Nested
    class Shared extends Contract {
        Shared() {
            super(false);
        }
    }

    @Nested
    class PerExample extends Contract {
        PerExample() {
            super(true);
        }
    }

    abstract static class Contract extends ExtremesContract<SampledSoftmax> {
        private final boolean own;

        Contract(boolean own) {
            this.own = own;
        }

        @Override
        protected SampledSoftmax create(int classes, int width, RandomKey key) {
            NegativeSampler sampler = NegativeSampler.mixture(
                    NegativeSampler.withReplacement(ClassDistribution.logUniform(classes), 60),
                    NegativeSampler.distinctUniform(classes, Math.min(classes, 70)));
            return of(FullSoftmax.create(classes, width, key), sampler);
        }

        private SampledSoftmax of(FullSoftmax layer, NegativeSampler sampler) {
            return SampledSoftmax.of(layer, sampler).perExample(own);
        }

        @Override
        protected SampledSoftmax minimising(SampledSoftmax objective, CrossEntropy crossEntropy) {
            return objective.minimising(crossEntropy);
        }

        @Override
        protected SampledSoftmax transforming(SampledSoftmax objective, LogitTransform transform) {
            return of(objective.exact().transforming(transform), objective.sampler());
        }
    }
}
