package io.vastmax;

import it.unimi.dsi.fastutil.doubles.DoubleArrayList;

/**
 * How sure a model was of each of its predictions, and which of them were right: what its calibration is judged by. Mutable,
 * for one thread; it takes 8 bytes a prediction and drops none.
 *
 * <p>A prediction is the likeliest class, its confidence the probability of that class. A model is calibrated if of the
 * predictions with the confidence c the share c is right.
 */
public final class Predictions {
    private static final int MAX_BINS = 10_000;

    private final DoubleArrayList right = new DoubleArrayList();
    private final DoubleArrayList wrong = new DoubleArrayList();

    /** No predictions yet. */
    public Predictions() {}

    /**
     * Adds a prediction.
     *
     * @throws IllegalArgumentException if {@code confidence} is not from 0 to 1
     */
    public void add(double confidence, boolean isRight) {
        if (!(confidence >= 0 && confidence <= 1)) {
            throw new IllegalArgumentException("confidence = " + confidence + ": must be from 0 to 1");
        }
        (isRight ? right : wrong).add(confidence);
    }

    /**
     * Adds the likeliest class of each row, which is right if it is the row's target.
     *
     * @throws IllegalArgumentException if there is not one target a row, or a probability is not a number
     */
    public void addAll(TopK top, int[] targets) {
        if (targets.length != top.rows()) {
            throw new IllegalArgumentException(
                    "targets holds " + targets.length + " numbers, but top has " + top.rows() + " rows");
        }
        for (int n = 0; n < targets.length; n++) {
            add(top.probability(n, 0), top.id(n, 0) == targets[n]);
        }
    }

    /** The number of predictions. */
    public int size() {
        return Math.addExact(right.size(), wrong.size());
    }

    /**
     * The share of predictions that are right.
     *
     * @throws IllegalStateException if there are no predictions
     */
    public double accuracy() {
        return (double) right.size() / some();
    }

    /**
     * Confidence against accuracy, in bins of equal width. Reads every prediction once.
     *
     * @param bins the number of bins, M, from 1 to 10,000; 15 is usual
     * @throws IllegalArgumentException if {@code bins} is out of its range
     * @throws IllegalStateException if there are no predictions
     */
    public Reliability reliability(int bins) {
        if (bins < 1 || bins > MAX_BINS) {
            throw new IllegalArgumentException("bins = " + bins + ": must be from 1 to " + MAX_BINS);
        }
        some();
        return Reliability.of(right.toDoubleArray(), wrong.toDoubleArray(), bins);
    }

    /**
     * What is gained by leaving the unsure ones undecided. Sorts the predictions.
     *
     * @throws IllegalStateException if there are no predictions
     */
    public SelectivePrediction selective() {
        some();
        return SelectivePrediction.of(right.toDoubleArray(), wrong.toDoubleArray());
    }

    private int some() {
        if (size() == 0) {
            throw new IllegalStateException("there are no predictions");
        }
        return size();
    }
}
