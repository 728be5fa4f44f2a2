package io.vastmax.hierarchical;

import io.vastmax.CrossEntropy;
import io.vastmax.Gradient;
import io.vastmax.Gradients;
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
import io.vastmax.internal.Focal;
import io.vastmax.internal.Rows;
import io.vastmax.internal.Shapes;
import io.vastmax.internal.Weighting;
import io.vastmax.internal.Weights;
import java.util.Arrays;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Softmax over a tree (Morin and Bengio, Hierarchical Probabilistic Neural Network Language Model, AISTATS 2005; with a Huffman
 * tree: Mikolov et al., Distributed Representations of Words and Phrases, NIPS 2013): the probability of a class is the
 * product of those of the steps that lead to it from the root,
 *
 * <p>{@code log P(c | h) = sum over the nodes on the path of logSoftmax(W_node h + b_node)_step},
 *
 * <p>where a node of two children is one row of W with {@code P(child 1) = sigmoid(z)}. It is an exact distribution for any
 * weights, and a training row costs only the nodes on its path, some {@code log2 V}. Nothing saturates: a step's
 * loss is {@code softplus(-z)}, its gradient {@code sigmoid(z) - step}, each to a few units in the last place however large z.
 *
 * <p>Parameters: {@code tree.weight}, {@link Tree#rows} x d, rows in the order of the tree's nodes, and {@code tree.bias}, if
 * there is one. Gradients are kept by row. A {@link LogitTransform} is applied to the logits of every node. Threads as for {@link OutputLayer}.
 */
public final class HierarchicalSoftmax implements OutputLayer {
    private static final String NOT_ONE = "its classes do not share a space in which to move one away from all others";
    private static final Map<CrossEntropy.Feature, String> REFUSED = Map.of(
            CrossEntropy.Feature.Z_LOSS,
            "the logits of a node of two are 0 and z, they have no common shift to keep small",
            CrossEntropy.Feature.MARGIN,
            NOT_ONE,
            CrossEntropy.Feature.NOISE,
            NOT_ONE);

    private final Tree tree;
    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final Parameters parameters;
    private final Rows rows;
    private final CrossEntropy objective;
    private final @Nullable TreeSmoothing smoothing;

    private HierarchicalSoftmax(
            Tree tree, Parameter weight, @Nullable Parameter bias, LogitTransform transform, CrossEntropy objective) {
        objective.check("A hierarchical softmax", tree.classes(), REFUSED);
        this.tree = tree;
        this.weight = weight;
        this.bias = bias;
        this.parameters = bias == null ? Parameters.of(weight) : Parameters.of(weight, bias);
        this.rows = Rows.of(weight.value(), bias == null ? null : bias.value()).transformed(transform);
        this.objective = objective;
        this.smoothing = objective.features().contains(CrossEntropy.Feature.LABEL_SMOOTHING)
                ? new TreeSmoothing(tree, objective)
                : null;
    }

    /**
     * A layer over given matrices, which it uses and trains in place.
     *
     * @param weight {@code tree.rows()} x d
     * @param bias {@code tree.rows()} x 1, or null for none
     */
    public static HierarchicalSoftmax of(Tree tree, Matrix weight, @Nullable Matrix bias) {
        if (weight.rows() != tree.rows() || weight.columns() < 1) {
            throw new IllegalArgumentException(
                    "weight is " + weight + ": must have " + tree.rows() + " rows and at least one column");
        }
        if (bias != null && (bias.rows() != tree.rows() || bias.columns() != 1)) {
            throw new IllegalArgumentException("bias is " + bias + ": must be " + tree.rows() + " x 1");
        }
        return new HierarchicalSoftmax(
                tree,
                new Parameter("tree.weight", weight),
                bias == null ? null : new Parameter("tree.bias", bias),
                LogitTransform.IDENTITY,
                CrossEntropy.MEAN);
    }

    /** A layer with weights drawn uniformly from {@code (-1/sqrt(d), 1/sqrt(d))} and a bias of zeros. */
    public static HierarchicalSoftmax create(Tree tree, int width, RandomKey key) {
        if (width < 1) {
            throw new IllegalArgumentException("width = " + width + ": must be positive");
        }
        Matrix weight = Matrix.zeros(tree.rows(), width);
        Weights.fillUniformly(weight, (float) (1 / Math.sqrt(width)), key.row(0));
        return of(tree, weight, Matrix.zeros(tree.rows(), 1));
    }

    /**
     * The same parameters, not copies, trained for another objective: any without a z-loss, a margin or noise. Smoothed labels
     * need every node for every row, and so cost more than a full softmax's time, unless they are smoothed along the path.
     *
     * @throws IllegalArgumentException if the objective has what it does not take, or weights for another number of classes
     */
    public HierarchicalSoftmax minimising(CrossEntropy objective) {
        return new HierarchicalSoftmax(tree, weight, bias, rows.transform, objective);
    }

    @Override
    public CrossEntropy objective() {
        return objective;
    }

    /** The tree. */
    public Tree tree() {
        return tree;
    }

    /** The bias of the nodes, or null. */
    public @Nullable Parameter bias() {
        return bias;
    }

    @Override
    public int classes() {
        return tree.classes();
    }

    @Override
    public int width() {
        return weight.value().columns();
    }

    @Override
    public Parameters parameters() {
        return parameters;
    }

    @Override
    public Gradients newGradients() {
        return Gradients.byRow(parameters);
    }

    @Override
    public LogitTransform transform() {
        return rows.transform;
    }

    @Override
    public HierarchicalSoftmax transforming(LogitTransform other) {
        return new HierarchicalSoftmax(tree, weight, bias, other, objective);
    }

    @Override
    public void loss(Matrix hidden, Targets targets, Step step, LossSink perRow) {
        Shapes.checkHidden(hidden, width());
        Weighting weighting = Weighting.of(objective, targets, hidden.rows(), classes(), null);
        double[] losses = losses(hidden, weighting, step.workspace(), null, null);
        PathLoss paths = PathLoss.of(step.workspace());
        for (int n = 0; n < losses.length; n++) {
            perRow.row(n, losses[n], paths.rootLogSumExp(n), weighting.weight(n));
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
        if (hiddenGradient != null) {
            hiddenGradient.fill(0);
        }
        double[] losses = losses(hidden, weighting, step.workspace(), hiddenGradient, into);
        return weighting.reduce(n -> losses[n]);
    }

    /** The loss of each row, and the gradients that are wanted: all are added to. */
    private double[] losses(
            Matrix hidden,
            Weighting weighting,
            Workspace workspace,
            @Nullable Matrix hiddenGradient,
            @Nullable Gradients into) {
        Gradient.ByRow ofWeight = into == null ? null : into.byRow(weight);
        Gradient.ByRow ofBias = into == null || bias == null ? null : into.byRow(bias);
        int[] ids = new int[hidden.rows()];
        Arrays.setAll(ids, weighting::target);
        PathLoss paths = PathLoss.of(workspace).walk(tree, rows, hidden, ids, workspace);
        double gamma = objective.focal();
        boolean alongPath = objective.alongPath();
        double[] losses = new double[ids.length];
        for (int n = 0; n < losses.length; n++) {
            double ce = paths.crossEntropy(n);
            if (weighting.weight(n) > 0) {
                losses[n] = weighting.hit(n) * (gamma == 0 ? ce : Focal.weight(gamma, ce) * ce)
                        + (alongPath ? weighting.spread(n) * paths.spread(n) : 0);
            }
        }
        if (hiddenGradient != null || into != null) {
            IntToDoubleFunction hits = n -> weighting.scale(n)
                    * weighting.hit(n)
                    * (gamma == 0 ? 1 : Focal.slope(gamma, paths.crossEntropy(n)));
            IntToDoubleFunction spreads = n -> alongPath ? weighting.scale(n) * weighting.spread(n) : 0;
            paths.gradients(hidden, hits, spreads, workspace, hiddenGradient, ofWeight, ofBias);
        }
        if (smoothing != null) {
            IntToDoubleFunction slopes = n -> weighting.scale(n) * weighting.spread(n) / classes();
            double[] sums = smoothing.compute(rows, hidden, slopes, workspace, hiddenGradient, ofWeight, ofBias);
            for (int n = 0; n < losses.length; n++) {
                losses[n] += weighting.ignores(n) ? 0 : weighting.spread(n) / classes() * sums[n];
            }
        }
        return losses;
    }

    @Override
    public void logProb(Matrix hidden, int[] ids, float[] out, Workspace workspace) {
        Shapes.checkHidden(hidden, width());
        Shapes.checkIds(ids, out, hidden, classes());
        PathLoss paths = PathLoss.of(workspace).walk(tree, rows, hidden, ids, workspace);
        for (int n = 0; n < out.length; n++) {
            out[n] = (float) -paths.crossEntropy(n);
        }
    }

    @Override
    public void logProbs(Matrix hidden, Matrix out, Workspace workspace) {
        Shapes.checkHidden(hidden, width());
        Shapes.checkAll(out, hidden, classes());
        Descent.of(tree, workspace).logProbs(rows, hidden, out, workspace);
    }

    @Override
    public void topK(Matrix hidden, TopK out, Workspace workspace) {
        Shapes.checkHidden(hidden, width());
        Shapes.checkTopK(out, hidden, classes());
        BestFirstSearch[] searches = BestFirstSearch.of(workspace);
        workspace.run(hidden.rows(), (row, worker) -> searches[worker].run(tree, rows, hidden, row, out));
    }

    @Override
    public void sample(Matrix hidden, RandomKey key, int[] out, Workspace workspace) {
        Shapes.checkHidden(hidden, width());
        Shapes.checkLength("out", out.length, hidden);
        Descent descent = Descent.of(tree, workspace);
        workspace.run(out.length, (row, worker) -> out[row] = descent.sample(rows, hidden, row, key.row(row), worker));
    }
}
