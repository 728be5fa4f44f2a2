package io.vastmax;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The true classes of each row of a batch, one or several, or their probabilities, and what each row counts. Most layers take
 * one class a row; those that take several say so. Immutable.
 */
public final class Targets {
    private final int[] ids;

    /** Row n has the ids from {@code starts[n]} to before {@code starts[n + 1]}; null for one each. */
    private final int @Nullable [] starts;

    /** The probability of each id; null for equal ones. */
    private final float @Nullable [] shares;

    private final float @Nullable [] weights;

    private Targets(int[] ids, int @Nullable [] starts, float @Nullable [] shares, float @Nullable [] weights) {
        this.ids = ids;
        this.starts = starts;
        this.shares = shares;
        this.weights = weights;
    }

    /** One class a row. */
    public static Targets of(int... ids) {
        return new Targets(ids.clone(), null, null, null);
    }

    /**
     * Several classes a row, each row with a number of its own. Where every row has one it is {@link #of}.
     *
     * @throws IllegalArgumentException if a row has none, or one twice
     */
    public static Targets ofSeveral(int[]... rows) {
        Targets several = several(rows);
        return several.total() == rows.length ? new Targets(several.ids, null, null, null) : several;
    }

    private static Targets several(int[]... rows) {
        int[] starts = new int[rows.length + 1];
        for (int n = 0; n < rows.length; n++) {
            int[] sorted = rows[n].clone();
            Arrays.sort(sorted);
            for (int i = 1; i < sorted.length; i++) {
                if (sorted[i] == sorted[i - 1]) {
                    throw new IllegalArgumentException("rows[" + n + "] holds the class " + sorted[i] + " twice");
                }
            }
            if (sorted.length == 0) {
                throw new IllegalArgumentException("rows[" + n + "] holds no class");
            }
            starts[n + 1] = Math.addExact(starts[n], sorted.length);
        }
        int[] ids = new int[starts[rows.length]];
        for (int n = 0; n < rows.length; n++) {
            System.arraycopy(rows[n], 0, ids, starts[n], rows[n].length);
        }
        return new Targets(ids, starts, null, null);
    }

    /**
     * Soft targets: for each row some classes and their probabilities, such as a teacher's; all others have none.
     *
     * @throws IllegalArgumentException if a row has no class, or one twice, or not one probability for each, or one that is
     *     negative, or their sum is not one to within a thousandth
     */
    public static Targets ofProbabilities(int[][] rows, float[][] probabilities) {
        if (probabilities.length != rows.length) {
            throw new IllegalArgumentException(
                    "probabilities has " + probabilities.length + " rows, but rows has " + rows.length);
        }
        Targets several = several(rows);
        float[] shares = new float[several.total()];
        int at = 0;
        for (int n = 0; n < rows.length; n++) {
            if (probabilities[n].length != rows[n].length) {
                throw new IllegalArgumentException("probabilities[" + n + "] holds " + probabilities[n].length
                        + " numbers for " + rows[n].length + " classes");
            }
            double sum = 0;
            for (float share : probabilities[n]) {
                if (!(share >= 0)) {
                    throw new IllegalArgumentException(
                            "probabilities[" + n + "] holds " + share + ": must not be negative");
                }
                sum += share;
                shares[at++] = share;
            }
            if (!(Math.abs(sum - 1) <= 1e-3)) {
                throw new IllegalArgumentException("probabilities[" + n + "] sums to " + sum + ": must be one");
            }
        }
        return new Targets(several.ids, several.starts, shares, null);
    }

    /**
     * Soft targets for all classes: the probabilities of row n are those of the matrix's row n; zeros cost nothing, each other
     * one some forty bytes in a step, beside the workspace's allowance.
     *
     * @throws IllegalArgumentException if one is negative, or a row's sum is not one to within a thousandth
     */
    public static Targets ofProbabilities(Matrix probabilities) {
        int[][] rows = new int[probabilities.rows()][];
        float[][] shares = new float[rows.length][];
        for (int n = 0; n < rows.length; n++) {
            int row = n;
            rows[n] = IntStream.range(0, probabilities.columns())
                    .filter(c -> probabilities.get(row, c) != 0)
                    .toArray();
            shares[n] = new float[rows[n].length];
            for (int i = 0; i < shares[n].length; i++) {
                shares[n][i] = probabilities.get(n, rows[n][i]);
            }
            if (rows[n].length == 0) {
                throw new IllegalArgumentException("probabilities[" + n + "] sums to 0: must be one");
            }
        }
        return ofProbabilities(rows, shares);
    }

    /**
     * The same classes, with a weight for each row.
     *
     * @throws IllegalArgumentException if there is not one weight a row, or one is negative or not finite
     */
    public Targets weighted(float... weights) {
        if (weights.length != size()) {
            throw new IllegalArgumentException("weights holds " + weights.length + " numbers for " + size() + " rows");
        }
        for (int n = 0; n < weights.length; n++) {
            if (!(weights[n] >= 0) || Float.isInfinite(weights[n])) {
                throw new IllegalArgumentException(
                        "weights[" + n + "] = " + weights[n] + ": must be finite and not negative");
            }
        }
        return new Targets(ids, starts, shares, weights.clone());
    }

    /** The number of rows. */
    public int size() {
        return starts == null ? ids.length : starts.length - 1;
    }

    /** The number of classes of all rows together. */
    public int total() {
        return ids.length;
    }

    /** The number of classes of a row. */
    public int count(int row) {
        return starts == null ? 1 : starts[row + 1] - starts[row];
    }

    /** The class of a row; of several, the first. */
    public int id(int row) {
        return ids[starts == null ? row : starts[row]];
    }

    /** The i-th class of a row. */
    public int id(int row, int i) {
        return ids[starts == null ? row : starts[row] + i];
    }

    /** The i-th of all rows' classes. */
    public int idAt(int i) {
        return ids[i];
    }

    /** Whether each row has one class, and so one number. */
    public boolean isOneEach() {
        return starts == null;
    }

    /** Whether rows have probabilities of their own, not equal ones. */
    public boolean areProbabilities() {
        return shares != null;
    }

    /** The probability of the i-th class of a row: equal for all unless {@link #ofProbabilities} gave it. */
    public double share(int row, int i) {
        return shares == null || starts == null ? 1.0 / count(row) : shares[starts[row] + i];
    }

    /** What a row counts: 1 unless {@link #weighted}. */
    public float weight(int row) {
        return weights == null ? 1f : weights[row];
    }

    /**
     * Checks each id.
     *
     * @throws IllegalArgumentException if one is not from 0 to {@code classes - 1}
     */
    public void check(int classes) {
        for (int n = 0; n < size(); n++) {
            for (int i = 0; i < count(n); i++) {
                if (id(n, i) < 0 || id(n, i) >= classes) {
                    throw new IllegalArgumentException(
                            "targets[" + n + "] = " + id(n, i) + ": must be from 0 to " + (classes - 1));
                }
            }
        }
    }
}
