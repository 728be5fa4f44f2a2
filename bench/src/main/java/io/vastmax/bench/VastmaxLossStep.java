package io.vastmax.bench;

import io.vastmax.FullSoftmax;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.Parameter;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import java.util.Objects;

/** {@link FullSoftmax#lossAndGradients}. */
final class VastmaxLossStep implements LossStep {
    private final FullSoftmax layer;
    private final Matrix hidden;
    private final Targets targets;
    private final Matrix hiddenGradient;
    private final Gradients gradients;
    private final Step step;

    /** A step in a workspace, which it will close. */
    VastmaxLossStep(Problem problem, Workspace workspace) {
        layer = problem.layer();
        hidden = problem.hidden();
        targets = Targets.of(problem.targets());
        hiddenGradient = Matrix.zeros(problem.rows(), problem.width());
        gradients = layer.newGradients();
        step = new Step(RandomKey.of(0), workspace);
    }

    @Override
    public double run() {
        gradients.clear();
        return layer.lossAndGradients(hidden, targets, step, hiddenGradient, gradients);
    }

    @Override
    public float[] hiddenGradient() {
        return hiddenGradient.array();
    }

    @Override
    public float[] weightGradient() {
        return gradients.dense(layer.weight()).array();
    }

    @Override
    public float[] biasGradient() {
        Parameter bias = Objects.requireNonNull(layer.bias());
        return gradients.dense(bias).array();
    }

    @Override
    public void close() {
        step.workspace().close();
    }
}
