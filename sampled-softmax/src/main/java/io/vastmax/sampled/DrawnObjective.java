package io.vastmax.sampled;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradients;
import io.vastmax.LossSink;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Parameters;
import io.vastmax.Step;
import io.vastmax.Targets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the objectives over drawn classes do alike. */
abstract sealed class DrawnObjective implements Objective
        permits SampledSoftmax, NoiseContrastiveEstimation, NegativeSampling {
    /** What binary losses cannot do, and why. */
    static final Map<CrossEntropy.Feature, String> REFUSED_BY_LOGISTIC_LOSSES = Map.of(
            CrossEntropy.Feature.LABEL_SMOOTHING,
            "its losses are binary, there is no distribution over the classes to smooth",
            CrossEntropy.Feature.PATH_SMOOTHING,
            "its losses are binary, there is no distribution over the classes to smooth",
            CrossEntropy.Feature.FOCAL,
            "its losses are binary, they do not give the target's probability",
            CrossEntropy.Feature.Z_LOSS,
            "its losses are binary, there is no log-sum-exp over the classes",
            CrossEntropy.Feature.MARGIN,
            "its classes are those of a full softmax, not cosines",
            CrossEntropy.Feature.NOISE,
            "only a full softmax moves its targets' logits");

    final SampledObjective objective;

    /**
     * One over a layer.
     *
     * @param refused what of the layer's objective it cannot do, and why
     */
    DrawnObjective(SampledObjective objective, String name, Map<CrossEntropy.Feature, String> refused) {
        FullSoftmax layer = objective.layer();
        layer.objective().check(name, layer.classes(), refused);
        if (layer.transform().isCapped()) {
            throw new IllegalArgumentException(name + " does not take a " + layer.transform()
                    + ": the corrections of drawn classes lie in their bias, which a cap would cut");
        }
        this.objective = objective;
    }

    /** What draws the classes. */
    public final NegativeSampler sampler() {
        return objective.sampler();
    }

    @Override
    public final FullSoftmax exact() {
        return objective.layer();
    }

    @Override
    public Parameters parameters() {
        return objective.layer().parameters();
    }

    /** Zeros, by row: a step touches the rows drawn and those of the targets. */
    @Override
    public Gradients newGradients() {
        return Gradients.byRow(objective.layer().parameters());
    }

    @Override
    public final void loss(Matrix hidden, Targets targets, Step step, LossSink perRow) {
        objective.loss(hidden, targets, step, logZValue(), perRow);
    }

    @Override
    public double lossAndGradients(
            Matrix hidden,
            Targets targets,
            Step step,
            float @Nullable [] upstream,
            @Nullable Matrix hiddenGradient,
            @Nullable Gradients into) {
        return objective
                .lossAndGradients(hidden, targets, step, upstream, logZValue(), hiddenGradient, into)
                .mean();
    }

    /** Lets the sampler count the targets of a step, see {@link NegativeSampler#observe}. */
    @Override
    public final void observe(Targets targets) {
        objective.observe(targets);
    }

    /** What is subtracted from every logit. */
    float logZValue() {
        return 0;
    }
}
