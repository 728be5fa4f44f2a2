package io.vastmax;

/**
 * An objective that is also a normalised distribution {@code P(class | hidden)}.
 *
 * <p>Batches come first; one row is a batch of one. Class ids are the caller's, whatever order a layer keeps inside.
 */
public interface OutputLayer extends Objective {
    @Override
    default OutputLayer exact() {
        return this;
    }

    /** The number of classes, V. */
    int classes();

    /** The length of a hidden vector, d. */
    int width();

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
     * Draws a class for each row from {@code P(. | hidden)}.
     *
     * @param hidden {@code N x width}
     * @param key row i draws from {@code key.row(i)}: the same key gives the same classes
     * @param out N classes
     */
    void sample(Matrix hidden, RandomKey key, int[] out, Workspace workspace);
}
