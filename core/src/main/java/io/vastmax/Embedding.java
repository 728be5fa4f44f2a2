package io.vastmax;

import io.vastmax.internal.Shapes;
import io.vastmax.internal.Weights;

/**
 * A row of a matrix for each class: {@code vector(c) = E_c}, E being V x d.
 *
 * <p>E may be the class vectors of a full softmax, W: then a class is read and predicted by the same vector (Press and Wolf,
 * Using the Output Embedding to Improve Language Models, EACL 2017; Inan, Khosravi and Socher, Tying Word Vectors and Word
 * Classifiers, ICLR 2017). What trains the softmax, all of it or a sample, makes no difference to that.
 *
 * <p>Its own gradients are by row: of a vocabulary a batch reads little, and an optimizer then touches no more. Parameter:
 * {@code embedding.weight}, or the softmax's. Threads as for {@link InputLayer}.
 */
public final class Embedding implements InputLayer {
    private static final float BOUND = 0.1f;

    private final Parameter weight;

    private Embedding(Parameter weight) {
        this.weight = weight;
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
        return new Embedding(new Parameter("embedding.weight", weight));
    }

    /** One that reads the class vectors of a full softmax: the same parameter, which gets the gradients of both uses. */
    public static Embedding tiedTo(FullSoftmax layer) {
        return new Embedding(layer.weight());
    }

    /** The vectors, V x d. */
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
    }

    @Override
    public void addGradients(int[] ids, Matrix upstream, Gradients into, Workspace workspace) {
        Shapes.checkVectors("upstream", upstream, ids, classes(), width());
        Gradient gradient = into.of(weight);
        for (int i = 0; i < ids.length; i++) {
            gradient.addToRow(ids[i], upstream.array(), i * width());
        }
    }
}
