package io.vastmax.internal;

import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import java.util.random.RandomGenerator;

/** How weights begin. */
public final class Weights {
    private Weights() {}

    /** Draws each element uniformly from {@code (-bound, bound)}. */
    public static void fillUniformly(Matrix weight, float bound, RandomGenerator random) {
        float[] w = weight.array();
        for (int i = 0; i < w.length; i++) {
            w[i] = (2 * random.nextFloat() - 1) * bound;
        }
    }

    /**
     * New class vectors, drawn uniformly from {@code (-1/sqrt(width), 1/sqrt(width))}.
     *
     * @throws IllegalArgumentException if {@code classes} or {@code width} is not positive
     */
    public static Matrix ofClasses(int classes, int width, RandomKey key) {
        Matrix weight = zerosOfClasses(classes, width);
        fillUniformly(weight, (float) (1 / Math.sqrt(width)), key.row(0));
        return weight;
    }

    /**
     * Class vectors that are to be drawn.
     *
     * @throws IllegalArgumentException if {@code classes} or {@code width} is not positive
     */
    public static Matrix zerosOfClasses(int classes, int width) {
        if (classes < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "classes = " + classes + ", width = " + width + ": both must be positive");
        }
        return Matrix.zeros(classes, width);
    }
}
