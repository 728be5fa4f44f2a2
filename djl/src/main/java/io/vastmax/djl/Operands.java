package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Arrays that a composition's operations take beside hidden states and parameters, and the operations that all share.
 *
 * @param manager owns the arrays
 * @param type of those that are no indices
 */
record Operands(NDManager manager, DataType type) {
    /** Indices in a vector. */
    NDArray indices(int[] indices) {
        return manager.create(Arrays.stream(indices).asLongStream().toArray());
    }

    /** Indices in a column. */
    NDArray column(int[] indices) {
        return manager.create(Arrays.stream(indices).asLongStream().toArray(), new Shape(indices.length, 1));
    }

    /** Numbers of a shape. */
    NDArray numbers(float[] numbers, long... shape) {
        NDArray array = manager.create(numbers, new Shape(shape));
        return array.toType(type, false);
    }

    /** Rows by their indices. */
    static NDArray rows(NDArray array, NDArray indices) {
        return array.get(new NDIndex("{}", indices));
    }

    /** {@code x w^T + b}. */
    static NDArray linear(NDArray x, NDArray weight, @Nullable NDArray bias) {
        return x.getNDArrayInternal().linear(x, weight, bias).singletonOrThrow();
    }

    /** {@code <x_i, y_i> + b_i}, a vector. */
    static NDArray products(NDArray x, NDArray y, @Nullable NDArray bias) {
        NDArray products = x.mul(y).sum(new int[] {1});
        return bias == null ? products : products.add(bias);
    }
}
