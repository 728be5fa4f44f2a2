package io.vastmax.djl;

/**
 * How well a model predicts a text.
 *
 * @param tokens the tokens predicted
 * @param nats the sum of their negative log-likelihoods
 */
public record Perplexity(long tokens, double nats) {
    /** {@code exp(nats / tokens)}. */
    public double value() {
        return Math.exp(nats / tokens);
    }

    /** {@code nats / tokens / ln 2}. */
    public double bitsPerToken() {
        return nats / tokens / Math.log(2);
    }
}
