package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.RandomKey;

/**
 * One softmax over all classes.
 *
 * @param softmax the softmax
 * @param biased whether there is a bias
 */
record ComposedFullSoftmax(ComposedCrossEntropy softmax, boolean biased) implements Composition {
    static ComposedFullSoftmax of(FullSoftmax layer, int chunk) {
        CrossEntropy crossEntropy = layer.objective();
        Composition.check(crossEntropy, layer.classes(), true);
        return new ComposedFullSoftmax(
                new ComposedCrossEntropy(layer.transform(), crossEntropy.labelSmoothing(), chunk),
                layer.bias() != null);
    }

    @Override
    public Sum sum(int[] targets, RandomKey key, Operands operands) {
        NDArray column = operands.column(targets);
        return (hidden, parameters) ->
                softmax.sum(hidden, parameters.get(0), biased ? parameters.get(1) : null, column);
    }
}
