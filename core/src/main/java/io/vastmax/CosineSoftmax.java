package io.vastmax;

import io.vastmax.internal.AdjustedTargets;
import io.vastmax.internal.FlatSoftmax;
import io.vastmax.internal.Norms;
import io.vastmax.internal.Rows;
import io.vastmax.internal.Shapes;
import io.vastmax.internal.Weights;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The softmax over scaled cosines, {@code P(c | h) = softmax(s cos(h, w_c))}: hidden vectors and class vectors are normalised,
 * so that only directions count (Wang, Xiang, Cheng and Yuille, NormFace, 2017). With a {@link Margin}, training moves
 * the classes further apart: AM-softmax, ArcFace. There is no bias.
 *
 * <p>A vector shorter than 1e-12 counts as that long, as in PyTorch's {@code normalize}. The work is that of a
 * {@link FullSoftmax} and one more reading of W, for the lengths; margins cost next to nothing. Parameter:
 * {@code cosine.weight}, V x d. Threads as for {@link OutputLayer}.
 */
public final class CosineSoftmax implements OutputLayer {
    private static final Map<CrossEntropy.Feature, String> REFUSED =
            Map.of(CrossEntropy.Feature.NOISE, "the noise grows with the lengths of vectors, which do not count here");

    /** A cosine is a sum of floats, wrong by some 1e-7: of smaller angles its sine says nothing. */
    private static final double LEAST_SINE = 1e-3;

    private final Parameter weight;
    private final Parameters parameters;
    private final double scale;
    private final LogitTransform transform;
    private final CrossEntropy objective;

    private CosineSoftmax(Parameter weight, double scale, LogitTransform transform, CrossEntropy objective) {
        objective.check("A cosine softmax", weight.value().rows(), REFUSED);
        this.weight = weight;
        this.parameters = Parameters.of(weight);
        this.scale = scale;
        this.transform = transform;
        this.objective = objective;
    }

    /**
     * A layer over a given matrix, which it uses and trains in place.
     *
     * @param weight V x d
     * @param scale s, such as 30 or 64: the logits of V classes need room for a spread of some log V
     * @throws IllegalArgumentException if the scale is not positive and finite, or the matrix is empty
     */
    public static CosineSoftmax of(Matrix weight, double scale) {
        Shapes.checkWeight(weight);
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new IllegalArgumentException("scale = " + scale + ": must be positive and finite");
        }
        return new CosineSoftmax(
                new Parameter("cosine.weight", weight), scale, LogitTransform.IDENTITY, CrossEntropy.MEAN);
    }

    /** A layer with weights drawn uniformly from {@code (-1/sqrt(d), 1/sqrt(d))}. */
    public static CosineSoftmax create(int classes, int width, double scale, RandomKey key) {
        return of(Weights.ofClasses(classes, width, key), scale);
    }

    /**
     * The same parameters, not copies, trained for another objective: any but one with noise.
     *
     * @throws IllegalArgumentException if the objective has noise, or weights for another number of classes
     */
    public CosineSoftmax minimising(CrossEntropy objective) {
        return new CosineSoftmax(weight, scale, transform, objective);
    }

    @Override
    public CrossEntropy objective() {
        return objective;
    }

    /** The class vectors, V x d, of any length. */
    public Parameter weight() {
        return weight;
    }

    /** s. */
    public double scale() {
        return scale;
    }

    @Override
    public LogitTransform transform() {
        return transform;
    }

    @Override
    public CosineSoftmax transforming(LogitTransform other) {
        return new CosineSoftmax(weight, scale, other, objective);
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
        softmax(step.workspace())
                .loss(Norms.normalised(hidden), targets, objective, margin(), step.workspace(), perRow);
    }

    @Override
    public double lossAndGradients(
            Matrix hidden,
            Targets targets,
            Step step,
            float @Nullable [] upstream,
            @Nullable Matrix hiddenGradient,
            @Nullable Gradients into) {
        Matrix normalised = Norms.normalised(hidden);
        Rows gradient = into == null ? null : Rows.of(into.dense(weight), null);
        double loss = softmax(step.workspace())
                .lossAndGradients(
                        normalised, targets, objective, margin(), upstream, hiddenGradient, gradient, step.workspace());
        if (hiddenGradient != null) {
            Norms.backward(hidden, normalised, hiddenGradient);
        }
        return loss;
    }

    /**
     * The target's logit with its margin; null where there is none. The normalised hidden vector stands for the hidden vector:
     * the cosine is {@code <w, h> / |w|}.
     */
    private AdjustedTargets.@Nullable Score margin() {
        Margin margin = objective.margin();
        if (margin.kind() == Margin.Kind.NONE) {
            return null;
        }
        return (row, product, classLength, hiddenLength, b, out) -> {
            double length = Math.max(Norms.LEAST, classLength);
            double cosine = product / length;
            double slope = scale * slope(margin, cosine);
            out[0] = scale * value(margin, cosine);
            out[1] = slope / length;
            out[2] = -slope * cosine / length;
            out[3] = 0;
        };
    }

    private static double value(Margin margin, double cosine) {
        double m = margin.size();
        if (margin.kind() == Margin.Kind.ADDITIVE) {
            return cosine - m;
        }
        return cosine > -Math.cos(m) ? cosine * Math.cos(m) - sine(cosine) * Math.sin(m) : cosine - m * Math.sin(m);
    }

    /** The derivative by the cosine: that of the angle grows beyond bounds where vector and class fall on one line. */
    private static double slope(Margin margin, double cosine) {
        double m = margin.size();
        if (margin.kind() == Margin.Kind.ADDITIVE || cosine <= -Math.cos(m)) {
            return 1;
        }
        return Math.cos(m) + cosine * Math.sin(m) / Math.max(LEAST_SINE, sine(cosine));
    }

    private static double sine(double cosine) {
        return Math.sqrt(Math.max(0, 1 - cosine * cosine));
    }

    @Override
    public void logProb(Matrix hidden, int[] ids, float[] out, Workspace workspace) {
        softmax(workspace).logProb(Norms.normalised(hidden), ids, out, workspace);
    }

    @Override
    public void logProbs(Matrix hidden, Matrix out, Workspace workspace) {
        softmax(workspace).logProbs(Norms.normalised(hidden), out, workspace);
    }

    @Override
    public void topK(Matrix hidden, TopK out, Workspace workspace) {
        softmax(workspace).topK(Norms.normalised(hidden), out, workspace);
    }

    @Override
    public void sample(Matrix hidden, RandomKey key, int[] out, Workspace workspace) {
        softmax(workspace).sample(Norms.normalised(hidden), key, out, workspace);
    }

    /** The class vectors as they are now, normalised by a factor for each. */
    private FlatSoftmax softmax(Workspace workspace) {
        float[] factors = new float[classes()];
        Norms.inverse(scale, weight.value().array(), classes(), width(), factors, workspace);
        return FlatSoftmax.of(Rows.of(weight.value(), null).scaled(factors).transformed(transform));
    }
}
