package io.vastmax.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Parameter;
import io.vastmax.testkit.Point;
import io.vastmax.testkit.Problem;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The loss of a composed layer, and autograd's gradients.
 *
 * @param loss the loss
 * @param gradients by the names of the parameters, and {@link Point#HIDDEN}
 */
record Composed(double loss, Map<String, double[]> gradients) {
    /** Those of a batch, in a type; the draws are those of {@link Problem#KEY}. */
    static Composed of(Objective objective, Matrix hidden, int[] targets, int chunk, DataType type) {
        Engine engine = PyTorch.start();
        ComposedSoftmax block = ComposedSoftmax.of(objective, Problem.KEY, chunk);
        try (NDManager manager = engine.newBaseManager();
                GradientCollector collector = engine.newGradientCollector()) {
            Map<String, NDArray> leaves = new LinkedHashMap<>();
            leaves.put(Point.HIDDEN, leaf(manager, hidden, new Shape(hidden.rows(), hidden.columns()), type));
            for (Parameter parameter : objective.parameters()) {
                Matrix value = parameter.value();
                boolean vector = parameter.name().endsWith(".bias");
                Shape shape = vector ? new Shape(value.rows()) : new Shape(value.rows(), value.columns());
                leaves.put(parameter.name(), leaf(manager, value, shape, type));
            }
            NDList parameters = new NDList();
            leaves.values().stream().skip(1).forEach(parameters::add);
            NDArray loss = block.plan(targets, Problem.KEY, manager, type)
                    .loss(leaves.values().iterator().next(), parameters);
            collector.backward(loss);
            Map<String, double[]> gradients = new LinkedHashMap<>();
            leaves.forEach((name, leaf) -> gradients.put(name, doubles(leaf.getGradient())));
            return new Composed(doubles(loss)[0], gradients);
        }
    }

    /** The gradient of a block. */
    double[] gradient(String name) {
        return of(name, gradients);
    }

    static double[] of(String name, Map<String, double[]> gradients) {
        return Objects.requireNonNull(gradients.get(name), name);
    }

    static double[] doubles(NDArray array) {
        return array.toType(DataType.FLOAT64, true).toDoubleArray();
    }

    static double[] doubles(float[] array) {
        double[] doubles = new double[array.length];
        Arrays.setAll(doubles, i -> array[i]);
        return doubles;
    }

    private static NDArray leaf(NDManager manager, Matrix value, Shape shape, DataType type) {
        NDArray leaf = manager.create(value.array(), shape).toType(type, true);
        leaf.setRequiresGradient(true);
        return leaf;
    }
}
