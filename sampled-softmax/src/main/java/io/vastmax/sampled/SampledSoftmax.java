package io.vastmax.sampled;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.Objective;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import java.util.Map;

/**
 * Sampled softmax (Bengio and Senecal, Adaptive Importance Sampling to Accelerate Training of a Neural Probabilistic Language
 * Model, 2008; Jean et al., On Using Very Large Target Vocabulary, ACL 2015): the cross-entropy over a row's target and
 * some drawn classes, the negatives, instead of all:
 *
 * <p>{@code loss = -z'_y + log(exp(z'_y) + sum_j exp(z_j - log Q(j)))}, {@code z'_y = z_y - log Q(y)} or {@code z_y},
 *
 * <p>with Q the expected count of a class among the negatives, so that a class that is drawn often does not count more. A
 * negative that is the row's target, an accidental hit, is masked inside the sum, however often it was drawn. A row of
 * several targets has them all in the sum, and the mean of their logits outside, as in TensorFlow's
 * {@code sampled_softmax_loss}.
 *
 * <p><b>The correction of the target.</b> TensorFlow subtracts {@code log Q(y)} from the target's logit as well
 * ({@code correctingTargets(true)}). The loss is then the exact likelihood of the target among the candidates if the target
 * were among them by the same draw as the negatives; but it is always there. A rare target, with a small Q, gets a large
 * logit and hence a small gradient: compared with the full softmax, the gradient is biased against rare classes, and
 * the more so the fewer negatives there are. Without that correction, which is the default here, the sum is an unbiased
 * estimate of the full softmax's, {@code E[exp(z_y) + sum_{j != y} exp(z_j) / Q(j)] = sum_c exp(z_c)} (as nearly as Q is the
 * expected count: exactly with replacement and for distinct uniform draws), and what bias is left is that of the logarithm
 * and of the ratio, which vanishes as the negatives grow in number.
 *
 * <p>Training only: its loss is no likelihood, and never a perplexity; evaluation is {@link #exact}. The draws of a
 * step follow its key: shared by the batch, or each row's own. Gradients are kept by row: a step touches the rows drawn and
 * those of the targets, however many classes there are. Immutable; threads as for {@link Objective}.
 */
public final class SampledSoftmax extends DrawnObjective {
    private static final Map<CrossEntropy.Feature, String> REFUSED = Map.of(
            CrossEntropy.Feature.FOCAL,
            "a sample does not give the target's probability",
            CrossEntropy.Feature.MARGIN,
            "its classes are those of a full softmax, not cosines",
            CrossEntropy.Feature.NOISE,
            "only a full softmax moves its targets' logits");

    private SampledSoftmax(SampledObjective objective) {
        super(objective, "A sampled softmax", REFUSED);
    }

    /**
     * Over the parameters of a full softmax, with negatives shared by the batch and targets not corrected.
     *
     * @throws IllegalArgumentException if the sampler is for another number of classes
     */
    public static SampledSoftmax of(FullSoftmax layer, NegativeSampler sampler) {
        return new SampledSoftmax(SampledObjective.of(layer, sampler, Scheme.SAMPLED_SOFTMAX));
    }

    /** The same with, or without, {@code log Q(y)} subtracted from the logits of targets. */
    public SampledSoftmax correctingTargets(boolean correct) {
        return new SampledSoftmax(objective.with(objective.scheme().correctingTargets(correct)));
    }

    /** Whether {@code log Q(y)} is subtracted from the logits of targets. */
    public boolean correctsTargets() {
        return objective.scheme().targetsCorrected();
    }

    /** The same with draws for each row, or draws that the batch shares. Rows of their own cost many times as much. */
    public SampledSoftmax perExample(boolean perExample) {
        return new SampledSoftmax(objective.with(objective.scheme().perExample(perExample)));
    }

    /** Whether each row has draws of its own. */
    public boolean drawsPerExample() {
        return objective.scheme().perExample();
    }

    /**
     * The negatives that a batch shares in the step of a key: those of its loss, unless rows draw for themselves.
     *
     * @param targets those of the batch, but for rows that are ignored
     */
    public Negatives draw(Targets targets, RandomKey key) {
        Negatives negatives = new Negatives();
        sampler().draw(targets, SampledLoss.drawing(key).row(SampledLoss.BATCH), negatives);
        return negatives;
    }

    /**
     * The same parameters trained for another objective; {@link #exact} too. Smoothed labels: of the smoothed loss
     * {@code log Z - (1 - e) z_y - e/V sum_c z_c} the sum over all classes is estimated without bias by {@code sum_j z_j / Q(j)}
     * over the draws, the hits of the target among them, where every class can be drawn; log Z stays the sampled one. A z-loss
     * takes the sampled log Z too.
     *
     * @throws IllegalArgumentException if the objective has a focus, a margin or noise
     */
    public SampledSoftmax minimising(CrossEntropy crossEntropy) {
        return new SampledSoftmax(objective.minimising(crossEntropy));
    }
}
