package io.vastmax.djl;

/** The share of labels among the k likeliest classes. */
final class AccuracyEvaluator extends LayerEvaluator {
    private final int k;

    AccuracyEvaluator(OutputBlock output, String name, int k) {
        super(output, name);
        this.k = k;
    }

    @Override
    double sum(Batch batch) {
        return batch.hits(k);
    }

    @Override
    double value(double mean) {
        return mean;
    }
}
