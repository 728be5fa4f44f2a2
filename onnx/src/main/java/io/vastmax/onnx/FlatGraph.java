package io.vastmax.onnx;

import io.vastmax.CosineSoftmax;
import io.vastmax.FullSoftmax;
import io.vastmax.Matrix;
import io.vastmax.OutputLayer;
import io.vastmax.SphericalSoftmax;
import io.vastmax.onnx.Graph.Value;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/** A full, cosine or spherical softmax: one product, and a log-softmax of what becomes of it. */
record FlatGraph(Graph graph, OutputLayer layer) implements LayerGraph {
    /** A shorter vector counts as that long, see {@link CosineSoftmax}. */
    private static final double LEAST_LENGTH = 1e-12;

    @Override
    public Value logProbs(Value hidden) {
        Value scores = LayerGraph.transformed(graph, scores(hidden), layer.transform());
        return graph.op("LogSoftmax", Map.of("axis", -1), scores);
    }

    @Override
    public Value logProb(Value hidden, Value ids) {
        return LayerGraph.pick(graph, logProbs(hidden), ids);
    }

    private Value scores(Value hidden) {
        return switch (layer) {
            case FullSoftmax full ->
                full.bias() == null
                        ? product(hidden, graph.matrix(full.weight()))
                        : product(hidden, graph.matrix(full.weight()), graph.vector(full.bias()));
            case CosineSoftmax cosine ->
                graph.op("Mul", product(normalised(hidden), graph.matrix(cosine.weight())), factors(cosine));
            case SphericalSoftmax spherical -> logSquares(spherical, hidden);
            default -> throw new AssertionError(layer);
        };
    }

    /** {@code W h}, or {@code W h + b}. */
    private Value product(Value... operands) {
        return graph.op("Gemm", Map.of("transB", 1), operands);
    }

    /** {@code h / max(|h|, 1e-12)}, as {@code u / max(|u|, 1e-12 / m)} of {@code u = h / m}, whose squares are floats. */
    private Value normalised(Value hidden) {
        Map<String, ?> ofRow = Map.of("axes", new long[] {1}, "keepdims", 1);
        Value largest = graph.op("ReduceMax", ofRow, graph.op("Abs", hidden));
        Value m = graph.op("Max", largest, graph.scalar(Float.MIN_NORMAL));
        Value u = graph.op("Div", hidden, m);
        Value least = graph.op("Div", graph.scalar((float) LEAST_LENGTH), m);
        return graph.op("Div", u, graph.op("Max", graph.op("ReduceL2", ofRow, u), least));
    }

    /** {@code s / max(|w_c|, 1e-12)} of each class. */
    private Value factors(CosineSoftmax cosine) {
        Matrix weight = cosine.weight().value();
        return graph.weights(Weights.of(
                "cosine.factors", () -> List.of(FloatBuffer.wrap(factors(weight, cosine.scale()))), weight.rows()));
    }

    private static float[] factors(Matrix weight, double scale) {
        float[] factors = new float[weight.rows()];
        for (int c = 0; c < factors.length; c++) {
            double sum = 0;
            for (int i = c * weight.columns(); i < (c + 1) * weight.columns(); i++) {
                sum += (double) weight.array()[i] * weight.array()[i];
            }
            factors[c] = (float) (scale / Math.max(LEAST_LENGTH, Math.sqrt(sum)));
        }
        return factors;
    }

    /** {@code log(z^2 + e)}. */
    private Value logSquares(SphericalSoftmax spherical, Value hidden) {
        float epsilon = (float) spherical.epsilon();
        if (Float.isInfinite(epsilon)) {
            throw new IllegalArgumentException("epsilon = " + spherical.epsilon()
                    + ": single precision, as in the exported model, cannot hold it");
        }
        Value weight = graph.matrix(spherical.parameters().get("spherical.weight"));
        Value z = product(hidden, weight, graph.vector(spherical.parameters().get("spherical.bias")));
        return graph.op("Log", graph.op("Add", graph.op("Mul", z, z), graph.scalar(epsilon)));
    }
}
