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
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
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

    /**
     * What was computed of one batch, as it can be computed again.
     *
     * @param factor the derivative of what is minimised by its loss
     */
    private record Evaluation(Matrix hidden, Targets targets, RandomKey key, DoubleSupplier factor) {}

    /** What a device has gathered. */
    private static final class Part {
        private final Gradients gradients;
        private final List<Evaluation> gathered = new ArrayList<>();
        private long evaluations;
        private int batches;

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
     * @param factor the derivative by this loss of what is minimised: asked for once, when the step is taken; null if the
     *     layer is frozen, whose gradients do not gather
     * @return the loss
     */
    synchronized double lossAndGradients(
            Device device,
            Matrix hidden,
            Targets targets,
            @Nullable Matrix hiddenGradient,
            @Nullable DoubleSupplier factor) {
        Part part = part(device);
        RandomKey key = key(device, part.evaluations);
        double loss = objective.lossAndGradients(
                hidden, targets, new Step(key, workspace), hiddenGradient, factor == null ? null : part.gradients);
        part.evaluations++;
        part.batches++;
        if (factor != null) {
            part.gathered.add(new Evaluation(hidden, targets, key, factor));
        }
        return loss;
    }

    /** Gradients by the vectors that an input layer gave to a batch of a device. */
    synchronized void addGradients(InputLayer input, Device device, int[] ids, Matrix upstream) {
        input.addGradients(ids, upstream, part(device).gradients, workspace);
    }

    /** How many batches there were since the last step, whether the layer is trained or frozen. */
    synchronized int batches() {
        return parts.values().stream().mapToInt(part -> part.batches).sum();
    }

    /** Takes a step. */
    @FunctionalInterface
    interface Stepper {
        void step(Gradients gradients, Workspace workspace);
    }

    /**
     * A step with all that has gathered, after which the objective is told of its targets and all begins anew, also where
     * the step failed.
     */
    synchronized void step(List<EmbeddingBlock> embeddings, Stepper stepper) {
        try {
            parts.values().forEach(this::multiply);
            embeddings.forEach(EmbeddingBlock::fetchGradients);
            Gradients sum = parts.firstEntry().getValue().gradients;
            parts.values().stream().skip(1).forEach(part -> sum.add(part.gradients));
            stepper.step(sum, workspace);
            parts.values().forEach(part -> part.gathered.forEach(evaluation -> objective.observe(evaluation.targets)));
        } finally {
            for (Part part : parts.values()) {
                part.gradients.clear();
                part.gathered.clear();
                part.batches = 0;
            }
        }
    }

    /** Multiplies each batch's gradients with its factor. They are a sum by now, which is made again if factors differ. */
    private void multiply(Part part) {
        double[] factors = part.gathered.stream()
                .mapToDouble(evaluation -> evaluation.factor.getAsDouble())
                .toArray();
        double[] distinct = Arrays.stream(factors).distinct().toArray();
        if (distinct.length <= 1) {
            if (distinct.length == 1 && distinct[0] != 1) {
                part.gradients.scale(distinct[0]);
            }
            return;
        }
        part.gradients.clear();
        for (int i = 0; i < factors.length; i++) {
            Evaluation evaluation = part.gathered.get(i);
            Gradients own = newGradients();
            Step step = new Step(evaluation.key, workspace);
            objective.lossAndGradients(evaluation.hidden, evaluation.targets, step, null, own);
            own.scale(factors[i]);
            part.gradients.add(own);
        }
    }

    private Part part(Device device) {
        return parts.computeIfAbsent(device, d -> new Part(newGradients()));
    }

    private Gradients newGradients() {
        Gradients gradients = objective.newGradients();
        for (InputLayer input : inputs) {
            gradients = gradients.and(input.newGradients());
        }
        return gradients;
    }

    private RandomKey key(Device device, long evaluation) {
        RandomKey key = new RandomKey(seed, evaluation);
        return device.getDeviceId() <= 0 ? key : key.stream(STREAM + device.getDeviceId());
    }
}
