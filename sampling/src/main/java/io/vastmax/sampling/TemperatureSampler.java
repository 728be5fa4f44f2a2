package io.vastmax.sampling;

import io.vastmax.Matrix;
import io.vastmax.OutputLayer;
import io.vastmax.RandomKey;
import io.vastmax.Softmax;
import io.vastmax.TopK;
import io.vastmax.Workspace;

/**
 * Draws a token with a temperature from the k likeliest: {@code P(i) ~ p_i^(1/T)} over the top k. Temperature 0 takes the
 * likeliest.
 *
 * <p>Keeps buffers: one thread at a time.
 */
public final class TemperatureSampler {
    private final double temperature;
    private final TopK top;
    private final float[] weights;

    /**
     * A sampler.
     *
     * @param temperature 0 for the likeliest token, 1 for the layer's own distribution
     * @param k how many tokens it draws from: the vocabulary's size for all
     * @throws IllegalArgumentException if the temperature is negative or not finite, or k is not positive
     */
    public TemperatureSampler(double temperature, int k) {
        if (!(temperature >= 0) || temperature == Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("temperature = " + temperature + ": must be from 0 and finite");
        }
        if (k < 1) {
            throw new IllegalArgumentException("k = " + k + ": must be positive");
        }
        this.temperature = temperature;
        this.top = TopK.of(1, temperature == 0 ? 1 : k);
        this.weights = new float[top.k()];
    }

    /**
     * Draws the token that follows a hidden state.
     *
     * @param hidden {@code 1 x width}
     * @param key the same key draws the same token
     */
    public int sample(OutputLayer layer, Matrix hidden, RandomKey key, Workspace workspace) {
        layer.topK(hidden, top, workspace);
        if (temperature == 0) {
            return top.id(0, 0);
        }
        for (int rank = 0; rank < weights.length; rank++) {
            weights[rank] = top.logProb(0, rank);
        }
        Softmax.softmax(weights, 0, weights, 0, weights.length, temperature);
        double rest = key.row(0).nextDouble();
        int rank = 0;
        while (rank < weights.length - 1 && rest >= weights[rank]) {
            rest -= weights[rank];
            rank++;
        }
        return top.id(0, rank);
    }
}
