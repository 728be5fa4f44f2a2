package io.vastmax;

import java.util.Objects;

/**
 * The k likeliest classes of each row with their log-probabilities, likeliest first. Mutable: a layer fills it, and it can
 * be used again.
 */
public final class TopK {
    private final int k;
    private final int[] ids;
    private final float[] logProbs;

    private TopK(int rows, int k) {
        this.k = k;
        this.ids = new int[rows * k];
        this.logProbs = new float[rows * k];
    }

    /**
     * Room for the k likeliest classes of some rows.
     *
     * @throws IllegalArgumentException if {@code rows} is negative or {@code k} is not positive
     */
    public static TopK of(int rows, int k) {
        if (rows < 0 || k < 1 || (long) rows * k > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "rows x k = " + rows + " x " + k + ": rows must not be negative, k must be positive");
        }
        return new TopK(rows, k);
    }

    /** How many classes a row. */
    public int k() {
        return k;
    }

    /** The number of rows. */
    public int rows() {
        return ids.length / k;
    }

    /** The class in place {@code rank} (0 is the likeliest) of a row. */
    public int id(int row, int rank) {
        return ids[index(row, rank)];
    }

    /** Its log-probability. */
    public float logProb(int row, int rank) {
        return logProbs[index(row, rank)];
    }

    /** Its probability, at most 1 however the log-probability was rounded. */
    public double probability(int row, int rank) {
        return Math.min(1, Math.exp(logProb(row, rank)));
    }

    /** Sets the class in place {@code rank} of a row: for layers. */
    public void set(int row, int rank, int id, float logProb) {
        int index = index(row, rank);
        ids[index] = id;
        logProbs[index] = logProb;
    }

    private int index(int row, int rank) {
        return Objects.checkIndex(row, rows()) * k + Objects.checkIndex(rank, k);
    }
}
