package io.vastmax.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import io.vastmax.Matrix;

/**
 * The loss of an {@link OutputBlock}'s objective: hidden states in, a scalar out, for {@code DefaultTrainingConfig} and
 * {@code EasyTrain}.
 *
 * <p>{@link #evaluate} is for training. It computes loss and gradients in one pass: those of the layer wait for the
 * {@link JointOptimizer}, that of the hidden states goes into DJL's autograd as the constant g of the surrogate
 * {@code sum(hidden g)}. The value that DJL sees is the loss, and the gradient that flows on is exactly g. The loss may
 * be scaled, or be one of several summands: the gradients of the layer follow what autograd makes of it. If that is not the same
 * factor for all batches between two steps, the layer's gradients are computed once more when the step is taken.
 *
 * <p>As an evaluator it reports the mean over batches of the training loss, which {@code evaluate} has computed and which is
 * not computed again, and in validation the loss of the exact layer, of sampled softmax too.
 *
 * <p>The labels are the classes, integers or whole floats, as many as there are hidden vectors. Thread safe.
 */
public final class ObjectiveLoss extends Loss {
    private final OutputBlock output;
    private final Means means = new Means();

    /** Hidden states and their gradients of the last batch, whose memory serves the next. */
    private float[] states = {};

    private float[] gradients = {};

    ObjectiveLoss(OutputBlock output) {
        super(output.objective().getClass().getSimpleName() + "Loss");
        this.output = output;
    }

    /**
     * The loss and its gradients, once for each batch of each device.
     *
     * @param labels the classes
     * @param predictions what the output block gave in training
     * @throws IllegalStateException outside a gradient collector, where the gradients would be lost; if no
     *     {@link JointOptimizer} steps the layer; if the block is closed
     * @throws IllegalArgumentException if hidden states or labels do not fit the layer
     */
    @Override
    public synchronized NDArray evaluate(NDList labels, NDList predictions) {
        TrainingOutput given = checkTraining(predictions);
        NDArray hidden = given.head();
        // What waits for a step may be computed again, and keeps its hidden states
        Batch batch = Batch.of(output, labels, given, output.training().batches() == 0 ? states : new float[0]);
        states = batch.hidden().array();
        Matrix gradient = null;
        if (output.bodyLearns()) {
            gradients = Tensors.fitting(gradients, states.length);
            gradient = Matrix.wrap(batch.rows(), output.layer().width(), gradients);
        }
        // The batch's, not the anchor's manager owns what is made here: it is closed with the batch
        NDManager manager = hidden.getManager();
        NDArray share = manager.create(new float[1]).toDevice(hidden.getDevice(), false);
        share.setRequiresGradient(output.isTrained());
        double loss = output.training()
                .lossAndGradients(
                        hidden.getDevice(),
                        batch.hidden(),
                        batch.targets(),
                        gradient,
                        output.isTrained() ? () -> takeGradient(share) : null);
        given.evaluated(loss);
        NDArray scalar = manager.create((float) loss).add(given.anchor()).add(share);
        if (output.isTrained()) {
            // Its gradient is what autograd makes of the loss, and the trainer may step after the batch is closed
            share.detach();
        }
        if (gradient == null) {
            return scalar;
        }
        NDArray g = Tensors.array(
                hidden.getManager(), gradient.array(), hidden.getShape(), hidden.getDevice(), hidden.getDataType());
        NDArray surrogate = hidden.mul(g).sum();
        return scalar.add(surrogate.sub(surrogate.stopGradient()));
    }

    private static double takeGradient(NDArray share) {
        try (share;
                NDArray gradient = share.getGradient()) {
            return Tensors.number(gradient);
        }
    }

    @SuppressWarnings("ReferenceEquality") // the very block
    private TrainingOutput checkTraining(NDList predictions) {
        output.training();
        if (!(predictions instanceof TrainingOutput given) || given.owner() != output) {
            throw new IllegalStateException("predictions of " + getName()
                    + " are not what its output block gave in training: it must be the model's last block");
        }
        if (!isCollecting(given.head().getManager().getEngine())) {
            throw new IllegalStateException(getName()
                    + " was evaluated outside a gradient collector: its gradients would be lost. For a value alone use"
                    + " updateAccumulator");
        }
        if (output.learns() && (output.optimizer() == null || Tensors.number(given.anchor()) != 0)) {
            throw new IllegalStateException("The trainer's optimizer does not step the layer of " + getName()
                    + ": give DefaultTrainingConfig.optOptimizer a JointOptimizer, or freeze the output block and its"
                    + " embedding");
        }
        return given;
    }

    /** There is one at a time: whoever gets another is outside. */
    static boolean isCollecting(Engine engine) {
        try (GradientCollector probe = engine.newGradientCollector()) {
            return probe == null;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    @Override
    public void addAccumulator(String key) {
        means.reset(key);
    }

    @Override
    public void updateAccumulator(String key, NDList labels, NDList predictions) {
        updateAccumulators(new String[] {key}, labels, predictions);
    }

    /** Adds a batch to some means: its training loss, or in validation the exact layer's loss. */
    @Override
    public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
        double trained = TrainingOutput.lossOf(predictions);
        double loss =
                Double.isNaN(trained) ? Batch.of(output, labels, predictions).exactLoss() : trained;
        for (String key : keys) {
            means.add(key, loss, 1);
        }
    }

    @Override
    public void resetAccumulator(String key) {
        means.reset(key);
    }

    @Override
    public float getAccumulator(String key) {
        return (float) means.mean(key);
    }
}
