package io.vastmax;

/** Takes the loss of each row, from which every reduction follows. */
@FunctionalInterface
public interface LossSink {
    /**
     * Takes one row; the rows come in order, on the caller's thread.
     *
     * @param row the row
     * @param loss its loss in nats
     * @param logSumExp the log-sum-exp of its logits
     */
    void row(int row, double loss, double logSumExp);
}
