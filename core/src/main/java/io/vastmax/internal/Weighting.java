package io.vastmax.internal;

import io.vastmax.CrossEntropy;
import io.vastmax.Targets;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What each row of a batch counts under a {@link CrossEntropy}. */
public final class Weighting {
    private final CrossEntropy objective;
    private final Targets targets;
    private final float @Nullable [] upstream;
    private final double[] weights;
    private final double total;

    private Weighting(CrossEntropy objective, Targets targets, float @Nullable [] upstream, double[] weights) {
        this.objective = objective;
        this.targets = targets;
        this.upstream = upstream;
        this.weights = weights;
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        this.total = sum;
    }

    /**
     * That of a batch whose targets have one class a row.
     *
     * @param upstream see {@link io.vastmax.Objective#lossAndGradients}
     * @throws IllegalArgumentException if there are not as many targets, or upstream numbers, as rows, a row has several
     *     classes, or one that is not ignored is no class
     */
    public static Weighting of(
            CrossEntropy objective, Targets targets, int rows, int classes, float @Nullable [] upstream) {
        Weighting weighting = ofAny(objective, targets, rows, classes, upstream);
        for (int n = 0; n < rows; n++) {
            if (targets.count(n) != 1) {
                throw new IllegalArgumentException(
                        "targets has " + targets.count(n) + " classes in row " + n + ": this layer takes one a row");
            }
        }
        refuseProbabilities(targets);
        return weighting;
    }

    /**
     * That of a batch whose targets may have several classes a row, which count the same.
     *
     * @throws IllegalArgumentException also if there are class weights and a row has several classes
     */
    public static Weighting ofSeveral(
            CrossEntropy objective, Targets targets, int rows, int classes, float @Nullable [] upstream) {
        Weighting weighting = ofAny(objective, targets, rows, classes, upstream);
        for (int n = 0; n < rows; n++) {
            if (targets.count(n) != 1 && objective.hasClassWeights()) {
                throw new IllegalArgumentException(
                        "targets has " + targets.count(n) + " classes in row " + n + ": class weights take one a row");
            }
        }
        refuseProbabilities(targets);
        return weighting;
    }

    /** That of a batch whose targets may be probabilities; class weights then weigh each class of a row. */
    public static Weighting ofAny(
            CrossEntropy objective, Targets targets, int rows, int classes, float @Nullable [] upstream) {
        if (targets.size() != rows) {
            throw new IllegalArgumentException(
                    "targets holds " + targets.size() + " ids, but hidden has " + rows + " rows");
        }
        if (upstream != null && upstream.length != rows) {
            throw new IllegalArgumentException(
                    "upstream holds " + upstream.length + " numbers, but hidden has " + rows + " rows");
        }
        if (!targets.isOneEach() && objective.focal() > 0) {
            throw new IllegalArgumentException(
                    "focal = " + objective.focal() + ": the focal loss is of hard labels, targets has several a row");
        }
        double[] weights = new double[rows];
        for (int n = 0; n < rows; n++) {
            boolean ignored = ignores(objective, targets, n);
            for (int i = 0; i < targets.count(n) && !ignored; i++) {
                check(targets.id(n, i), n, classes);
            }
            weights[n] = ignored
                    ? 0
                    : (double) targets.weight(n) * (targets.isOneEach() ? objective.classWeight(targets.id(n)) : 1);
        }
        return new Weighting(objective, targets, upstream, weights);
    }

    private static void refuseProbabilities(Targets targets) {
        if (targets.areProbabilities()) {
            throw new IllegalArgumentException(
                    "targets are probabilities: this layer takes one class a row, or several that count the same");
        }
    }

    private static void check(int id, int row, int classes) {
        if (id < 0 || id >= classes) {
            throw new IllegalArgumentException("targets[" + row + "] = " + id + ": must be from 0 to " + (classes - 1));
        }
    }

    /** Whether a row is left out altogether. */
    public boolean ignores(int row) {
        return ignores(objective, targets, row);
    }

    /** Whether a row of some targets is left out: an id that is ignored must stand alone in it. */
    public static boolean ignores(CrossEntropy objective, Targets targets, int row) {
        return targets.count(row) == 1 && objective.ignores(targets.id(row));
    }

    /** A row's target; -1 if the row is ignored. */
    public int target(int row) {
        return ignores(row) ? -1 : targets.id(row);
    }

    /** What a row counts in the mean: its token's weight times its class's. */
    public double weight(int row) {
        return weights[row];
    }

    /** What {@code -log p_y} counts in a row's loss: its weight but for what is smoothed. */
    public double hit(int row) {
        return weights[row] * (1 - objective.labelSmoothing());
    }

    /**
     * What is spread over the classes: the share that is smoothed, of the token's weight, since each class then counts by its
     * own; or, along a path, of the row's.
     */
    public double spread(int row) {
        double weight = objective.alongPath() || ignores(row) ? weights[row] : targets.weight(row);
        return weight * objective.labelSmoothing();
    }

    /** What the square of a log-sum-exp counts. */
    public double square(int row) {
        return weights[row] * objective.zLoss();
    }

    /** The derivative of the whole loss by a row's. */
    public double scale(int row) {
        return upstream != null ? upstream[row] : objective.isSum() ? 1 : total == 0 ? 0 : 1 / total;
    }

    /** The rows' losses in one number. */
    public double reduce(IntToDoubleFunction losses) {
        double sum = 0;
        for (int n = 0; n < weights.length; n++) {
            sum += ignores(n) ? 0 : upstream == null ? losses.applyAsDouble(n) : upstream[n] * losses.applyAsDouble(n);
        }
        return objective.isSum() || upstream != null ? sum : total == 0 ? 0 : sum / total;
    }
}
