package io.vastmax.sampled;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.Matrix;
import io.vastmax.Parameter;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.internal.Rows;
import io.vastmax.internal.SparseLogits;
import io.vastmax.internal.Transforms;
import io.vastmax.internal.Weighting;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The loss of one batch over drawn classes, and its gradients. Used once. */
abstract class SampledLoss {
    /** Of the random numbers of a step, those that draw classes. */
    private static final int STREAM = 1;

    /** The row whose random numbers draw for the batch: none that a batch has. */
    static final int BATCH = -1;

    final FullSoftmax layer;
    final NegativeSampler sampler;
    final Scheme scheme;
    final Matrix hidden;
    final Targets targets;
    final Targets kept;
    final Weighting weighting;
    final RandomKey key;
    final Workspace workspace;
    final float logZ;
    final Rows rows;
    final boolean smooths;

    /** Of all classes together. */
    final double classWeight;

    final double[] losses;
    final double[] logSumExps;
    private double offsetGradient;

    SampledLoss(
            SampledObjective objective,
            Matrix hidden,
            Targets targets,
            Targets kept,
            Weighting weighting,
            Step step,
            float logZ) {
        this.layer = objective.layer();
        this.sampler = objective.sampler();
        this.scheme = objective.scheme();
        this.hidden = hidden;
        this.targets = targets;
        this.kept = kept;
        this.weighting = weighting;
        this.key = drawing(step.key());
        this.workspace = step.workspace();
        this.logZ = logZ;
        Parameter bias = layer.bias();
        this.rows = Rows.of(layer.weight().value(), bias == null ? null : bias.value())
                .transformed(layer.transform());
        this.smooths = layer.objective().labelSmoothing() > 0;
        CrossEntropy crossEntropy = layer.objective();
        this.classWeight = crossEntropy.alongPath() ? layer.classes() : crossEntropy.totalClassWeight(layer.classes());
        this.losses = new double[hidden.rows()];
        this.logSumExps = new double[hidden.rows()];
    }

    /** Draws, and computes the loss of each row and the gradients that are wanted. */
    abstract void compute(@Nullable Matrix hiddenGradient, @Nullable RowGradients into);

    /** The loss of a row. */
    double loss(int row) {
        return losses[row];
    }

    /** The log-sum-exp of a row's target and negatives; 0 for logistic losses. */
    double logSumExp(int row) {
        return logSumExps[row];
    }

    /** The derivative of the whole loss by a number added to every logit. */
    double offsetGradient() {
        return offsetGradient;
    }

    /** The key, within a step's, of what draws classes. */
    static RandomKey drawing(RandomKey key) {
        return key.stream(STREAM);
    }

    /** Draws for a row, or for the batch. */
    void draw(int row, Negatives into) {
        into.clear();
        sampler.draw(kept, key.row(row), into);
    }

    /** How many entries a negative takes: a softmax has equal draws in one, for a logistic loss each counts by itself. */
    int copies(Negatives negatives, int i) {
        return scheme.softmax() ? 1 : negatives.count(i);
    }

    /** What is added to the logit of a negative. */
    float negativeOffset(Negatives negatives, int i) {
        double merged = scheme.softmax() ? Math.log(negatives.count(i)) : 0;
        double correction = scheme.corrected() ? negatives.logExpectedCount(negatives.id(i)) : 0;
        return (float) (merged - correction - logZ);
    }

    /** What is added to the logit of a target. */
    float targetOffset(Negatives negatives, int row, int id) {
        if (!scheme.targetsCorrected()) {
            return -logZ;
        }
        double logQ = negatives.logExpectedCount(id);
        if (logQ == Double.NEGATIVE_INFINITY) {
            throw new IllegalArgumentException("targets[" + row + "] = " + id
                    + " can never be drawn by the sampler: its logit cannot be corrected by log Q."
                    + " Take a sampler that draws every class");
        }
        return (float) (-logQ - logZ);
    }

    boolean isTargetOf(int row, int id) {
        for (int i = 0; i < targets.count(row); i++) {
            if (targets.id(row, i) == id) {
                return true;
            }
        }
        return false;
    }

    /** The number of a row's targets that take part. */
    int targetsOf(int row) {
        return weighting.ignores(row) ? 0 : targets.count(row);
    }

    /** The derivative of the whole loss by a row's cross-entropy. */
    double hitSlope(int row) {
        return weighting.scale(row) * weighting.hit(row);
    }

    /** What a class counts of a row's share of smoothing. */
    double spread(int row) {
        return weighting.spread(row) / layer.classes();
    }

    /** What a negative counts in the estimate of the sum over all classes: {@code w_c count / Q(c)}, in the softmax's loss. */
    float spreadWeight(Negatives negatives, int i) {
        int id = negatives.id(i);
        double weight = layer.objective().alongPath() ? 1 : layer.objective().classWeight(id);
        return (float) (weight * negatives.count(i) / negatives.expectedCount(id));
    }

    /**
     * The gradients of a row's targets in place of their logits, {@code f p - g/k} or {@code -g/k sigmoid(-s)} of k targets.
     *
     * @param slope f, the derivative of the whole loss by the row's log-sum-exp
     * @param max the row's log-sum-exp
     * @param sum see {@code max}
     */
    void targetGradients(int row, SparseLogits entries, int count, double slope, float max, double sum) {
        double hit = hitSlope(row);
        float[] z = entries.values();
        int start = entries.start(row);
        for (int i = start; i < start + count; i++) {
            z[i] = (float)
                    (scheme.softmax()
                            ? slope * StrictMath.exp((double) z[i] - max) / sum - hit / count
                            : -hit / count / (1 + StrictMath.exp(z[i])));
        }
    }

    /** The mean loss of a row's targets by themselves: minus their logits, or the logistic losses of these. */
    double targetLoss(float[] z, int start, int count) {
        double sum = 0;
        for (int i = start; i < start + count; i++) {
            double minus = -(double) z[i];
            sum += scheme.softmax() ? minus : Math.max(minus, 0) + Math.log1p(Math.exp(-Math.abs(minus)));
        }
        return sum / count;
    }

    /** Adds what flows back from the entries' gradients, those by logits as they are compared. */
    void backward(SparseLogits entries, @Nullable Matrix hiddenGradient, @Nullable RowGradients into) {
        addOffsetGradient(entries.values(), entries.size());
        Transforms.applySlope(rows.transform, entries.values(), 0, entries.values(), 0, entries.size());
        entries.backward(
                hidden,
                rows,
                workspace,
                hiddenGradient,
                into == null ? null : into.weight(),
                into == null ? null : into.bias());
    }

    /** Adds to the derivative of the whole loss by a number added to every logit. */
    void addOffsetGradient(float[] gradients, int count) {
        for (int i = 0; i < count; i++) {
            offsetGradient += gradients[i];
        }
    }

    /** The targets of the rows that are not ignored. */
    static Targets kept(Targets targets, CrossEntropy crossEntropy) {
        int[] taken = IntStream.range(0, targets.size())
                .filter(n -> !Weighting.ignores(crossEntropy, targets, n))
                .toArray();
        if (taken.length == targets.size()) {
            return targets;
        }
        int[][] rows = new int[taken.length][];
        for (int i = 0; i < taken.length; i++) {
            int n = taken[i];
            rows[i] = IntStream.range(0, targets.count(n))
                    .map(j -> targets.id(n, j))
                    .toArray();
        }
        return Targets.ofSeveral(rows);
    }
}
