package io.vastmax;

/**
 * What a body reads instead of ids: a vector for each class. The counterpart of an {@link OutputLayer}, with which it may be
 * tied: then some of its parameters are the layer's own, the same objects, and get the gradients of both.
 *
 * <p>Threads as for {@link Objective}. Every method refuses, with an {@link IllegalArgumentException} that names the argument,
 * an id that is no class and a matrix of another shape.
 */
public interface InputLayer {
    /** The number of classes, V. */
    int classes();

    /** The length of a vector, d. */
    int width();

    /** What training changes. */
    Parameters parameters();

    /** Zeros for the gradients of {@link #parameters()}, dense or by row as suits the layer. */
    Gradients newGradients();

    /**
     * The vectors of some classes.
     *
     * @param ids N classes
     * @param out overwritten with {@code N x width}: row i is the vector of {@code ids[i]}
     */
    void lookUp(int[] ids, Matrix out, Workspace workspace);

    /**
     * Gradients by the vectors that {@link #lookUp} gave.
     *
     * @param ids N classes
     * @param upstream {@code dL/dvectors}, {@code N x width}
     * @param into {@code dL/dparameters} is added to these, dense or by row; a class that comes twice gets both
     */
    void addGradients(int[] ids, Matrix upstream, Gradients into, Workspace workspace);
}
