package io.vastmax;

import io.vastmax.internal.Shapes;
import io.vastmax.internal.Weights;
import io.vastmax.internal.simd.Simd;

/**
 * A row of a matrix for each class: {@code vector(c) = s E_c}, E being V x d and s, mostly, 1.
 *
 * <p>E may be the class vectors of a full softmax, W: then a class is read and predicted by the same vector (Press and Wolf,
 * Using the Output Embedding to Improve Language Models, EACL 2017; Inan, Khosravi and Socher, Tying Word Vectors and Word
 * Classifiers, ICLR 2017). What trains the softmax, all of it or a sample, makes no difference to that. Class vectors begin,
 * and stay, shorter than a body wants what it reads: with {@code s = sqrt(d)} (Vaswani et al., Attention Is All You Need,
 * NeurIPS 2017) it learns from the start.
 *
 * <p>Its own gradients are by row: of a vocabulary a batch reads little, and an optimizer then touches no more. Parameter:
 * {@code embedding.weight}, or the softmax's. Threads as for {@link InputLayer}.
 */
public final class Embedding implements InputLayer {
    private static final float BOUND = 0.1f;

    private final Parameter weight;
    private final float scale;

    private Embedding(Parameter weight, double scale) {
        Shapes.checkScale(scale);
        this.weight = weight;
        this.scale = (float) scale;
    }

    /**
     * Vectors drawn uniformly from (-0.1, 0.1), as in Zaremba, Sutskever and Vinyals, Recurrent Neural Network
     * Regularization, 2014.
     *
     * @throws IllegalArgumentException if {@code classes} or {@code width} is not positive
     */
    public static Embedding create(int classes, int width, RandomKey key) {
        Matrix weight = Weights.zerosOfClasses(classes, width);
        Weights.fillUniformly(weight, BOUND, key.row(0));
        return of(weight);
    }

    /**
     * An embedding over a given matrix, which it uses and trains in place.
     *
     * @param weight V x d
     * @throws IllegalArgumentException if it has no row or no column
     */
    public static Embedding of(Matrix weight) {
        Shapes.checkWeight(weight);
        return new Embedding(new Parameter("embedding.weight", weight), 1);
    }

    /** One that reads the class vectors of a full softmax: the same parameter, which gets the gradients of both uses. */
    public static Embedding tiedTo(FullSoftmax layer) {
        return new Embedding(layer.weight(), 1);
    }

    /**
     * The same parameter, not a copy, with vectors of another length.
     *
     * @param scale s
     * @throws IllegalArgumentException if {@code scale} is not positive and finite
     */
    public Embedding scaledBy(double scale) {
        return new Embedding(weight, scale);
    }

    /** What rows are multiplied with, s. */
    public double scale() {
        return scale;
    }

    /** The matrix, V x d. */
    public Parameter weight() {
        return weight;
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
        return Parameters.of(weight);
    }

    @Override
    public Gradients newGradients() {
        return Gradients.byRow(parameters());
    }

    @Override
    public void lookUp(int[] ids, Matrix out, Workspace workspace) {
        Shapes.checkVectors("out", out, ids, classes(), width());
        int width = width();
        for (int i = 0; i < ids.length; i++) {
            System.arraycopy(weight.value().array(), ids[i] * width, out.array(), i * width, width);
        }
        if (scale != 1) {
            Simd.kernels().scale(scale, out.array(), 0, out.array().length);
        }
    }

    @Override
    public void addGradients(int[] ids, Matrix upstream, Gradients into, Workspace workspace) {
        Shapes.checkVectors("upstream", upstream, ids, classes(), width());
        Gradient gradient = into.of(weight);
        for (int i = 0; i < ids.length; i++) {
            gradient.addToRow(ids[i], scale, upstream.array(), i * width());
        }
    }
}
