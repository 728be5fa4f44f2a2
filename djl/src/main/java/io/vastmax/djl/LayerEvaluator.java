package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.evaluator.Evaluator;

/** An evaluator whose value is a function of a mean over the rows that count. Thread safe. */
abstract sealed class LayerEvaluator extends Evaluator permits PerplexityEvaluator, AccuracyEvaluator {
    private final OutputBlock output;
    private final Means means = new Means();

    LayerEvaluator(OutputBlock output, String name) {
        super(name);
        this.output = output;
    }

    /** The sum over a batch's rows, which all count. */
    abstract double sum(Batch batch);

    /** The value that a mean stands for. */
    abstract double value(double mean);

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        Batch batch = Batch.of(output, labels, predictions).counted();
        return predictions.getManager().create((float) value(sum(batch) / batch.rows()));
    }

    @Override
    public void addAccumulator(String key) {
        means.reset(key);
    }

    @Override
    public void updateAccumulator(String key, NDList labels, NDList predictions) {
        updateAccumulators(new String[] {key}, labels, predictions);
    }

    @Override
    public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
        Batch batch = Batch.of(output, labels, predictions).counted();
        double sum = sum(batch);
        for (String key : keys) {
            means.add(key, sum, batch.rows());
        }
    }

    @Override
    public void resetAccumulator(String key) {
        means.reset(key);
    }

    @Override
    public float getAccumulator(String key) {
        return (float) value(means.mean(key));
    }
}
