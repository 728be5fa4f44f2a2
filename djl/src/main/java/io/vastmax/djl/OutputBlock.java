package io.vastmax.djl;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.evaluator.Evaluator;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vastmax.CrossEntropy;
import io.vastmax.InputLayer;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.Parameters;
import io.vastmax.Workspace;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/**
 * One of our layers as the last block of a DJL model: the body's hidden states go in and come out as they are, and what is
 * made from it works on them: the {@linkplain #loss() loss}, {@linkplain #perplexity() evaluators}, and blocks for inference
 * ({@link #logProbs}, {@link #topK}). N x V logits are never made.
 *
 * <pre>{@code
 * OutputBlock output = OutputBlock.of(AdaptiveSoftmax.create(clusters, 256, 3, false, key));
 * Block block = new SequentialBlock().add(body).add(output);
 * TrainingConfig config = new DefaultTrainingConfig(output.loss())
 *         .optOptimizer(JointOptimizer.adam(block).optLearningRateTracker(Tracker.fixed(1e-3f)).build())
 *         .addEvaluator(output.perplexity());
 * }</pre>
 *
 * <p>Hidden states are {@code [.., d]}, with any dimensions in front. The layer's parameters stay on the heap, where our kernels
 * find them; {@code Model.save} and {@code load} keep them with the body's, as a safetensors file within the file of DJL. A
 * {@link JointOptimizer} changes them when the trainer steps. DJL sees one parameter, {@code anchor}, which is zero and stays
 * zero: through it a layer that is frozen by DJL's means does not learn, and gradients flow where there is no body.
 *
 * <p>Hidden states are copied to the heap and their gradients back, once each: {@code 8 N d} bytes a batch. Thread safe, one
 * computation at a time. Close it to end the threads of a workspace that it made.
 */
public final class OutputBlock extends AbstractBlock implements AutoCloseable {
    private static final byte VERSION = 1;

    private final LayerTraining training;
    private final boolean ownsWorkspace;
    private final Parameter anchor;
    private final List<EmbeddingBlock> embeddings = new ArrayList<>();
    private final SortedSet<Device> devices = new ConcurrentSkipListSet<>(LayerTraining.ORDER);
    private volatile @Nullable ParameterStore store;
    private volatile @Nullable JointOptimizer optimizer;
    private volatile boolean closed;

    private OutputBlock(LayerTraining training, boolean ownsWorkspace) {
        super(VERSION);
        this.training = training;
        this.ownsWorkspace = ownsWorkspace;
        this.anchor = addParameter(newAnchor());
    }

    /** What stands for a layer among DJL's parameters. */
    static Parameter newAnchor() {
        return Parameter.builder()
                .setName("anchor")
                .setType(Parameter.Type.OTHER)
                .optInitializer(Initializer.ZEROS)
                .optShape(new Shape(1))
                .build();
    }

    /** A layer as a block, with seed 0 and a workspace of its own on all processors. */
    public static OutputBlock of(Objective objective) {
        return new OutputBlock(
                new LayerTraining(
                        objective, 0, Workspace.ofThreads(Runtime.getRuntime().availableProcessors())),
                true);
    }

    /**
     * A layer as a block.
     *
     * @param seed of what the objective draws, such as negatives
     * @param workspace threads and memory, which nothing else may use meanwhile; the caller closes it
     */
    public static OutputBlock of(Objective objective, long seed, Workspace workspace) {
        return new OutputBlock(new LayerTraining(objective, seed, workspace), false);
    }

    /** What is trained. */
    public Objective objective() {
        return training.objective();
    }

    /** The exact layer, for inference without DJL. */
    public OutputLayer layer() {
        return training.objective().exact();
    }

    /** The loss to train with. */
    public ObjectiveLoss loss() {
        return new ObjectiveLoss(this);
    }

    /**
     * {@code exp} of the mean negative log-likelihood of the labels under the exact layer, over all rows that count. Of a
     * training batch it takes no pass where that is what the loss was.
     */
    public Evaluator perplexity() {
        return new PerplexityEvaluator(this);
    }

    /** The share of rows whose label is the likeliest class. */
    public Evaluator accuracy() {
        return new AccuracyEvaluator(this, "Accuracy", 1);
    }

    /**
     * The share of rows whose label is among the k likeliest classes.
     *
     * @throws IllegalArgumentException if {@code k} is not from 1 to the number of classes
     */
    public Evaluator topKAccuracy(int k) {
        checkK(k);
        return new AccuracyEvaluator(this, "Top" + k + "Accuracy", k);
    }

    /** A block for inference: from hidden states {@code [.., d]} to the log-probabilities of all classes, {@code [.., V]}. */
    public Block logProbs() {
        return new InferenceBlock.LogProbs(this);
    }

    /**
     * A block for inference: from hidden states {@code [.., d]} to the k likeliest classes, exactly: their ids, INT64
     * {@code [.., k]}, and their log-probabilities, FLOAT32 {@code [.., k]}, likeliest first.
     *
     * @throws IllegalArgumentException if {@code k} is not from 1 to the number of classes
     */
    public Block topK(int k) {
        checkK(k);
        return new InferenceBlock.TopK(this, k);
    }

    /**
     * The input layer of a model that ends with this block, trained with it: tied to this layer or not. It belongs to the
     * {@link JointOptimizer} that is made next.
     */
    public EmbeddingBlock embedding(InputLayer input) {
        training.add(input);
        optimizer = null;
        EmbeddingBlock embedding = new EmbeddingBlock(this, input);
        embeddings.add(embedding);
        return embedding;
    }

    /** Ends the threads of a workspace of its own; the block cannot be used any more. */
    @Override
    public void close() {
        closed = true;
        if (ownsWorkspace) {
            training.close();
        }
    }

    @Override
    public void clear() {
        super.clear();
        close();
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore, NDList inputs, boolean training, @Nullable PairList<String, Object> params) {
        NDArray hidden = inputs.head();
        checkHidden(hidden.getShape());
        if (!training) {
            return new NDList(hidden);
        }
        see(parameterStore, hidden.getDevice());
        return new TrainingOutput(this, hidden, parameterStore.getValue(anchor, hidden.getDevice(), true));
    }

    /** A trainer has a store of its own, with its own devices. */
    @SuppressWarnings("ReferenceEquality") // the very store
    synchronized void see(ParameterStore parameterStore, Device device) {
        if (store != parameterStore) {
            store = parameterStore;
            devices.clear();
        }
        devices.add(device);
    }

    @Override
    protected void prepare(Shape[] inputShapes) {
        checkHidden(inputShapes[0]);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }

    @Override
    public void saveParameters(DataOutputStream os) throws IOException {
        super.saveParameters(os);
        LayerStream.write(os, this::describe, objective().parameters());
    }

    @Override
    public void loadParameters(NDManager manager, DataInputStream is) throws IOException, MalformedModelException {
        super.loadParameters(manager, is);
        LayerStream.read(is, this::describe, objective().parameters());
    }

    LayerTraining training() {
        if (closed) {
            throw new IllegalStateException("This output block is closed");
        }
        return training;
    }

    void checkHidden(Shape shape) {
        Tensors.checkWidth("hidden", shape, layer().width());
    }

    /** DJL's parameter that stands for the layer. */
    Parameter anchor() {
        return anchor;
    }

    /** Whether the layer learns, as DJL's {@code freezeParameters} has it. */
    boolean isTrained() {
        return anchor.requiresGradient();
    }

    /** From now on this optimizer steps the layer, and no other. */
    void steppedBy(JointOptimizer next) {
        optimizer = next;
    }

    /** What steps the layer; null as long as nothing does. */
    @Nullable
    JointOptimizer optimizer() {
        return optimizer;
    }

    /** Whether a parameter of DJL's is one that stands for a layer. */
    boolean isAnchor(String parameterId) {
        return anchor.getId().equals(parameterId)
                || embeddings.stream()
                        .anyMatch(embedding -> embedding.anchor().getId().equals(parameterId));
    }

    /** Whether there is something for a {@link JointOptimizer} to step. */
    boolean learns() {
        return isTrained() || embeddings.stream().anyMatch(EmbeddingBlock::learns);
    }

    /** What no step may change. */
    Parameters frozen() {
        Parameters frozen = isTrained() ? Parameters.of() : objective().parameters();
        for (EmbeddingBlock embedding : embeddings) {
            if (!embedding.learns()) {
                frozen = frozen.and(embedding.own());
            }
        }
        return frozen;
    }

    /** Whether anybody wants gradients of hidden states: not where hidden states are given features. */
    boolean bodyLearns() {
        JointOptimizer steps = optimizer;
        return steps == null || embeddings.stream().anyMatch(EmbeddingBlock::learns) || steps.bodyLearns();
    }

    /** Whether the training loss is the mean negative log-likelihood of the rows that count. */
    boolean minimisesNats() {
        if (!(objective() instanceof OutputLayer exact)) {
            return false;
        }
        Integer ignored = exact.objective().ignored();
        return exact.objective().equals(ignored == null ? CrossEntropy.MEAN : CrossEntropy.MEAN.ignoring(ignored));
    }

    List<EmbeddingBlock> embeddings() {
        return embeddings;
    }

    /** Of the numbers that bodies compute with: what the model was initialized with. */
    DataType type() {
        return anchor.isInitialized() ? anchor.getArray().getDataType() : DataType.FLOAT32;
    }

    /** A parameter's arrays on all devices that this block has seen in training, in a fixed order. */
    List<NDArray> arrays(Parameter parameter) {
        ParameterStore seen = store;
        return seen == null
                ? List.of()
                : devices.stream()
                        .map(device -> seen.getValue(parameter, device, true))
                        .toList();
    }

    private void describe(ObjectNode config, Map<String, long[]> integers) {
        LayerFiles.describe(layer(), config, integers);
    }

    private void checkK(int k) {
        if (k < 1 || k > layer().classes()) {
            throw new IllegalArgumentException(
                    "k = " + k + ": must be from 1 to the number of classes, " + layer().classes());
        }
    }
}
