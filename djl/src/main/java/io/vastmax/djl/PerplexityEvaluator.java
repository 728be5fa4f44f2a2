package io.vastmax.djl;

/** The perplexity of the labels under the exact layer. */
final class PerplexityEvaluator extends LayerEvaluator {
    PerplexityEvaluator(OutputBlock output) {
        super(output, "Perplexity");
    }

    @Override
    double sum(Batch batch) {
        return batch.nats();
    }

    @Override
    double value(double mean) {
        return Math.exp(mean);
    }
}
