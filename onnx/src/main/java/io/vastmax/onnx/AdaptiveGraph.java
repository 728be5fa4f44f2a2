package io.vastmax.onnx;

import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.onnx.Graph.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** An adaptive softmax: a log-softmax for the head and for each cluster. */
record AdaptiveGraph(Graph graph, AdaptiveSoftmax layer) implements LayerGraph {
    @Override
    public Value logProbs(Value hidden) {
        FrequencyClusters clusters = layer.clusters();
        Value head = head(hidden);
        if (clusters.clusters() == 0) {
            return inOrderOfIds(head);
        }
        long[] columns = new long[clusters.clusters() + 1];
        Arrays.fill(columns, 1);
        columns[0] = clusters.shortlist();
        List<Value> parts = graph.ops("Split", columns.length, Map.of("axis", 1), head, graph.vector(columns));
        List<Value> all = new ArrayList<>(List.of(parts.getFirst()));
        for (int c = 0; c < clusters.clusters(); c++) {
            all.add(graph.op("Add", cluster(hidden, c), parts.get(c + 1)));
        }
        return inOrderOfIds(graph.op("Concat", Map.of("axis", 1), all.toArray(Value[]::new)));
    }

    private Value inOrderOfIds(Value byRank) {
        int[] ranks = new int[layer.classes()];
        Arrays.setAll(ranks, layer.clusters()::rank);
        return graph.gather(byRank, ranks, layer.classes(), 1);
    }

    /** Of each cluster only the rows whose class it has. */
    @Override
    public Value logProb(Value hidden, Value ids) {
        FrequencyClusters clusters = layer.clusters();
        int[] headColumns = new int[layer.classes()];
        int[] places = new int[layer.classes()];
        for (int id = 0; id < headColumns.length; id++) {
            int rank = clusters.rank(id);
            int cluster = clusters.clusterOf(rank);
            headColumns[id] = cluster < 0 ? rank : clusters.shortlist() + cluster;
            places[id] = cluster < 0 ? rank : rank - clusters.first(cluster);
        }
        Value column = graph.op("Gather", graph.ints(headColumns, headColumns.length), ids);
        Value place = graph.op("Gather", graph.ints(places, places.length), ids);
        Value sum = LayerGraph.pick(graph, head(hidden), column);
        for (int c = 0; c < clusters.clusters(); c++) {
            Value isMember = graph.op("Equal", column, graph.ints(new int[] {clusters.shortlist() + c}));
            Value members = graph.op("Squeeze", graph.op("NonZero", isMember), graph.vector(0));
            Value logProbs = cluster(graph.op("Gather", hidden, members), c);
            Value own = LayerGraph.pick(graph, logProbs, graph.op("Gather", place, members));
            sum = graph.op("ScatterElements", Map.of("reduction", "add"), sum, members, own);
        }
        return sum;
    }

    /** N x (shortlist + clusters). */
    private Value head(Value hidden) {
        Value weight = graph.matrix(layer.parameters().get("head.weight"));
        return layer.hasHeadBias()
                ? logSoftmax(hidden, weight, graph.vector(layer.parameters().get("head.bias")))
                : logSoftmax(hidden, weight);
    }

    /** Given that a class is in a cluster, N x its classes. */
    private Value cluster(Value hidden, int c) {
        Value projection = graph.matrix(layer.parameters().get("tail." + c + ".0.weight"));
        Value weight = graph.matrix(layer.parameters().get("tail." + c + ".1.weight"));
        return logSoftmax(graph.op("Gemm", Map.of("transB", 1), hidden, projection), weight);
    }

    private Value logSoftmax(Value... operands) {
        Value logits = graph.op("Gemm", Map.of("transB", 1), operands);
        return graph.op("LogSoftmax", Map.of("axis", 1), LayerGraph.transformed(graph, logits, layer.transform()));
    }
}
