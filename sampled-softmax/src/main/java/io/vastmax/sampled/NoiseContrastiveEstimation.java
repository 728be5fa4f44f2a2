package io.vastmax.sampled;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Parameter;
import io.vastmax.Parameters;
import io.vastmax.Step;
import io.vastmax.Targets;
import org.jspecify.annotations.Nullable;

/**
 * Noise-contrastive estimation (Gutmann and Hyvarinen, JMLR 13, 2012; for language models Mnih and Teh, ICML 2012): the
 * target is told from drawn classes, the noise, by binary logistic losses,
 *
 * <p>{@code s_c = z_c - log Z - log Q(c)}, {@code loss = softplus(-s_y) + sum_j softplus(s_j)},
 *
 * <p>with Q the expected count of a class in the noise and log Z a constant for all rows: 0, so that the layer learns logits
 * that are normalised by themselves, or learned ({@link #learningLogZ}). A draw that is the row's target stays: noise may be anything
 * ({@link #maskingHits} leaves it out). A row of several targets has the mean of their terms.
 *
 * <p>Training only; evaluation is {@link #exact}, which normalises anew. Gradients of the layer are kept by row. Immutable but
 * for its parameters; threads as for {@link Objective}.
 */
public final class NoiseContrastiveEstimation extends DrawnObjective {
    private final @Nullable Parameter logZ;

    private NoiseContrastiveEstimation(SampledObjective objective, @Nullable Parameter logZ) {
        super(objective, "Noise-contrastive estimation", REFUSED_BY_LOGISTIC_LOSSES);
        this.logZ = logZ;
    }

    /**
     * Over the parameters of a full softmax, with noise shared by the batch and log Z = 0.
     *
     * @throws IllegalArgumentException if the sampler is for another number of classes
     */
    public static NoiseContrastiveEstimation of(FullSoftmax layer, NegativeSampler sampler) {
        return new NoiseContrastiveEstimation(SampledObjective.of(layer, sampler, Scheme.NCE), null);
    }

    /** The same with log Z a parameter, {@code nce.log_z}, 1 x 1, that starts at a value. */
    public NoiseContrastiveEstimation learningLogZ(float start) {
        Parameter parameter = new Parameter("nce.log_z", Matrix.zeros(1, 1));
        parameter.value().fill(start);
        return new NoiseContrastiveEstimation(objective, parameter);
    }

    /** The same with, or without, the draws that are the row's target. */
    public NoiseContrastiveEstimation maskingHits(boolean mask) {
        return new NoiseContrastiveEstimation(objective.with(objective.scheme().maskingHits(mask)), logZ);
    }

    /** The same with draws for each row, or draws that the batch shares. */
    public NoiseContrastiveEstimation perExample(boolean perExample) {
        return new NoiseContrastiveEstimation(objective.with(objective.scheme().perExample(perExample)), logZ);
    }

    /**
     * The same parameters under another reduction and other weights; {@link #exact} too.
     *
     * @throws IllegalArgumentException if the objective has more than these
     */
    public NoiseContrastiveEstimation minimising(CrossEntropy crossEntropy) {
        return new NoiseContrastiveEstimation(objective.minimising(crossEntropy), logZ);
    }

    /** The parameter of log Z, or null where it is 0. */
    public @Nullable Parameter logZ() {
        return logZ;
    }

    @Override
    public Parameters parameters() {
        Parameters layer = objective.layer().parameters();
        return logZ == null ? layer : layer.and(Parameters.of(logZ));
    }

    @Override
    public Gradients newGradients() {
        Gradients layer = Gradients.byRow(objective.layer().parameters());
        return logZ == null ? layer : layer.and(Gradients.dense(Parameters.of(logZ)));
    }

    @Override
    public double lossAndGradients(
            Matrix hidden,
            Targets targets,
            Step step,
            float @Nullable [] upstream,
            @Nullable Matrix hiddenGradient,
            @Nullable Gradients into) {
        Matrix logZGradient = into == null || logZ == null ? null : into.dense(logZ);
        SampledObjective.Result result =
                objective.lossAndGradients(hidden, targets, step, upstream, logZValue(), hiddenGradient, into);
        if (logZGradient != null) {
            logZGradient.array()[0] -= (float) result.offsetGradient();
        }
        return result.mean();
    }

    @Override
    float logZValue() {
        return logZ == null ? 0 : logZ.value().get(0, 0);
    }
}
