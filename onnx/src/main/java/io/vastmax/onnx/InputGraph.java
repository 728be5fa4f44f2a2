package io.vastmax.onnx;

import io.vastmax.Embedding;
import io.vastmax.InputLayer;
import io.vastmax.Parameter;
import io.vastmax.adaptive.AdaptiveInput;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.onnx.Graph.Value;
import java.util.Arrays;
import java.util.Iterator;

/** How what a body reads is computed in a graph. */
final class InputGraph {
    private InputGraph() {}

    /**
     * T x B x d of T x B ids.
     *
     * @throws IllegalArgumentException if the input is of another kind
     */
    static Value lookUp(InputLayer input, Value ids, Graph graph) {
        return switch (input) {
            case Embedding embedding ->
                scaled(graph.op("Gather", graph.matrix(embedding.weight()), ids), embedding.scale(), graph);
            case AdaptiveInput adaptive -> scaled(vectors(adaptive, ids, graph), adaptive.scale(), graph);
            default ->
                throw new IllegalArgumentException(
                        "input is a " + input.getClass().getName() + ": export knows embeddings and adaptive inputs");
        };
    }

    private static Value scaled(Value vectors, double scale, Graph graph) {
        return scale == 1 ? vectors : graph.op("Mul", vectors, graph.scalar((float) scale));
    }

    /** As if every id were in the shortlist, then as if in each cluster, of which the one is taken where it is so. */
    private static Value vectors(AdaptiveInput adaptive, Value ids, Graph graph) {
        FrequencyClusters clusters = adaptive.clusters();
        Iterator<Parameter> parameters = adaptive.parameters().iterator();
        int[] ranks = new int[clusters.classes()];
        Arrays.setAll(ranks, clusters::rank);
        Value rank = graph.op("Gather", graph.ints(ranks, ranks.length), ids);
        Value last = graph.ints(new int[] {clusters.shortlist() - 1});
        Value vectors = graph.op("Gather", graph.matrix(parameters.next()), graph.op("Min", rank, last));
        for (int c = 0; c < clusters.clusters(); c++) {
            Value projection = graph.matrix(parameters.next());
            Value weight = graph.matrix(parameters.next());
            Value place = graph.op("Sub", rank, graph.ints(new int[] {clusters.first(c)}));
            Value inside = graph.op("Max", place, graph.ints(new int[] {0}));
            Value row = graph.op("Min", inside, graph.ints(new int[] {clusters.size(c) - 1}));
            Value projected = graph.op("MatMul", graph.op("Gather", weight, row), projection);
            Value isBefore = graph.op("Less", place, graph.ints(new int[] {0}));
            vectors = graph.op("Where", graph.op("Unsqueeze", isBefore, graph.vector(-1)), vectors, projected);
        }
        return vectors;
    }
}
