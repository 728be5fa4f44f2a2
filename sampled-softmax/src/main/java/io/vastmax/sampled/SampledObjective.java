package io.vastmax.sampled;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradients;
import io.vastmax.LossSink;
import io.vastmax.Matrix;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.internal.Shapes;
import io.vastmax.internal.Weighting;
import org.jspecify.annotations.Nullable;

/**
 * What the sampled objectives share: a layer, a sampler, and how its draws become a loss. What training minimises is kept in
 * the layer, so that evaluation ignores and weighs the same rows.
 */
record SampledObjective(FullSoftmax layer, NegativeSampler sampler, Scheme scheme) {
    /**
     * The mean loss and the derivative by what is added to every logit.
     *
     * @param mean the loss, reduced
     * @param offsetGradient its derivative by a number added to all logits
     */
    record Result(double mean, double offsetGradient) {}

    SampledObjective {
        if (sampler.classes() != layer.classes()) {
            throw new IllegalArgumentException(
                    "sampler draws from " + sampler.classes() + " classes, but layer has " + layer.classes());
        }
    }

    static SampledObjective of(FullSoftmax layer, NegativeSampler sampler, Scheme scheme) {
        return new SampledObjective(layer, sampler, scheme);
    }

    SampledObjective with(Scheme other) {
        return new SampledObjective(layer, sampler, other);
    }

    SampledObjective minimising(CrossEntropy other) {
        return new SampledObjective(layer.minimising(other), sampler, scheme);
    }

    void loss(Matrix hidden, Targets targets, Step step, float logZ, LossSink perRow) {
        Shapes.checkHidden(hidden, layer.width());
        Weighting weighting = weighting(hidden, targets, null);
        SampledLoss loss = loss(hidden, targets, weighting, step, logZ);
        loss.compute(null, null);
        for (int n = 0; n < hidden.rows(); n++) {
            perRow.row(n, weighting.ignores(n) ? 0 : loss.loss(n), loss.logSumExp(n), weighting.weight(n));
        }
    }

    Result lossAndGradients(
            Matrix hidden,
            Targets targets,
            Step step,
            float @Nullable [] upstream,
            float logZ,
            @Nullable Matrix hiddenGradient,
            @Nullable Gradients into) {
        Shapes.checkHidden(hidden, layer.width());
        Shapes.checkGradient(hiddenGradient, hidden);
        Weighting weighting = weighting(hidden, targets, upstream);
        SampledLoss loss = loss(hidden, targets, weighting, step, logZ);
        RowGradients gradients = into == null ? null : RowGradients.of(layer, into);
        loss.compute(hiddenGradient, gradients);
        return new Result(weighting.reduce(loss::loss), loss.offsetGradient());
    }

    /** Lets the sampler learn from the targets of a step, but for those that are ignored. */
    void observe(Targets targets) {
        sampler.observe(SampledLoss.kept(targets, layer.objective()));
    }

    private Weighting weighting(Matrix hidden, Targets targets, float @Nullable [] upstream) {
        return Weighting.ofSeveral(layer.objective(), targets, hidden.rows(), layer.classes(), upstream);
    }

    private SampledLoss loss(Matrix hidden, Targets targets, Weighting weighting, Step step, float logZ) {
        Targets kept = SampledLoss.kept(targets, layer.objective());
        return scheme.perExample()
                ? new PerExampleLoss(this, hidden, targets, kept, weighting, step, logZ)
                : new SharedLoss(this, hidden, targets, kept, weighting, step, logZ);
    }
}
