package io.vastmax.adaptive;

import io.vastmax.CrossEntropy;
import io.vastmax.Gradients;
import io.vastmax.LogSumExp;
import io.vastmax.LogitTransform;
import io.vastmax.LossSink;
import io.vastmax.Matrix;
import io.vastmax.OutputLayer;
import io.vastmax.Parameter;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.TopK;
import io.vastmax.Workspace;
import io.vastmax.internal.Categorical;
import io.vastmax.internal.Logits;
import io.vastmax.internal.Rows;
import io.vastmax.internal.Shapes;
import io.vastmax.internal.Weighting;
import io.vastmax.internal.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Adaptive softmax (Grave, Joulin, Cisse, Grangier and Jegou, Efficient softmax approximation for GPUs, ICML 2017): a head
 * over the frequent classes and one column for each cluster of rarer ones, and a softmax of its own in each cluster, over a
 * projection of the hidden vector that is the smaller the rarer the classes:
 *
 * <p>{@code log P(c | h) = logSoftmax(A h + b)_c} in the shortlist,
 * {@code log P(c | h) = logSoftmax(A h + b)_{s + i} + logSoftmax(W_i P_i h)_c} in cluster i.
 *
 * <p>It is an exact distribution, and rows cost only the softmaxes they pass. The layout is that of PyTorch's
 * {@code AdaptiveLogSoftmaxWithLoss}, and so are the names: {@code head.weight}, (s + clusters) x d, {@code head.bias} if
 * there is one, {@code tail.i.0.weight}, P_i of {@code floor(d / divValue^(i + 1))} x d, and {@code tail.i.1.weight}, W_i.
 * Their rows are in order of falling frequency; ids are the caller's ({@link FrequencyClusters}). A
 * {@link LogitTransform} is applied to the logits of the head and of each cluster. Threads as for {@link OutputLayer}.
 */
public final class AdaptiveSoftmax implements OutputLayer {
    private static final String NOT_ONE = "its classes do not share a space in which to move one away from all others";
    private static final Map<CrossEntropy.Feature, String> REFUSED =
            Map.of(CrossEntropy.Feature.MARGIN, NOT_ONE, CrossEntropy.Feature.NOISE, NOT_ONE);

    /** Rows whose likeliest classes are sought together. */
    private static final int TOP_ROWS = 64;

    private final FrequencyClusters clusters;
    private final Parameter headWeight;
    private final @Nullable Parameter headBias;
    private final List<Tail> tails;
    private final Parameters parameters;
    private final Rows head;
    private final LogitTransform transform;
    private final CrossEntropy objective;
    private final Smoothing smoothing;

    private AdaptiveSoftmax(
            FrequencyClusters clusters,
            Parameter headWeight,
            @Nullable Parameter headBias,
            List<Tail> tails,
            LogitTransform transform,
            CrossEntropy objective) {
        objective.check("An adaptive softmax", clusters.classes(), REFUSED);
        this.clusters = clusters;
        this.headWeight = headWeight;
        this.headBias = headBias;
        this.tails = List.copyOf(tails);
        this.transform = transform;
        this.objective = objective;
        this.smoothing = Smoothing.of(objective, clusters);
        this.head = Rows.of(headWeight.value(), headBias == null ? null : headBias.value())
                .transformed(transform);
        List<Parameter> all = new ArrayList<>(List.of(headWeight));
        if (headBias != null) {
            all.add(headBias);
        }
        for (Tail tail : tails) {
            all.add(tail.projection());
            all.add(tail.weight());
        }
        this.parameters = Parameters.of(all);
    }

    /**
     * A layer over given matrices, which it uses and trains in place.
     *
     * @param headWeight (shortlist + clusters) x d
     * @param headBias (shortlist + clusters) x 1, or null for none
     * @param projections for each cluster, any width x d
     * @param weights for each cluster, its classes x the width of its projection
     * @throws IllegalArgumentException if a matrix has another shape
     */
    public static AdaptiveSoftmax of(
            FrequencyClusters clusters,
            Matrix headWeight,
            @Nullable Matrix headBias,
            List<Matrix> projections,
            List<Matrix> weights) {
        int d = headWeight.columns();
        int rows = clusters.shortlist() + clusters.clusters();
        Tail.check("headWeight", headWeight, rows, d);
        if (d < 1) {
            throw new IllegalArgumentException("headWeight is " + headWeight + ": must have at least one column");
        }
        if (headBias != null) {
            Tail.check("headBias", headBias, rows, 1);
        }
        List<Tail> tails = Tail.listOf("tail", clusters, d, projections, weights);
        return new AdaptiveSoftmax(
                clusters,
                new Parameter("head.weight", headWeight),
                headBias == null ? null : new Parameter("head.bias", headBias),
                tails,
                LogitTransform.IDENTITY,
                CrossEntropy.MEAN);
    }

    /**
     * A layer of zeros, to be filled.
     *
     * @param divValue cluster i is projected to {@code floor(width / divValue^(i + 1))} numbers
     * @throws IllegalArgumentException if {@code width} is not positive, {@code divValue} is below 1, or a cluster would be
     *     projected to nothing
     */
    public static AdaptiveSoftmax zeros(FrequencyClusters clusters, int width, double divValue, boolean headBias) {
        if (width < 1) {
            throw new IllegalArgumentException("width = " + width + ": must be positive");
        }
        int rows = clusters.shortlist() + clusters.clusters();
        List<Matrix> projections = new ArrayList<>();
        List<Matrix> weights = new ArrayList<>();
        for (int i = 0; i < clusters.clusters(); i++) {
            int tailWidth = Tail.widthOf(width, divValue, i);
            projections.add(Matrix.zeros(tailWidth, width));
            weights.add(Matrix.zeros(clusters.size(i), tailWidth));
        }
        return of(clusters, Matrix.zeros(rows, width), headBias ? Matrix.zeros(rows, 1) : null, projections, weights);
    }

    /**
     * A layer of {@link #zeros} with random weights: projections uniformly within {@code sqrt(6 / (rows + columns))} (Glorot
     * and Bengio 2010), so that a cluster's few numbers are as large as the hidden vector's many; the others within
     * {@code 1/sqrt(columns)}. A bias stays zero.
     */
    public static AdaptiveSoftmax create(
            FrequencyClusters clusters, int width, double divValue, boolean headBias, RandomKey key) {
        AdaptiveSoftmax layer = zeros(clusters, width, divValue, headBias);
        int stream = 0;
        for (Parameter parameter : layer.parameters) {
            if (parameter != layer.headBias) {
                Matrix value = parameter.value();
                boolean projects = parameter.name().endsWith(".0.weight");
                float bound =
                        (float) Math.sqrt(projects ? 6.0 / (value.rows() + value.columns()) : 1.0 / value.columns());
                Weights.fillUniformly(value, bound, key.row(stream++));
            }
        }
        return layer;
    }

    /**
     * The same parameters, not copies, trained for another objective: any without a margin or noise. Smoothed labels need every
     * cluster for every row, and so cost a good part of a full softmax's time, unless they are
     * smoothed along the path: then of head and cluster each. A focus takes one more forward pass.
     *
     * @throws IllegalArgumentException if the objective has a margin or noise, or weights for another number of classes
     */
    public AdaptiveSoftmax minimising(CrossEntropy objective) {
        return new AdaptiveSoftmax(clusters, headWeight, headBias, tails, transform, objective);
    }

    @Override
    public CrossEntropy objective() {
        return objective;
    }

    /** The clusters. */
    public FrequencyClusters clusters() {
        return clusters;
    }

    /** Whether the head has a bias. */
    public boolean hasHeadBias() {
        return headBias != null;
    }

    /** The width of each cluster's projection. */
    public int[] tailWidths() {
        return tails.stream().mapToInt(Tail::width).toArray();
    }

    @Override
    public int classes() {
        return clusters.classes();
    }

    @Override
    public int width() {
        return headWeight.value().columns();
    }

    @Override
    public Parameters parameters() {
        return parameters;
    }

    @Override
    public Gradients newGradients() {
        return Gradients.dense(parameters);
    }

    @Override
    public LogitTransform transform() {
        return transform;
    }

    @Override
    public AdaptiveSoftmax transforming(LogitTransform other) {
        return new AdaptiveSoftmax(clusters, headWeight, headBias, tails, other, objective);
    }

    @Override
    public void loss(Matrix hidden, Targets targets, Step step, LossSink perRow) {
        Shapes.checkHidden(hidden, width());
        Weighting weighting = Weighting.of(objective, targets, hidden.rows(), classes(), null);
        AdaptiveLoss loss = loss(hidden, weighting, step.workspace());
        loss.compute(null, null);
        for (int n = 0; n < hidden.rows(); n++) {
            perRow.row(n, loss.loss(n), loss.headLogSumExp(n), weighting.weight(n));
        }
    }

    @Override
    public double lossAndGradients(
            Matrix hidden,
            Targets targets,
            Step step,
            float @Nullable [] upstream,
            @Nullable Matrix hiddenGradient,
            @Nullable Gradients into) {
        Shapes.checkHidden(hidden, width());
        Shapes.checkGradient(hiddenGradient, hidden);
        Weighting weighting = Weighting.of(objective, targets, hidden.rows(), classes(), upstream);
        AdaptiveLoss loss = loss(hidden, weighting, step.workspace());
        loss.compute(hiddenGradient, into);
        return weighting.reduce(loss::loss);
    }

    @Override
    public void logProb(Matrix hidden, int[] ids, float[] out, Workspace workspace) {
        Shapes.checkHidden(hidden, width());
        Shapes.checkIds(ids, out, hidden, classes());
        Weighting weighting = Weighting.of(CrossEntropy.MEAN, Targets.of(ids), ids.length, classes(), null);
        AdaptiveLoss loss =
                new AdaptiveLoss(this, Smoothing.of(CrossEntropy.MEAN, clusters), 0, hidden, weighting, workspace);
        loss.compute(null, null);
        for (int n = 0; n < out.length; n++) {
            out[n] = (float) -loss.loss(n);
        }
    }

    @Override
    public void logProbs(Matrix hidden, Matrix out, Workspace workspace) {
        Shapes.checkHidden(hidden, width());
        Shapes.checkAll(out, hidden, classes());
        int rows = hidden.rows();
        double[] ofCluster = new double[rows * tails.size()];
        float[] to = out.array();
        Logits.of(workspace).forEachRow(head, hidden.array(), rows, workspace, (n, z, from, worker) -> {
            double lse = LogSumExp.of(z, from, head.count).value();
            write(z, from, 0, clusters.shortlist(), -lse, to, n);
            for (int c = 0; c < tails.size(); c++) {
                ofCluster[n * tails.size() + c] = z[from + clusters.shortlist() + c] - lse;
            }
        });
        Tail.Members all = Tail.Members.of(workspace).clear(rows);
        for (int n = 0; n < rows; n++) {
            all.add(n);
        }
        for (int c = 0; c < tails.size(); c++) {
            int cluster = c;
            forEachMember(c, hidden, all, workspace, (i, z, from, worker) -> {
                double lse = LogSumExp.of(z, from, clusters.size(cluster)).value();
                double shift = ofCluster[i * tails.size() + cluster] - lse;
                write(z, from, clusters.first(cluster), clusters.size(cluster), shift, to, i);
            });
        }
    }

    @Override
    public void topK(Matrix hidden, TopK out, Workspace workspace) {
        Shapes.checkHidden(hidden, width());
        Shapes.checkTopK(out, hidden, classes());
        new TopSearch(this, out, workspace).run(hidden, TOP_ROWS);
    }

    @Override
    public void sample(Matrix hidden, RandomKey key, int[] out, Workspace workspace) {
        Shapes.checkHidden(hidden, width());
        Shapes.checkLength("out", out.length, hidden);
        int[] drawn = new int[out.length];
        Logits.of(workspace)
                .forEachRow(
                        head,
                        hidden.array(),
                        out.length,
                        workspace,
                        (n, z, from, worker) -> drawn[n] =
                                Categorical.draw(z, from, head.count, key.row(n).nextDouble()));
        for (int c = 0; c < tails.size(); c++) {
            int cluster = c;
            Tail.Members members = Tail.Members.of(workspace).clear(out.length);
            for (int n = 0; n < out.length; n++) {
                if (drawn[n] == clusters.shortlist() + c) {
                    members.add(n);
                }
            }
            forEachMember(c, hidden, members, workspace, (i, z, from, worker) -> {
                RandomGenerator random = key.row(members.rows[i]);
                random.nextDouble(); // the one that chose the cluster
                int inCluster = Categorical.draw(z, from, clusters.size(cluster), random.nextDouble());
                out[members.rows[i]] = clusters.id(clusters.first(cluster) + inCluster);
            });
        }
        for (int n = 0; n < out.length; n++) {
            if (drawn[n] < clusters.shortlist()) {
                out[n] = clusters.id(drawn[n]);
            }
        }
    }

    Parameter headWeight() {
        return headWeight;
    }

    /** The head's classes. */
    Rows head() {
        return head;
    }

    /** The head with the gradients that are kept for it. */
    Rows headGradient(Gradients into) {
        return Rows.of(into.dense(headWeight), headBias == null ? null : into.dense(headBias));
    }

    List<Tail> tails() {
        return tails;
    }

    private AdaptiveLoss loss(Matrix hidden, Weighting weighting, Workspace workspace) {
        return new AdaptiveLoss(this, smoothing, objective.focal(), hidden, weighting, workspace);
    }

    /** Runs a task on a cluster's logits for each of the members. */
    void forEachMember(int cluster, Matrix hidden, Tail.Members members, Workspace workspace, Logits.RowTask task) {
        Tail tail = tails.get(cluster);
        float[] projected = tail.project(hidden, members, workspace);
        Logits.of(workspace).forEachRow(tail.rows(transform), projected, members.count, workspace, task);
    }

    /** The log-probabilities of {@code count} ranks from {@code first} to their ids' places in a row. */
    private void write(float[] z, int from, int first, int count, double shift, float[] out, int row) {
        int[] ids = clusters.ids();
        int at = row * classes();
        for (int i = 0; i < count; i++) {
            out[at + ids[first + i]] = (float) (z[from + i] + shift);
        }
    }
}
