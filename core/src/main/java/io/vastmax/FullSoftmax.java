package io.vastmax;

import io.vastmax.internal.AdjustedTargets;
import io.vastmax.internal.FlatSoftmax;
import io.vastmax.internal.Rows;
import io.vastmax.internal.Shapes;
import io.vastmax.internal.Weights;
import java.util.Map;
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
    /** Of the random numbers of a step, those of the noise. */
    private static final int NOISE = 3;

    private static final Map<CrossEntropy.Feature, String> REFUSED =
            Map.of(CrossEntropy.Feature.MARGIN, "margins are between cosines, take a CosineSoftmax");

    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final Parameters parameters;
    private final CrossEntropy objective;
    private final Rows rows;
    private final FlatSoftmax softmax;

    private FullSoftmax(Parameter weight, @Nullable Parameter bias, LogitTransform transform, CrossEntropy objective) {
        objective.check("A full softmax", weight.value().rows(), REFUSED);
        this.weight = weight;
        this.bias = bias;
        this.parameters = bias == null ? Parameters.of(weight) : Parameters.of(weight, bias);
        this.objective = objective;
        this.rows = Rows.of(weight.value(), bias == null ? null : bias.value()).transformed(transform);
        this.softmax = FlatSoftmax.of(rows);
    }

    /**
     * A layer over given matrices, which it uses and trains in place.
     *
     * @param weight V x d
     * @param bias V x 1, or null for none
     */
    public static FullSoftmax of(Matrix weight, @Nullable Matrix bias) {
        Shapes.checkWeight(weight);
        if (bias != null) {
            Shapes.checkBias(bias, weight);
        }
        return new FullSoftmax(
                new Parameter("softmax.weight", weight),
                bias == null ? null : new Parameter("softmax.bias", bias),
                LogitTransform.IDENTITY,
                CrossEntropy.MEAN);
    }

    /**
     * A layer with weights drawn uniformly from {@code (-1/sqrt(d), 1/sqrt(d))} and a bias of zeros.
     *
     * @throws IllegalArgumentException if {@code classes} or {@code width} is not positive
     */
    public static FullSoftmax create(int classes, int width, RandomKey key) {
        Matrix weight = Weights.ofClasses(classes, width, key);
        return of(weight, Matrix.zeros(classes, 1));
    }

    /**
     * The same parameters, not copies, trained for another objective: any but one with a margin between cosines. Rows may
     * have several targets, each of which then has an equal share, or probabilities.
     *
     * @throws IllegalArgumentException if the objective has a margin, or weights for another number of classes
     */
    public FullSoftmax minimising(CrossEntropy objective) {
        return new FullSoftmax(weight, bias, rows.transform, objective);
    }

    @Override
    public CrossEntropy objective() {
        return objective;
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
    public LogitTransform transform() {
        return rows.transform;
    }

    @Override
    public FullSoftmax transforming(LogitTransform transform) {
        return new FullSoftmax(weight, bias, transform, objective);
    }

    @Override
    public void loss(Matrix hidden, Targets targets, Step step, LossSink perRow) {
        softmax.loss(hidden, targets, objective, noise(step), step.workspace(), perRow);
    }

    @Override
    public double lossAndGradients(
            Matrix hidden,
            Targets targets,
            Step step,
            float @Nullable [] upstream,
            @Nullable Matrix hiddenGradient,
            @Nullable Gradients into) {
        Rows gradient = into == null ? null : Rows.of(into.dense(weight), bias == null ? null : into.dense(bias));
        return softmax.lossAndGradients(
                hidden, targets, objective, noise(step), upstream, hiddenGradient, gradient, step.workspace());
    }

    /** The target's logit {@code z - a (|w| |h| - <w, h>)}, {@code a = alpha |xi|}; null where there is no noise. */
    private AdjustedTargets.@Nullable Score noise(Step step) {
        double alpha = objective.margin().size();
        if (alpha == 0) {
            return null;
        }
        RandomKey key = step.key().stream(NOISE);
        return (row, product, classLength, hiddenLength, b, out) -> {
            double a = alpha * Math.abs(key.row(row).nextGaussian());
            out[0] = product + b - a * (classLength * hiddenLength - product);
            out[1] = 1 + a;
            out[2] = -a * hiddenLength;
            out[3] = -a * classLength;
        };
    }

    @Override
    public void logProb(Matrix hidden, int[] ids, float[] out, Workspace workspace) {
        softmax.logProb(hidden, ids, out, workspace);
    }

    @Override
    public void logProbs(Matrix hidden, Matrix out, Workspace workspace) {
        softmax.logProbs(hidden, out, workspace);
    }

    @Override
    public void topK(Matrix hidden, TopK out, Workspace workspace) {
        softmax.topK(hidden, out, workspace);
    }

    @Override
    public void sample(Matrix hidden, RandomKey key, int[] out, Workspace workspace) {
        softmax.sample(hidden, key, out, workspace);
    }
}
