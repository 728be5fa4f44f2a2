package io.vastmax.sampled;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.Objective;

/**
 * Negative sampling (Mikolov et al., Distributed Representations of Words and Phrases, NIPS 2013), as in word2vec: the target
 * is told from drawn classes by binary logistic losses of uncorrected logits,
 *
 * <p>{@code loss = softplus(-z_y) + sum_j softplus(z_j)}.
 *
 * <p>A negative that is the row's target is left out, as word2vec does. A row of several targets has the mean of their
 * terms. word2vec draws from the unigram distribution to the power 0.75 with replacement, for each example:
 * {@code NegativeSampler.withReplacement(ClassDistribution.unigram(counts, 0.75), 5)}.
 *
 * <p>It learns good vectors, not probabilities: the logits tend to {@code log P(c | h) - log Q(c)}, so that the exact softmax
 * underneath is not what was trained. For a language model take {@link SampledSoftmax} or
 * {@link NoiseContrastiveEstimation}. Gradients are kept by row. Immutable; threads as for {@link Objective}.
 */
public final class NegativeSampling extends DrawnObjective {
    private NegativeSampling(SampledObjective objective) {
        super(objective, "Negative sampling", REFUSED_BY_LOGISTIC_LOSSES);
    }

    /**
     * Over the parameters of a full softmax, with negatives drawn for each row.
     *
     * @throws IllegalArgumentException if the sampler is for another number of classes
     */
    public static NegativeSampling of(FullSoftmax layer, NegativeSampler sampler) {
        return new NegativeSampling(SampledObjective.of(layer, sampler, Scheme.NEGATIVE_SAMPLING));
    }

    /** The same with draws for each row, or draws that the batch shares, which cost a fraction. */
    public NegativeSampling perExample(boolean perExample) {
        return new NegativeSampling(objective.with(objective.scheme().perExample(perExample)));
    }

    /**
     * The same parameters under another reduction and other weights; {@link #exact} too.
     *
     * @throws IllegalArgumentException if the objective has more than these
     */
    public NegativeSampling minimising(CrossEntropy crossEntropy) {
        return new NegativeSampling(objective.minimising(crossEntropy));
    }
}
