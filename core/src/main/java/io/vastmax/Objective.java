package io.vastmax;

import org.jspecify.annotations.Nullable;

/**
 * Something trainable: a loss of hidden states against targets, with its gradients.
 *
 * <p>Its loss need not be a likelihood: evaluation always asks {@link #exact()}. Threads may read a layer at the same time,
 * each with a {@link Workspace} of its own; nobody may read while its parameters change.
 *
 * <p>Every method refuses, with an {@link IllegalArgumentException} that names the argument, a hidden matrix of another
 * width, another number of targets than rows, and an id that is no class.
 */
public interface Objective {
    /** The layer that evaluation uses: itself, or the one underneath. */
    OutputLayer exact();

    /** What training changes. */
    Parameters parameters();

    /** Zeros for the gradients of {@link #parameters()}, dense or by row as suits the layer. */
    Gradients newGradients();

    /**
     * The loss of each row.
     *
     * @param hidden the hidden states, {@code N x width}
     * @param targets the true class of each row
     */
    void loss(Matrix hidden, Targets targets, Step step, LossSink perRow);

    /**
     * The loss in nats, reduced as the objective says ({@link CrossEntropy}: the mean over the rows unless it was told
     * otherwise), and its gradients. An empty batch has the loss 0.
     *
     * @param hidden the hidden states, {@code N x width}
     * @param targets the true class of each row
     * @param hiddenGradient overwritten with {@code dL/dhidden}, {@code N x width}; null if the body is frozen: its product is
     *     skipped
     * @param into {@code dL/dparameters} is added to these; null if the parameters are frozen: their product is skipped
     */
    default double lossAndGradients(
            Matrix hidden, Targets targets, Step step, @Nullable Matrix hiddenGradient, @Nullable Gradients into) {
        return lossAndGradients(hidden, targets, step, null, hiddenGradient, into);
    }

    /**
     * The same without a reduction, for whoever makes one number of the rows' losses in their own way: the rows' losses are
     * those of {@link #loss}, and the gradients those of {@code sum_n upstream_n loss_n}, which is returned.
     *
     * @param upstream the derivative of the whole by each row's loss, any number; null for the objective's own reduction
     * @throws IllegalArgumentException also if there is not one upstream number a row
     */
    double lossAndGradients(
            Matrix hidden,
            Targets targets,
            Step step,
            float @Nullable [] upstream,
            @Nullable Matrix hiddenGradient,
            @Nullable Gradients into);

    /**
     * To be told the targets of each step of training, once and after {@link #lossAndGradients}: for objectives that learn
     * from them beside their gradients, as a sampler that counts classes does. Most do nothing.
     */
    default void observe(Targets targets) {}
}
