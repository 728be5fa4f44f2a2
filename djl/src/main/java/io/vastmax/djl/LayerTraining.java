package io.vastmax.djl;

import ai.djl.Device;
import io.vastmax.Gradients;
import io.vastmax.InputLayer;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The layers' part of a training step: gradients gather, device by device, until the optimizer takes them as one sum.
 *
 * <p>Each device has a sum of its own, and these are added in the order of the devices: whichever thread comes first, the
 * result is the same. So are the draws, whose key is the seed, the device and how often it was asked. Thread safe: one
 * evaluation at a time, on the workspace's threads.
 */
final class LayerTraining {
    /** The order in which devices' sums are added. */
    static final Comparator<Device> ORDER =
            Comparator.comparing(Device::getDeviceType).thenComparingInt(Device::getDeviceId);

    /** Of the random numbers under a seed, those of the second device; the first has the seed's own. */
    private static final int STREAM = 1 << 16;

    private final Objective objective;
    private final Workspace workspace;
    private final long seed;
    private final List<InputLayer> inputs = new ArrayList<>();
    private final SortedMap<Device, Part> parts = new TreeMap<>(ORDER);

    /** What a device has gathered. */
    private static final class Part {
        private final Gradients gradients;
        private final List<Targets> targets = new ArrayList<>();
        private long evaluations;

        Part(Gradients gradients) {
            this.gradients = gradients;
        }
    }

    LayerTraining(Objective objective, long seed, Workspace workspace) {
        this.objective = objective;
        this.seed = seed;
        this.workspace = workspace;
    }

    Objective objective() {
        return objective;
    }

    /** Ends the workspace's threads. */
    void close() {
        workspace.close();
    }

    /** Computes something on the workspace's threads, while nothing else does. */
    synchronized <T> T compute(Function<Workspace, T> computation) {
        return computation.apply(workspace);
    }

    /** An input layer is trained too. What has gathered is forgotten. */
    synchronized void add(InputLayer input) {
        inputs.add(input);
        parts.clear();
    }

    /** What is trained: the objective's parameters and the input layers', shared ones once. */
    synchronized Parameters parameters() {
        Parameters all = objective.parameters();
        for (InputLayer input : inputs) {
            all = all.and(input.parameters());
        }
        return all;
    }

    /**
     * A batch of a device.
     *
     * @param hiddenGradient overwritten with {@code dL/dhidden}; null if nobody wants it
     * @param trained whether the layer's gradients gather, or it is frozen
     * @return the loss
     */
    synchronized double lossAndGradients(
            Device device, Matrix hidden, Targets targets, @Nullable Matrix hiddenGradient, boolean trained) {
        Part part = part(device);
        Step step = new Step(key(device, part.evaluations), workspace);
        double loss =
                objective.lossAndGradients(hidden, targets, step, hiddenGradient, trained ? part.gradients : null);
        part.evaluations++;
        if (trained) {
            part.targets.add(targets);
        }
        return loss;
    }

    /** Gradients by the vectors that an input layer gave to a batch of a device. */
    synchronized void addGradients(InputLayer input, Device device, int[] ids, Matrix upstream) {
        input.addGradients(ids, upstream, part(device).gradients, workspace);
    }

    /** How many batches' gradients have gathered since they were taken. */
    synchronized int batches() {
        return parts.values().stream().mapToInt(part -> part.targets.size()).sum();
    }

    /** Takes a step. */
    @FunctionalInterface
    interface Stepper {
        void step(Gradients gradients, Workspace workspace);
    }

    /**
     * A step with all that has gathered, after which the objective is told of its targets and all begins anew, also where
     * the step failed.
     *
     * @param factor what the objective's gradients are multiplied with, not those that embeddings have from autograd
     */
    synchronized void step(double factor, List<EmbeddingBlock> embeddings, Stepper stepper) {
        if (factor != 1) {
            parts.values().forEach(part -> part.gradients.scale(factor));
        }
        embeddings.forEach(EmbeddingBlock::fetchGradients);
        Gradients sum = parts.firstEntry().getValue().gradients;
        parts.values().stream().skip(1).forEach(part -> {
            sum.add(part.gradients);
            part.gradients.clear();
        });
        try {
            stepper.step(sum, workspace);
            parts.values().forEach(part -> part.targets.forEach(objective::observe));
        } finally {
            sum.clear();
            parts.values().forEach(part -> part.targets.clear());
        }
    }

    private Part part(Device device) {
        return parts.computeIfAbsent(device, d -> {
            Gradients gradients = objective.newGradients();
            for (InputLayer input : inputs) {
                gradients = gradients.and(input.newGradients());
            }
            return new Part(gradients);
        });
    }

    private RandomKey key(Device device, long evaluation) {
        RandomKey key = new RandomKey(seed, evaluation);
        return device.getDeviceId() <= 0 ? key : key.stream(STREAM + device.getDeviceId());
    }
}
