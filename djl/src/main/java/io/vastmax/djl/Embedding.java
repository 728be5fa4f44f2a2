package io.vastmax.djl;

import io.vastmax.Gradient;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.Parameter;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import java.util.random.RandomGenerator;

/**
 * A vector for each word. It is ours, not DJL's, because its gradient is kept by row: a dense gradient and Adam over it
 * would take several times as long as the LSTM.
 */
final class Embedding {
    private static final float BOUND = 0.1f;

    private final Parameter weight;

    private Embedding(Matrix weight) {
        this.weight = new Parameter("embedding.weight", weight);
    }

    /** Vectors drawn uniformly from (-0.1, 0.1), as in Zaremba, Sutskever and Vinyals 2014. */
    static Embedding create(int words, int width, RandomKey key) {
        Matrix weight = Matrix.zeros(words, width);
        RandomGenerator random = key.row(0);
        float[] w = weight.array();
        for (int i = 0; i < w.length; i++) {
            w[i] = (2 * random.nextFloat() - 1) * BOUND;
        }
        return new Embedding(weight);
    }

    Parameters parameters() {
        return Parameters.of(weight);
    }

    /** Copies the vectors of {@code n} words to the rows of {@code out}. */
    void lookUp(int[] ids, int n, float[] out) {
        int width = weight.value().columns();
        for (int i = 0; i < n; i++) {
            System.arraycopy(weight.value().array(), ids[i] * width, out, i * width, width);
        }
    }

    /** Adds the gradients of the rows that {@link #lookUp} gave. */
    void addGradients(int[] ids, int n, float[] rows, Gradients into) {
        Gradient.ByRow gradient = (Gradient.ByRow) into.of(weight);
        int width = weight.value().columns();
        for (int i = 0; i < n; i++) {
            int to = gradient.offset(ids[i]);
            float[] values = gradient.values();
            for (int k = 0; k < width; k++) {
                values[to + k] += rows[i * width + k];
            }
        }
    }
}
