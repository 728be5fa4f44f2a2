package io.vastmax.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
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
 * be scaled, or be one of several summands: the gradients of the layer follow what autograd makes of it, as long as that is the
 * same factor for all batches of a step.
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
        Batch batch = Batch.of(output, labels, given, states);
        states = batch.hidden().array();
        Matrix gradient = null;
        if (output.bodyLearns()) {
            gradients = Tensors.fitting(gradients, states.length);
            gradient = Matrix.wrap(batch.rows(), output.layer().width(), gradients);
        }
        double loss = output.training()
                .lossAndGradients(hidden.getDevice(), batch.hidden(), batch.targets(), gradient, output.isTrained());
        given.evaluated(loss);
        NDArray scalar = given.anchor().add((float) loss);
        if (gradient == null) {
            return scalar;
        }
        NDArray g = Tensors.array(
                hidden.getManager(), gradient.array(), hidden.getShape(), hidden.getDevice(), hidden.getDataType());
        NDArray surrogate = hidden.mul(g).sum();
        return scalar.add(surrogate.sub(surrogate.stopGradient()));
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
        if (output.isTrained() && (output.optimizer() == null || given.anchor().getFloat() != 0)) {
            throw new IllegalStateException("The trainer's optimizer does not step the layer of " + getName()
                    + ": give DefaultTrainingConfig.optOptimizer a JointOptimizer, or freeze the output block");
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
