package io.vastmax;

/** Takes the loss of each row, from which every reduction follows. */
@FunctionalInterface
public interface LossSink {
    /**
     * Takes one row; the rows come in order, on the caller's thread.
     *
     * @param row the row
     * @param loss its loss in nats, weighted, see {@link CrossEntropy}; 0 for a row that is ignored
     * @param logSumExp the log-sum-exp of the logits of the first softmax that the row passes: of all classes, of an
     *     adaptive softmax's head, of a tree's root, of a target and its negatives; 0 for logistic losses; of no
     *     meaning for a row that is ignored
     * @param weight what it counts in the mean, see {@link CrossEntropy}; 0 for a row that is ignored
     */
    void row(int row, double loss, double logSumExp, double weight);
}
