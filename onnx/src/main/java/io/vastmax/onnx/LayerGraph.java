package io.vastmax.onnx;

import io.vastmax.CosineSoftmax;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.OutputLayer;
import io.vastmax.SphericalSoftmax;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.onnx.Graph.Value;
import java.util.Map;

/** How an output layer is computed in a graph. */
interface LayerGraph {
    /** N x V of N x d. */
    Value logProbs(Value hidden);

    /** N of N x d and N ids. */
    Value logProb(Value hidden, Value ids);

    /**
     * That of a layer.
     *
     * @throws IllegalArgumentException if the layer is of another kind
     */
    static LayerGraph of(OutputLayer layer, Graph graph) {
        return switch (layer) {
            case FullSoftmax full -> new FlatGraph(graph, full);
            case CosineSoftmax cosine -> new FlatGraph(graph, cosine);
            case SphericalSoftmax spherical -> new FlatGraph(graph, spherical);
            case AdaptiveSoftmax adaptive -> new AdaptiveGraph(graph, adaptive);
            case HierarchicalSoftmax hierarchical -> new TreeGraph(graph, hierarchical);
            default -> throw unknown(layer);
        };
    }

    /** The name of a layer's kind. */
    static String kind(OutputLayer layer) {
        return switch (layer) {
            case FullSoftmax full -> "full";
            case CosineSoftmax cosine -> "cosine";
            case SphericalSoftmax spherical -> "spherical";
            case AdaptiveSoftmax adaptive -> "adaptive";
            case HierarchicalSoftmax hierarchical -> "hierarchical";
            default -> throw unknown(layer);
        };
    }

    private static IllegalArgumentException unknown(OutputLayer layer) {
        return new IllegalArgumentException("layer is a " + layer.getClass().getName()
                + ": export knows full, cosine, spherical, adaptive and hierarchical softmax");
    }

    /** What becomes of logits. A masked one, minus infinity, stays one, where a {@code tanh} would make it minus the cap. */
    static Value transformed(Graph graph, Value logits, LogitTransform transform) {
        if (transform.isCapped()) {
            Value shrunk = graph.op("Mul", logits, graph.scalar((float) (1 / transform.softCap())));
            Value factor = graph.scalar((float) (transform.softCap() / transform.temperature()));
            Value capped = graph.op("Mul", graph.op("Tanh", shrunk), factor);
            Value isMasked = graph.op("IsInf", Map.of("detect_positive", 0), logits);
            return graph.op("Where", isMasked, logits, capped);
        }
        return transform.temperature() == 1
                ? logits
                : graph.op("Mul", logits, graph.scalar((float) (1 / transform.temperature())));
    }

    /** The element in a column of each row: N of N x V and N columns. */
    static Value pick(Graph graph, Value rows, Value columns) {
        Value one = graph.vector(1);
        Value picked = graph.op("GatherElements", Map.of("axis", 1), rows, graph.op("Unsqueeze", columns, one));
        return graph.op("Squeeze", picked, one);
    }
}
