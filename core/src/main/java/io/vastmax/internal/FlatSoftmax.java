package io.vastmax.internal;

import io.vastmax.CrossEntropy;
import io.vastmax.LogSumExp;
import io.vastmax.LossSink;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import io.vastmax.Softmax;
import io.vastmax.Targets;
import io.vastmax.TopK;
import io.vastmax.Workspace;
import org.jspecify.annotations.Nullable;

/** A single softmax over all classes: what full, cosine and spherical softmax do alike. Immutable. */
public final class FlatSoftmax {
    /** Makes logits of what a layer has for each class; in place. */
    @FunctionalInterface
    public interface Scores {
        /** Works on {@code count} numbers from {@code from}. */
        void toLogits(float[] z, int from, int count);
    }

    private static final Scores AS_THEY_ARE = (z, from, count) -> {};

    private final Link link;
    private final Rows rows;
    private final Scores scores;

    private FlatSoftmax(Link link, Rows rows, Scores scores) {
        this.link = link;
        this.rows = rows;
        this.scores = scores;
    }

    /** That of some class vectors. */
    public static FlatSoftmax of(Rows rows) {
        return new FlatSoftmax(Link.SOFTMAX, rows, AS_THEY_ARE);
    }

    /** One that takes another link in training, and its logits from scores in inference. */
    public static FlatSoftmax of(Link link, Rows rows, Scores scores) {
        return new FlatSoftmax(link, rows, scores);
    }

    /**
     * {@link io.vastmax.Objective#loss}.
     *
     * @param score what becomes of the targets' logits; null for nothing
     */
    public void loss(
            Matrix hidden,
            Targets targets,
            CrossEntropy objective,
            AdjustedTargets.@Nullable Score score,
            Workspace workspace,
            LossSink perRow) {
        Shapes.checkHidden(hidden, rows.width);
        Weighting weighting = Weighting.ofAny(objective, targets, hidden.rows(), rows.count, null);
        LossBatch batch = batch(hidden, targets, weighting, objective);
        adjust(batch, targets, objective, score);
        FusedLoss.of(workspace).loss(batch, workspace);
        for (int n = 0; n < batch.rows; n++) {
            perRow.row(n, weighting.ignores(n) ? 0 : batch.loss(n), batch.logSumExp(n), weighting.weight(n));
        }
    }

    /**
     * {@link io.vastmax.Objective#lossAndGradients}.
     *
     * @param score what becomes of the targets' logits; null for nothing
     * @param into the gradients of class vectors and bias are added to these; null if they are not needed
     */
    public double lossAndGradients(
            Matrix hidden,
            Targets targets,
            CrossEntropy objective,
            AdjustedTargets.@Nullable Score score,
            float @Nullable [] upstream,
            @Nullable Matrix hiddenGradient,
            @Nullable Rows into,
            Workspace workspace) {
        Shapes.checkHidden(hidden, rows.width);
        Shapes.checkGradient(hiddenGradient, hidden);
        Weighting weighting = Weighting.ofAny(objective, targets, hidden.rows(), rows.count, upstream);
        LossBatch batch = batch(hidden, targets, weighting, objective);
        AdjustedTargets adjusted = adjust(batch, targets, objective, score);
        float[] ofHidden = hiddenGradient == null ? null : hiddenGradient.array();
        FusedLoss.of(workspace).lossAndGradients(batch, workspace, ofHidden, into);
        if (adjusted != null && ofHidden != null) {
            adjusted.addHiddenGradient(ofHidden);
        }
        if (adjusted != null && into != null) {
            adjusted.addWeightGradient(into);
        }
        return weighting.reduce(batch::loss);
    }

    private static @Nullable AdjustedTargets adjust(
            LossBatch batch, Targets targets, CrossEntropy objective, AdjustedTargets.@Nullable Score score) {
        if (score == null) {
            return null;
        }
        if (!targets.isOneEach()) {
            throw new IllegalArgumentException(
                    "targets has several classes a row: " + objective.margin() + " takes one a row");
        }
        return AdjustedTargets.into(batch, score);
    }

    private LossBatch batch(Matrix hidden, Targets targets, Weighting weighting, CrossEntropy objective) {
        LossBatch batch = new LossBatch(link, rows, hidden.array(), hidden.rows());
        for (int n = 0; n < hidden.rows(); n++) {
            batch.hit[n] = weighting.hit(n);
            batch.spread[n] = weighting.spread(n) / rows.count;
            batch.square[n] = weighting.square(n);
            batch.scale[n] = weighting.scale(n);
            batch.targets[n] = weighting.target(n);
        }
        if (!targets.isOneEach()) {
            batch.aimAtSeveral(targets, weighting, objective);
        }
        if (objective.labelSmoothing() > 0) {
            if (objective.alongPath()) {
                batch.spreadOver(null, 0, rows.count);
            } else {
                batch.spreadOver(classWeights(objective), 0, objective.totalClassWeight(rows.count));
            }
        }
        batch.focal = objective.focal();
        return batch;
    }

    private static float @Nullable [] classWeights(CrossEntropy objective) {
        return objective.classWeights() == null
                ? null
                : objective.classWeights().toArray();
    }

    /** {@link io.vastmax.OutputLayer#logProb}. */
    public void logProb(Matrix hidden, int[] ids, float[] out, Workspace workspace) {
        Shapes.checkHidden(hidden, rows.width);
        Shapes.checkIds(ids, out, hidden, rows.count);
        LossBatch batch = new LossBatch(link, rows, hidden.array(), hidden.rows());
        System.arraycopy(ids, 0, batch.targets, 0, ids.length);
        FusedLoss.of(workspace).loss(batch, workspace);
        for (int n = 0; n < out.length; n++) {
            out[n] = (float) -batch.loss(n);
        }
    }

    /** {@link io.vastmax.OutputLayer#logProbs}. */
    public void logProbs(Matrix hidden, Matrix out, Workspace workspace) {
        Shapes.checkHidden(hidden, rows.width);
        int classes = rows.count;
        Shapes.checkAll(out, hidden, classes);
        forEachRow(
                hidden,
                workspace,
                (row, logits, from, worker) ->
                        Softmax.logSoftmax(logits, from, out.array(), row * classes, classes, 1));
    }

    /** {@link io.vastmax.OutputLayer#topK}; for a single row it allocates nothing. */
    public void topK(Matrix hidden, TopK out, Workspace workspace) {
        Shapes.checkHidden(hidden, rows.width);
        Shapes.checkTopK(out, hidden, rows.count);
        TopSelection[] selections = TopSelection.of(workspace);
        if (hidden.rows() == 1) {
            float[] logits = Logits.of(workspace).singleRow(rows, hidden.array(), workspace);
            scores.toLogits(logits, 0, rows.count);
            select(selections[0], logits, 0, 0, out);
            return;
        }
        forEachRow(
                hidden, workspace, (row, logits, from, worker) -> select(selections[worker], logits, from, row, out));
    }

    /** {@link io.vastmax.OutputLayer#sample}. */
    public void sample(Matrix hidden, RandomKey key, int[] out, Workspace workspace) {
        Shapes.checkHidden(hidden, rows.width);
        Shapes.checkLength("out", out.length, hidden);
        forEachRow(
                hidden,
                workspace,
                (row, logits, from, worker) -> out[row] =
                        Categorical.draw(logits, from, rows.count, key.row(row).nextDouble()));
    }

    private void forEachRow(Matrix hidden, Workspace workspace, Logits.RowTask task) {
        Logits.of(workspace).forEachRow(rows, hidden.array(), hidden.rows(), workspace, (row, logits, from, worker) -> {
            scores.toLogits(logits, from, rows.count);
            task.run(row, logits, from, worker);
        });
    }

    private void select(TopSelection selection, float[] logits, int from, int row, TopK out) {
        selection.begin(out.k());
        selection.offerAll(logits, from, rows.count, 0, null, 0);
        selection.writeTo(out, row, -LogSumExp.value(logits, from, rows.count));
    }
}
