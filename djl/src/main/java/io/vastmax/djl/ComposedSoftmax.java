package io.vastmax.djl;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.loss.Loss;
import ai.djl.util.PairList;
import io.vastmax.CrossEntropy;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One of our layers composed of DJL's own operations, none of our kernels inside: for a body that runs on a GPU, and for
 * autograd through the layer. It is the last block of a model, and {@link #loss} is the model's loss.
 *
 * <ul>
 *   <li>{@link io.vastmax.FullSoftmax}: up to {@code chunk} classes, linear and log-softmax; autograd keeps one N x V, and
 *       the way back holds three at its peak. Of more classes the log-sum-exp is composed a chunk of classes at a time:
 *       autograd keeps one N x V too, the exponentials, but the way back adds to it no more than a few chunks. A soft-cap
 *       keeps one N x V more.
 *   <li>{@link io.vastmax.sampled.SampledSoftmax} with negatives that the batch shares: drawn on the CPU by the layer's
 *       sampler; autograd keeps N x negatives. Evaluated it is the full softmax underneath.
 *   <li>{@link io.vastmax.adaptive.AdaptiveSoftmax}: head and clusters are each as the full softmax, a cluster over the rows
 *       whose target is in it.
 *   <li>{@link io.vastmax.hierarchical.HierarchicalSoftmax}: the nodes of all paths, row by row; autograd keeps two vectors
 *       of width d for each node of two on a path, and {@code k + 1} for each of k children.
 * </ul>
 *
 * <p>Each takes its {@link io.vastmax.LogitTransform}, the mean or the sum, and an ignored id, a full softmax also label
 * smoothing; what else an objective may ask for is refused. Values and gradients are those of our layer but for rounding.
 * Gradients are dense, as the engine makes them.
 *
 * <p>Input: hidden states, {@code [N, d]} or {@code [B, T, d]}, on any device and of any type that the engine computes in;
 * parameters of another type are cast, and autograd casts their gradients back. Output: the hidden states, with what the
 * loss needs beside them. Labels: N class ids in any shape, INT32, INT64 or whole numbers in FLOAT32 or FLOAT64. Of a batch
 * that is split over devices each part has a mean of its own, as with DJL's losses.
 *
 * <p>Parameters have our layer's names and shapes, a bias is a vector; they begin with our layer's values at the time of
 * {@code initialize}, are saved and loaded by {@code Model}, and go back with {@link #copyTo}. Threads as for any block:
 * several may run forward at the same time.
 */
public final class ComposedSoftmax extends AbstractBlock {
    /** The classes of a chunk, unless they are given. */
    public static final int DEFAULT_CHUNK = 8192;

    private final Objective objective;
    private final Composition composition;
    private final CrossEntropy crossEntropy;
    private final int classes;
    private final int width;
    private final RandomKey key;
    private final AtomicLong steps = new AtomicLong();

    @SuppressWarnings("this-escape") // addParameter of the class above, which knows nothing of this one
    private ComposedSoftmax(Objective objective, RandomKey key, int chunk) {
        this.objective = objective;
        this.composition = Composition.of(objective, chunk);
        this.crossEntropy = objective.exact().objective();
        this.classes = objective.exact().classes();
        this.width = objective.exact().width();
        this.key = key;
        for (io.vastmax.Parameter parameter : objective.parameters()) {
            addParameter(Parameter.builder()
                    .setName(parameter.name())
                    .setType(isBias(parameter) ? Parameter.Type.BIAS : Parameter.Type.WEIGHT)
                    .optShape(shape(parameter))
                    .optInitializer(copying(parameter.value()))
                    .build());
        }
    }

    /** As {@link #of(Objective, RandomKey, int)}, with draws from the seed 0 and {@link #DEFAULT_CHUNK}. */
    public static ComposedSoftmax of(Objective objective) {
        return of(objective, RandomKey.of(0), DEFAULT_CHUNK);
    }

    /**
     * The composition of a layer.
     *
     * @param objective a full, sampled, adaptive or hierarchical softmax, whose parameters are copied
     * @param key of what the first training pass draws, as a {@link io.vastmax.Step} with that key would; each later pass
     *     takes the next step's
     * @param chunk the classes whose logits are computed together, where a softmax has more
     * @throws IllegalArgumentException if it is another objective, it has a setting that is not composed, or {@code chunk} is
     *     not positive
     */
    public static ComposedSoftmax of(Objective objective, RandomKey key, int chunk) {
        if (chunk < 1) {
            throw new IllegalArgumentException("chunk = " + chunk + ": must be positive");
        }
        return new ComposedSoftmax(objective, key, chunk);
    }

    /** The loss of a batch but for hidden states and parameters: what follows from the labels alone has been made. */
    @FunctionalInterface
    public interface Plan {
        /**
         * The loss, a scalar.
         *
         * @param hidden {@code [N, d]} or {@code [B, T, d]}, of the type and on the device that the plan is for; the loss has
         *     its manager
         * @param parameters in the order of the block's, on the same device
         */
        NDArray loss(NDArray hidden, NDList parameters);
    }

    /**
     * Makes what follows from the labels: indices, masks, signs, and draws.
     *
     * @param labels a class for each row, or the ignored id
     * @param key of the draws of the step
     * @param manager of the arrays that are made, on the hidden states' device: the plan is good until it is closed
     * @param type of the hidden states
     * @throws IllegalArgumentException if a label is no class
     */
    public Plan plan(int[] labels, RandomKey key, NDManager manager, DataType type) {
        return plan(composition, labels, key, manager, type);
    }

    private Plan plan(Composition composed, int[] labels, RandomKey step, NDManager manager, DataType type) {
        int[] kept = IntStream.range(0, labels.length)
                .filter(n -> !crossEntropy.ignores(labels[n]))
                .toArray();
        for (int n : kept) {
            if (labels[n] < 0 || labels[n] >= classes) {
                throw new IllegalArgumentException(
                        "labels[" + n + "] = " + labels[n] + ": must be from 0 to " + (classes - 1));
            }
        }
        Operands operands = new Operands(manager, type);
        NDArray rows = kept.length == labels.length ? null : operands.indices(kept);
        // With no rows a sampler may have nothing to draw
        Composition summing = kept.length == 0 ? composed.exact() : composed;
        Composition.Sum sum = summing.sum(IntStream.of(kept).map(n -> labels[n]).toArray(), step, operands);
        int divisor = crossEntropy.isSum() ? 1 : Math.max(1, kept.length);
        return (hidden, parameters) -> {
            check(hidden, labels.length);
            NDArray loss;
            try (NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                NDArray all = hidden.reshape(-1, width);
                NDArray taking = rows == null ? all : Operands.rows(all, rows);
                NDList cast = new NDList();
                parameters.forEach(parameter -> cast.add(parameter.toType(type, false)));
                loss = sum.of(taking, cast).div(divisor);
                NDScope.unregister(loss);
            }
            NDScope.register(loss);
            loss.attach(hidden.getManager());
            return loss;
        };
    }

    private void check(NDArray hidden, int labels) {
        checkWidth(hidden.getShape());
        if (hidden.size() != (long) labels * width) {
            throw new IllegalArgumentException(
                    "labels holds " + labels + " ids, but hidden has " + hidden.size() / width + " rows");
        }
    }

    /**
     * The loss of this block's output, as the objective says: the mean cross-entropy unless it was told otherwise. In
     * training it is that of the objective, and evaluated that of the exact layer: only a sampled softmax differs. It is
     * computed once for each output, so that a trainer's evaluator, which asks again, costs nothing.
     */
    public Loss loss() {
        return new OutputLoss();
    }

    /**
     * Copies the values, as they were trained, into parameters of the same names, such as those of the layer that this is
     * composed of: for evaluation, top-k and sampling on the CPU.
     *
     * @throws IllegalArgumentException if one is missing or has another shape
     * @throws IllegalStateException if this block is not initialized
     */
    public void copyTo(Parameters into) {
        for (Parameter parameter : parameters.values()) {
            if (!parameter.isInitialized()) {
                throw new IllegalStateException(
                        "parameter " + parameter.getName() + " has no values yet: initialize or load the block first");
            }
            io.vastmax.Parameter to = into.get(parameter.getName());
            if (!shape(to).equals(parameter.getShape())) {
                throw new IllegalArgumentException(
                        "into has " + to + ", but " + parameter.getName() + " is " + parameter.getShape());
            }
        }
        for (Parameter parameter : parameters.values()) {
            float[] array = into.get(parameter.getName()).value().array();
            try (NDArray copy = parameter.getArray().toType(DataType.FLOAT32, true)) {
                System.arraycopy(copy.toFloatArray(), 0, array, 0, array.length);
            }
        }
    }

    @Override
    protected void prepare(Shape[] inputShapes) {
        checkWidth(inputShapes[0]);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store, NDList inputs, boolean training, @Nullable PairList<String, Object> params) {
        NDArray hidden = inputs.singletonOrThrow();
        checkWidth(hidden.getShape());
        NDList values = new NDList();
        for (Parameter parameter : parameters.values()) {
            values.add(store.getValue(parameter, hidden.getDevice(), training));
        }
        RandomKey step = training ? key.atStep(key.step() + steps.getAndIncrement()) : null;
        return new Output(this, hidden, values, step);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes;
    }

    /** {@inheritDoc} */
    @Override
    public void loadParameters(NDManager manager, DataInputStream is) throws IOException, MalformedModelException {
        super.loadParameters(manager, is);
        for (Parameter loaded : parameters.values()) {
            io.vastmax.Parameter ours = objective.parameters().get(loaded.getName());
            if (!shape(ours).equals(loaded.getShape())) {
                throw new MalformedModelException(
                        "the file has " + loaded.getName() + " " + loaded.getShape() + ", but the layer's is " + ours);
            }
        }
    }

    private void checkWidth(Shape hidden) {
        if (hidden.dimension() < 1 || hidden.get(hidden.dimension() - 1) != width) {
            throw new IllegalArgumentException("hidden is " + hidden + ": its last dimension must be " + width);
        }
    }

    private static boolean isBias(io.vastmax.Parameter parameter) {
        return parameter.name().endsWith(".bias");
    }

    private static Shape shape(io.vastmax.Parameter parameter) {
        Matrix value = parameter.value();
        return isBias(parameter) ? new Shape(value.rows()) : new Shape(value.rows(), value.columns());
    }

    private static Initializer copying(Matrix value) {
        return (manager, shape, type) -> {
            NDArray copy = manager.create(value.array(), shape);
            if (type == DataType.FLOAT32) {
                return copy;
            }
            try (copy) {
                return copy.toType(type, true);
            }
        };
    }

    /** The hidden states, and what their loss needs; the loss itself once it has been asked for. */
    private static final class Output extends NDList {
        private static final long serialVersionUID = 1;

        private final transient ComposedSoftmax owner;
        private final transient NDList parameters;
        private final transient @Nullable RandomKey step;
        private transient int @Nullable [] ids;
        private transient @Nullable NDArray loss;

        /**
         * That of a pass.
         *
         * @param step null in evaluation
         */
        Output(ComposedSoftmax owner, NDArray hidden, NDList parameters, @Nullable RandomKey step) {
            super(hidden);
            this.owner = owner;
            this.parameters = parameters;
            this.step = step;
        }

        NDArray loss(int[] labels) {
            if (loss == null || !Arrays.equals(labels, ids)) {
                NDArray hidden = head();
                try (NDManager scope = hidden.getManager().newSubManager(hidden.getDevice())) {
                    loss = owner.plan(this, labels, scope).loss(hidden, parameters);
                    ids = labels;
                }
            }
            return loss;
        }
    }

    private Plan plan(Output output, int[] labels, NDManager scope) {
        DataType type = output.head().getDataType();
        if (output.step == null) {
            return plan(composition.exact(), labels, key, scope, type);
        }
        // A sampler that learns is shared by the devices' threads
        synchronized (objective) {
            Plan plan = plan(composition, labels, output.step, scope, type);
            objective.observe(Targets.of(labels));
            return plan;
        }
    }

    private final class OutputLoss extends Loss {
        OutputLoss() {
            super("loss");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            if (!(predictions instanceof Output output) || output.owner != ComposedSoftmax.this) {
                throw new IllegalArgumentException(
                        "predictions are not the output of this loss's ComposedSoftmax: it must be the model's last block");
            }
            return output.loss(Tensors.ids("labels", labels.head()));
        }
    }
}
