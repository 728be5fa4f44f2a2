package io.vastmax;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The softmax over all classes, {@code P(. | h) = softmax(W h + b)}: exact, and the baseline of every other layer.
 *
 * <p>Training is fused: logits exist a chunk of rows or of classes at a time, and never more than the
 * {@linkplain Workspace#memory() workspace's allowance}. A step costs {@code 6 N d V} floating-point operations; where
 * not even 64 rows of logits fit the allowance, the logits are computed a second time instead of kept, which makes it
 * {@code 8 N d V}. A single row takes a path of its own, which reads W once and allocates nothing.
 *
 * <p>Parameters: {@code softmax.weight}, V x d, and {@code softmax.bias}, V x 1, if there is one.
 */
public final class FullSoftmax implements OutputLayer {
    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final Parameters parameters;

    private FullSoftmax(Matrix weight, @Nullable Matrix bias) {
        if (weight.rows() < 1 || weight.columns() < 1) {
            throw new IllegalArgumentException("weight is " + weight + ": must have at least one row and one column");
        }
        if (bias != null && (bias.rows() != weight.rows() || bias.columns() != 1)) {
            throw new IllegalArgumentException(
                    "bias is " + bias + ", but weight is " + weight + ": must be " + weight.rows() + " x 1");
        }
        this.weight = new Parameter("softmax.weight", weight);
        this.bias = bias == null ? null : new Parameter("softmax.bias", bias);
        this.parameters = this.bias == null ? Parameters.of(this.weight) : Parameters.of(this.weight, this.bias);
    }

    /**
     * A layer over given matrices, which it uses and trains in place.
     *
     * @param weight V x d
     * @param bias V x 1, or null for none
     */
    public static FullSoftmax of(Matrix weight, @Nullable Matrix bias) {
        return new FullSoftmax(weight, bias);
    }

    /**
     * A layer with weights drawn uniformly from {@code (-1/sqrt(d), 1/sqrt(d))} and a bias of zeros.
     *
     * @throws IllegalArgumentException if {@code classes} or {@code width} is not positive
     */
    public static FullSoftmax create(int classes, int width, RandomKey key) {
        if (classes < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "classes = " + classes + ", width = " + width + ": both must be positive");
        }
        Matrix weight = Matrix.zeros(classes, width);
        RandomGenerator random = key.row(0);
        float bound = (float) (1 / Math.sqrt(width));
        float[] w = weight.array();
        for (int i = 0; i < w.length; i++) {
            w[i] = (2 * random.nextFloat() - 1) * bound;
        }
        return new FullSoftmax(weight, Matrix.zeros(classes, 1));
    }

    /** The class vectors, V x d. */
    public Parameter weight() {
        return weight;
    }

    /** The bias, V x 1, or null. */
    public @Nullable Parameter bias() {
        return bias;
    }

    @Override
    public int classes() {
        return weight.value().rows();
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
        return Gradients.dense(parameters);
    }

    @Override
    public void loss(Matrix hidden, Targets targets, Step step, LossSink perRow) {
        checkHidden(hidden);
        targets.check(hidden.rows(), classes());
        FusedCrossEntropy.of(step.workspace()).loss(this, hidden, targets, step.workspace(), perRow);
    }

    @Override
    public double lossAndGradients(
            Matrix hidden, Targets targets, Step step, @Nullable Matrix hiddenGradient, @Nullable Gradients into) {
        checkHidden(hidden);
        targets.check(hidden.rows(), classes());
        if (hiddenGradient != null
                && (hiddenGradient.rows() != hidden.rows() || hiddenGradient.columns() != hidden.columns())) {
            throw new IllegalArgumentException("hiddenGradient is " + hiddenGradient + ", but hidden is " + hidden);
        }
        return FusedCrossEntropy.of(step.workspace())
                .lossAndGradients(this, hidden, targets, step.workspace(), hiddenGradient, into);
    }

    @Override
    public void logProb(Matrix hidden, int[] ids, float[] out, Workspace workspace) {
        checkHidden(hidden);
        checkLength("out", out.length, hidden);
        Targets targets = Targets.of(ids);
        targets.check("ids", hidden.rows(), classes());
        FusedCrossEntropy.of(workspace)
                .loss(this, hidden, targets, workspace, (row, loss, lse) -> out[row] = (float) -loss);
    }

    @Override
    public void logProbs(Matrix hidden, Matrix out, Workspace workspace) {
        checkHidden(hidden);
        if (out.rows() != hidden.rows() || out.columns() != classes()) {
            throw new IllegalArgumentException(
                    "out is " + out + ": must be " + hidden.rows() + " x " + classes() + " for hidden " + hidden);
        }
        Logits.of(workspace)
                .forEachRow(
                        this,
                        hidden,
                        workspace,
                        (row, logits, from, worker) ->
                                Softmax.logSoftmax(logits, from, out.array(), row * classes(), classes(), 1));
    }

    @Override
    public void topK(Matrix hidden, TopK out, Workspace workspace) {
        checkHidden(hidden);
        if (out.rows() != hidden.rows() || out.k() > classes()) {
            throw new IllegalArgumentException("out has " + out.rows() + " rows of k = " + out.k() + ", but hidden has "
                    + hidden.rows() + " rows and there are " + classes() + " classes");
        }
        Logits.of(workspace).topK(this, hidden, out, workspace);
    }

    @Override
    public void sample(Matrix hidden, RandomKey key, int[] out, Workspace workspace) {
        checkHidden(hidden);
        checkLength("out", out.length, hidden);
        Logits.of(workspace)
                .forEachRow(
                        this,
                        hidden,
                        workspace,
                        (row, logits, from, worker) -> out[row] = Categorical.draw(
                                logits, from, classes(), key.row(row).nextDouble()));
    }

    private void checkHidden(Matrix hidden) {
        if (hidden.columns() != width()) {
            throw new IllegalArgumentException("hidden is " + hidden + ": must have " + width() + " columns");
        }
    }

    private static void checkLength(String name, int length, Matrix hidden) {
        if (length != hidden.rows()) {
            throw new IllegalArgumentException(
                    name + " holds " + length + " numbers, but hidden has " + hidden.rows() + " rows");
        }
    }
}
