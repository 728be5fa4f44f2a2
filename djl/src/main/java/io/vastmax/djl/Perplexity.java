package io.vastmax.djl;

import io.vastmax.Matrix;
import io.vastmax.OutputLayer;
import io.vastmax.Workspace;

/**
 * How well a model predicts a text.
 *
 * @param tokens the tokens predicted
 * @param nats the sum of their negative log-likelihoods
 */
public record Perplexity(long tokens, double nats) {
    /** With some more tokens, under the exact distribution of a layer. */
    public Perplexity and(OutputLayer layer, Matrix hidden, int[] targets, Workspace workspace) {
        float[] logProbs = new float[targets.length];
        layer.logProb(hidden, targets, logProbs, workspace);
        double sum = nats;
        for (float logProb : logProbs) {
            sum -= logProb;
        }
        return new Perplexity(tokens + targets.length, sum);
    }

    /** {@code nats / tokens}, the mean loss. */
    public double loss() {
        return nats / tokens;
    }

    /** {@code exp(nats / tokens)}. */
    public double value() {
        return Math.exp(nats / tokens);
    }

    /** {@code nats / tokens / ln 2}. */
    public double bitsPerToken() {
        return nats / tokens / Math.log(2);
    }
}
