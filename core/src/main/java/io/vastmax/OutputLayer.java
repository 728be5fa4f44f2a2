package io.vastmax;

import io.vastmax.internal.Shapes;

/**
 * An objective that is also a normalised distribution {@code P(class | hidden)}.
 *
 * <p>Batches come first; one row is a batch of one. Class ids are the caller's, whatever order a layer keeps inside.
 */
public interface OutputLayer extends Objective {
    /** What {@link #predict} answers where it is not sure enough: no class has this id. */
    int UNDECIDED = -1;

    @Override
    default OutputLayer exact() {
        return this;
    }

    /** The number of classes, V. */
    int classes();

    /** The length of a hidden vector, d. */
    int width();

    /** What training minimises. */
    CrossEntropy objective();

    /** What becomes of its logits. */
    LogitTransform transform();

    /** The same parameters, not copies, with something else becoming of their logits. */
    OutputLayer transforming(LogitTransform transform);

    /**
     * The log-probability of one class a row: {@code out[i] = log P(ids[i] | hidden[i])}.
     *
     * @param hidden {@code N x width}
     * @param ids one class for each of the N rows
     * @param out N numbers
     */
    void logProb(Matrix hidden, int[] ids, float[] out, Workspace workspace);

    /**
     * The log-probabilities of all classes.
     *
     * @param hidden {@code N x width}
     * @param out {@code N x classes}; the exponentials of each row sum to one
     */
    void logProbs(Matrix hidden, Matrix out, Workspace workspace);

    /**
     * The likeliest classes of each row, exactly, by falling log-probability; of equal ones the lower id comes first.
     *
     * @param hidden {@code N x width}
     * @param out N rows of k classes, {@code k <= classes}
     */
    void topK(Matrix hidden, TopK out, Workspace workspace);

    /**
     * The likeliest class of each row, or {@link #UNDECIDED} where its probability is below a threshold, and where it is not
     * a number. {@link SelectivePrediction} says what a threshold costs and gains.
     *
     * @param hidden {@code N x width}
     * @param threshold from 0, which leaves nothing undecided, to 1
     * @param out N classes
     * @throws IllegalArgumentException if {@code threshold} is not from 0 to 1
     */
    default void predict(Matrix hidden, double threshold, int[] out, Workspace workspace) {
        SelectivePrediction.checkThreshold(threshold);
        Shapes.checkLength("out", out.length, hidden);
        TopK top = TopK.of(hidden.rows(), 1);
        topK(hidden, top, workspace);
        for (int n = 0; n < out.length; n++) {
            out[n] = top.probability(n, 0) >= threshold ? top.id(n, 0) : UNDECIDED;
        }
    }

    /**
     * Draws a class for each row from {@code P(. | hidden)}.
     *
     * @param hidden {@code N x width}
     * @param key row i draws from {@code key.row(i)}: the same key gives the same classes
     * @param out N classes
     */
    void sample(Matrix hidden, RandomKey key, int[] out, Workspace workspace);
}
