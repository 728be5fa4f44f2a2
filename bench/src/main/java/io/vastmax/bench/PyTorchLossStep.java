package io.vastmax.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Parameter;
import io.vastmax.RandomKey;
import io.vastmax.djl.ComposedSoftmax;
import io.vastmax.sampled.SampledSoftmax;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The same layer in PyTorch's operations ({@link ComposedSoftmax}), and autograd, whose gradients are dense. What follows
 * from the targets alone, as indices and signs do, is made beforehand and costs the step nothing. So are the draws of the
 * first steps, which are taken in turns: PyTorch has drawing for nothing.
 *
 * <p>Logits are computed at once, not in chunks. A full softmax is then linear, log-softmax, and the targets' entries,
 * which takes PyTorch some 10 % less time than DJL's {@code SoftmaxCrossEntropyLoss}, which comes to the same.
 */
final class PyTorchLossStep implements LossStep {
    private static final int DRAWS = 4;

    private final PyTorch pytorch;
    private final ComposedSoftmax composed;
    private final SequencedMap<String, NDArray> leaves = new LinkedHashMap<>();
    private final List<ComposedSoftmax.Plan> plans = new ArrayList<>();
    private final int draws;
    private NDManager planned;
    private int steps;

    PyTorchLossStep(Objective objective, Problem problem, int threads) {
        composed = ComposedSoftmax.of(objective, RandomKey.of(0), Integer.MAX_VALUE);
        draws = objective instanceof SampledSoftmax ? DRAWS : 1;
        pytorch = PyTorch.start(threads);
        planned = pytorch.manager.newSubManager();
        take(problem);
        for (Parameter parameter : objective.parameters()) {
            Matrix value = parameter.value();
            boolean vector = parameter.name().endsWith(".bias");
            put(parameter.name(), vector ? pytorch.copyOf(value.array(), value.rows()) : pytorch.copyOf(value));
        }
    }

    @Override
    public double run() {
        for (NDArray leaf : leaves.values()) {
            if (leaf.hasGradient()) {
                JniUtils.zeroGrad((PtNDArray) leaf);
            }
        }
        try (NDManager scope = pytorch.manager.newSubManager();
                GradientCollector collector = pytorch.engine.newGradientCollector()) {
            leaves.values().forEach(leaf -> leaf.tempAttach(scope));
            NDList parameters =
                    new NDList(leaves.sequencedValues().stream().skip(1).toList());
            NDArray loss = plans.get(steps++ % draws).loss(leaves.firstEntry().getValue(), parameters);
            collector.backward(loss);
            return loss.getFloat();
        }
    }

    @Override
    public SequencedMap<String, float[]> gradients() {
        SequencedMap<String, float[]> copies = new LinkedHashMap<>();
        leaves.forEach((name, leaf) -> {
            try (NDArray gradient = leaf.getGradient()) {
                copies.put(name, gradient.toFloatArray());
            }
        });
        return copies;
    }

    @Override
    public void close() {
        pytorch.close();
    }

    /** Another batch for the same parameters. */
    void take(Problem problem) {
        NDArray before = leaves.get(HIDDEN);
        if (before != null) {
            before.close();
        }
        put(HIDDEN, pytorch.copyOf(problem.hidden()));
        planned.close();
        planned = pytorch.manager.newSubManager();
        plans.clear();
        for (int step = 0; step < draws; step++) {
            plans.add(composed.plan(problem.targets(), VastmaxLossStep.key(step), planned, DataType.FLOAT32));
        }
    }

    private void put(String name, NDArray leaf) {
        leaf.setRequiresGradient(true);
        leaves.put(name, leaf);
    }
}
