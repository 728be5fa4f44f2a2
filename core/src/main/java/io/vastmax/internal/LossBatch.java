package io.vastmax.internal;

import io.vastmax.LogSumExp;
import io.vastmax.Targets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A batch on its way through {@link FusedLoss}: what goes in and what comes out. Mutable, used once.
 *
 * <p>The loss of a row is {@code hit (m lse - q.z) + spread (u.1 lse - u.z) + square lse^2}: of a target distribution q with
 * the mass m, a spread over all classes with the weights u, and the log-sum-exp itself. As it comes, {@code hit = 1} and
 * all else is 0.
 */
public final class LossBatch {
    private static final float[] ONES = new float[LogitTiles.CLASSES];

    static {
        Arrays.fill(ONES, 1f);
    }

    final Link link;
    final Rows classes;
    final float[] hidden;
    final int rows;

    /** In: the place of each row's target among the classes, or -1. */
    public final int[] targets;

    /** In: what a row's cross-entropy against its target counts. */
    public final double[] hit;

    /** In: what the sum over all classes counts; see {@link #spreadOver}. */
    public final double[] spread;

    /** In: what the square of the log-sum-exp counts. */
    public final double[] square;

    /** In: the derivative of the whole loss by each row's. */
    public final double[] scale;

    /** In: the focus of a focal loss, see {@link Focal}. */
    public double focal;

    /** In: masked classes, or null. */
    public @Nullable Masks masks;

    /** In: logits that take the place of the targets', or null. Their gradients are {@link #givenGradients}, and no one else's. */
    public float @Nullable [] givenLogits;

    /** Out: the derivative of the whole loss by each of {@link #givenLogits}, before their transform. */
    public final float[] givenGradients;

    /**
     * Out: each row's (max, sum), see {@link io.vastmax.LogSumExp}; or (0, sum). In: what there is of it already, at first
     * nothing.
     */
    public final float[] max;

    /** See {@link #max}. */
    public final double[] sum;

    /** Out: {@code q.z}, the logit of each row's target. */
    public final double[] targetLogits;

    /** Out: {@code u.z}, where something is spread. */
    public final double[] spreadLogits;

    private @Nullable TargetEntries several;
    private double @Nullable [] mass;
    private float @Nullable [] spreadWeights;
    private int spreadFrom;
    private double spreadTotal;

    /**
     * A batch of rows without targets, and with scales of 0.
     *
     * @param hidden row-major, {@code classes.width} numbers a row
     * @param rows how many of them
     */
    public LossBatch(Link link, Rows classes, float[] hidden, int rows) {
        this.link = link;
        this.classes = classes;
        this.hidden = hidden;
        this.rows = rows;
        this.targets = new int[rows];
        this.hit = new double[rows];
        this.spread = new double[rows];
        this.square = new double[rows];
        this.scale = new double[rows];
        this.max = new float[rows];
        this.sum = new double[rows];
        this.targetLogits = new double[rows];
        this.spreadLogits = new double[rows];
        this.givenGradients = new float[rows];
        Arrays.fill(targets, -1);
        Arrays.fill(hit, 1);
        Arrays.fill(max, link.noMax());
        Arrays.fill(sum, link.nothing(classes.count));
    }

    /** Adds logits to a row's log-sum-exp. */
    public void add(int row, float[] logits, int from, int count) {
        LogSumExp merged = new LogSumExp(max[row], sum[row]).merge(LogSumExp.of(logits, from, count));
        max[row] = merged.max();
        sum[row] = merged.sum();
    }

    /**
     * Spreads over all classes.
     *
     * @param weights u, a number for each class, from {@code from}; null for 1 each
     * @param total their sum
     */
    public void spreadOver(float @Nullable [] weights, int from, double total) {
        spreadWeights = weights;
        spreadFrom = from;
        spreadTotal = total;
    }

    /** Gives rows several targets, or probabilities, where they are not to be ignored. Each is weighed by its class. */
    public void aimAtSeveral(Targets of, Weighting weighting, io.vastmax.CrossEntropy objective) {
        long[] pairs = new long[of.total()];
        double[] shares = new double[of.total()];
        mass = new double[rows];
        int count = 0;
        for (int n = 0; n < rows; n++) {
            for (int i = 0; i < of.count(n) && !weighting.ignores(n); i++) {
                double share = of.share(n, i) * objective.classWeight(of.id(n, i));
                if (share > 0) { // else a masked class would make it NaN
                    pairs[count] = TargetEntries.pair(of.id(n, i), n);
                    shares[count++] = share;
                    mass[n] += share;
                }
            }
        }
        several = TargetEntries.of(Arrays.copyOf(pairs, count), Arrays.copyOf(shares, count));
    }

    /** The log-sum-exp of a row's logits. */
    public double logSumExp(int row) {
        return max[row] + Math.log(sum[row]);
    }

    /** {@code m lse - q.z}, the cross-entropy of a row against its target. */
    public double crossEntropy(int row) {
        return mass(row) * logSumExp(row) - targetLogits[row];
    }

    /** The loss of a row, without its scale. */
    public double loss(int row) {
        if (hit[row] == 0) {
            return extras(row);
        }
        double ce = crossEntropy(row);
        return hit[row] * (focal == 0 ? ce : Focal.weight(focal, ce) * ce) + extras(row);
    }

    /** What is added to a row's cross-entropy: what is spread, and the square of the log-sum-exp. */
    public double extras(int row) {
        double extras = 0;
        if (spread[row] != 0) {
            extras = spread[row] * (spreadTotal * logSumExp(row) - spreadLogits[row]);
        }
        if (square[row] != 0) {
            extras += square[row] * logSumExp(row) * logSumExp(row);
        }
        return extras;
    }

    /** The derivative of the whole loss by the log-sum-exp of a row. */
    public double slope(int row) {
        double slope = targetSlope(row) * mass(row);
        if (spread[row] != 0) {
            slope += scale[row] * spread[row] * spreadTotal;
        }
        if (square[row] != 0) {
            slope += scale[row] * 2 * square[row] * logSumExp(row);
        }
        return slope;
    }

    /** The derivative of the whole loss by a row's cross-entropy. */
    double targetSlope(int row) {
        double slope = scale[row] * hit[row];
        return focal == 0 || slope == 0 ? slope : slope * Focal.slope(focal, crossEntropy(row));
    }

    /** The number of classes. */
    public int classes() {
        return classes.count;
    }

    boolean spreads() {
        return spreadTotal != 0;
    }

    /** The weights of the classes from {@code first} on. */
    float[] spreadWeights() {
        return spreadWeights == null ? ONES : spreadWeights;
    }

    int spreadFrom(int first) {
        return spreadWeights == null ? 0 : spreadFrom + first;
    }

    TargetEntries entries() {
        return several == null ? TargetEntries.of(targets) : several;
    }

    private double mass(int row) {
        return mass == null ? 1 : mass[row];
    }
}
