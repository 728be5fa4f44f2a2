package io.vastmax;

import io.vastmax.internal.FlatSoftmax;
import io.vastmax.internal.Link;
import io.vastmax.internal.Rows;
import io.vastmax.internal.Shapes;
import io.vastmax.internal.Weights;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Spherical softmax, {@code P(c | h) = (z_c^2 + e) / sum_k (z_k^2 + e)} of {@code z = W h + b} (de Brebisson and Vincent, An
 * Exploration of Softmax Alternatives Belonging to the Spherical Loss Family, ICLR 2016): squares in place of exponentials.
 * Exact. It does not depend on the sign of a logit, and is the distribution of a softmax over {@code log(z^2 + e)}.
 *
 * <p>The paper finds it better than softmax where classes are few and worse where they are thousands, and sensitive to e. A
 * step is the three products of a {@link FullSoftmax}, without the exponentials; a row of log-probabilities takes a
 * logarithm for each class. Parameters: {@code spherical.weight}, V x d, and {@code spherical.bias}, V x 1.
 * Threads as for {@link OutputLayer}.
 */
public final class SphericalSoftmax implements OutputLayer {
    private static final String NO_LOGITS = "its scores are squares, not logits";
    private static final String NO_LOGARITHMS =
            "that takes the logarithm of every class's score, which a sum of squares spares";
    private static final Map<CrossEntropy.Feature, String> REFUSED = Map.of(
            CrossEntropy.Feature.LABEL_SMOOTHING,
            NO_LOGARITHMS,
            CrossEntropy.Feature.PATH_SMOOTHING,
            NO_LOGARITHMS,
            CrossEntropy.Feature.Z_LOSS,
            NO_LOGITS,
            CrossEntropy.Feature.MARGIN,
            "margins are between cosines, take a CosineSoftmax",
            CrossEntropy.Feature.NOISE,
            NO_LOGITS);

    private final Parameter weight;
    private final Parameter bias;
    private final Parameters parameters;
    private final double epsilon;
    private final CrossEntropy objective;
    private final FlatSoftmax softmax;

    private SphericalSoftmax(Parameter weight, Parameter bias, double epsilon, CrossEntropy objective) {
        objective.check("A spherical softmax", weight.value().rows(), REFUSED);
        this.weight = weight;
        this.bias = bias;
        this.parameters = Parameters.of(weight, bias);
        this.epsilon = epsilon;
        this.objective = objective;
        this.softmax =
                FlatSoftmax.of(Link.spherical(epsilon), Rows.of(weight.value(), bias.value()), (z, from, count) -> {
                    for (int i = from; i < from + count; i++) {
                        z[i] = (float) Math.log(z[i] * z[i] + epsilon);
                    }
                });
    }

    /**
     * A layer over given matrices, which it uses and trains in place.
     *
     * @param weight V x d
     * @param bias V x 1
     * @param epsilon e, which keeps probabilities from 0
     * @throws IllegalArgumentException if epsilon is not positive and finite, or a matrix has another shape
     */
    public static SphericalSoftmax of(Matrix weight, Matrix bias, double epsilon) {
        Shapes.checkWeight(weight);
        Shapes.checkBias(bias, weight);
        if (!((float) epsilon >= Float.MIN_NORMAL) || Double.isInfinite(epsilon)) {
            throw new IllegalArgumentException("epsilon = " + epsilon + ": must be positive and finite");
        }
        return new SphericalSoftmax(
                new Parameter("spherical.weight", weight),
                new Parameter("spherical.bias", bias),
                epsilon,
                CrossEntropy.MEAN);
    }

    /**
     * A layer with weights drawn uniformly from {@code (-1/sqrt(d), 1/sqrt(d))} and a bias of ones: around zero, where the
     * square is flat, nothing would be learnt.
     */
    public static SphericalSoftmax create(int classes, int width, double epsilon, RandomKey key) {
        Matrix weight = Weights.ofClasses(classes, width, key);
        Matrix bias = Matrix.zeros(classes, 1);
        bias.fill(1);
        return of(weight, bias, epsilon);
    }

    /**
     * The same parameters, not copies, trained for another objective. It takes weights, a focus and several targets.
     *
     * @throws IllegalArgumentException if the objective has what it does not take, or weights for another number of classes
     */
    public SphericalSoftmax minimising(CrossEntropy objective) {
        return new SphericalSoftmax(weight, bias, epsilon, objective);
    }

    @Override
    public CrossEntropy objective() {
        return objective;
    }

    /** e. */
    public double epsilon() {
        return epsilon;
    }

    @Override
    public LogitTransform transform() {
        return LogitTransform.IDENTITY;
    }

    /**
     * Itself: there are no logits to transform.
     *
     * @throws IllegalArgumentException if the transform is not the identity
     */
    @Override
    public SphericalSoftmax transforming(LogitTransform transform) {
        if (!transform.equals(LogitTransform.IDENTITY)) {
            throw new IllegalArgumentException("A spherical softmax does not take " + transform + ": " + NO_LOGITS);
        }
        return this;
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
        softmax.loss(hidden, targets, objective, null, step.workspace(), perRow);
    }

    @Override
    public double lossAndGradients(
            Matrix hidden,
            Targets targets,
            Step step,
            float @Nullable [] upstream,
            @Nullable Matrix hiddenGradient,
            @Nullable Gradients into) {
        Rows gradient = into == null ? null : Rows.of(into.dense(weight), into.dense(bias));
        return softmax.lossAndGradients(
                hidden, targets, objective, null, upstream, hiddenGradient, gradient, step.workspace());
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
