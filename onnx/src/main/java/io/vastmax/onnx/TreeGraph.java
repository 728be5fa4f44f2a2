package io.vastmax.onnx;

import io.vastmax.Parameter;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import io.vastmax.onnx.Graph.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A hierarchical softmax, all classes at a time. Rows of the batch run across, so that whatever is gathered is gathered by
 * whole rows: the logits of all of the tree's rows, R x N; the log-probability of each edge of each node; the sum of those
 * from the root to each node, by doubling (Hillis and Steele, Data Parallel Algorithms, CACM 1986), whatever the tree's depth;
 * and with the last edge to each class.
 *
 * <p>Nodes of more than two children are grouped by the power of two that bounds their number, and padded to the widest of
 * their group: at most twice their size.
 */
final class TreeGraph implements LayerGraph {
    private final Graph graph;
    private final HierarchicalSoftmax layer;
    private final Tree tree;

    TreeGraph(Graph graph, HierarchicalSoftmax layer) {
        this.graph = graph;
        this.layer = layer;
        this.tree = layer.tree();
    }

    /** By the nodes of the paths, where their vectors are no more numbers than the logits of all; else by all classes. */
    @Override
    public Value logProb(Value hidden, Value ids) {
        if (tree.nodes() == 0) {
            return graph.op("ConstantOfShape", graph.op("Shape", ids));
        }
        PathGraph paths = new PathGraph(graph, layer);
        return paths.numbers() <= tree.rows()
                ? paths.logProb(hidden, ids)
                : LayerGraph.pick(graph, logProbs(hidden), ids);
    }

    @Override
    public Value logProbs(Value hidden) {
        Value rows = graph.op("Shape", Map.of("end", 1), hidden);
        if (tree.nodes() == 0) {
            return graph.op("ConstantOfShape", graph.op("Concat", Map.of("axis", 0), rows, graph.vector(1)));
        }
        Value row = graph.op("Concat", Map.of("axis", 0), graph.vector(1), rows);
        Edges edges = new Edges(logits(hidden), row);
        Value ofEdges = edges.logProbs();
        int[] toClass = IntStream.range(0, tree.classes())
                .map(id -> edges.place(tree.parentOfClass(id), tree.slotOfClass(id)))
                .toArray();
        int[] above =
                IntStream.range(0, tree.classes()).map(tree::parentOfClass).toArray();
        Value byClass = gather(ofEdges, toClass);
        if (tree.nodes() > 1) {
            byClass = graph.op("Add", byClass, gather(ofNodes(edges, ofEdges), above));
        }
        return graph.op("Transpose", Map.of("perm", new long[] {1, 0}), byClass);
    }

    /** R x N. */
    private Value logits(Value hidden) {
        Value weight = graph.matrix(layer.parameters().get("tree.weight"));
        Parameter bias = layer.bias();
        Map<String, ?> transposed = Map.of("transB", 1);
        Value logits = bias == null
                ? graph.op("Gemm", transposed, weight, hidden)
                : graph.op("Gemm", transposed, weight, hidden, graph.matrix(bias));
        return LayerGraph.transformed(graph, logits, layer.transform());
    }

    /** The log-probability of each node, M x N. */
    private Value ofNodes(Edges edges, Value ofEdges) {
        int[] toNode = new int[tree.nodes()];
        int[] above = new int[tree.nodes()];
        toNode[0] = edges.toRoot();
        for (int node = 1; node < toNode.length; node++) {
            above[node] = tree.parentOfNode(node);
            toNode[node] = edges.place(above[node], tree.slotOfNode(node));
        }
        Value sums = gather(ofEdges, toNode);
        while (Arrays.stream(above).anyMatch(node -> node > 0)) {
            sums = graph.op("Add", sums, gather(sums, above));
            int[] from = above;
            above = Arrays.stream(from).map(node -> from[node]).toArray();
        }
        return sums;
    }

    private Value gather(Value rows, int[] places) {
        return graph.op("Gather", rows, graph.ints(places, places.length));
    }

    /** The log-probabilities of all edges, one after the other, and where that of a child is. */
    private final class Edges {
        private final Value logits;
        private final List<Value> parts = new ArrayList<>();

        /** The place of a node's first child, and from there to each next. */
        private final int[] first = new int[tree.nodes()];

        private final int[] step = new int[tree.nodes()];
        private int count;

        /**
         * Those of a batch.
         *
         * @param row the shape 1 x N
         */
        Edges(Value logits, Value row) {
            this.logits = logits;
            List<Integer> binary = new ArrayList<>();
            Map<Integer, List<Integer>> wider = new TreeMap<>();
            for (int node = 0; node < tree.nodes(); node++) {
                int children = tree.children(node);
                int bound = 32 - Integer.numberOfLeadingZeros(children - 1);
                (children == 2 ? binary : wider.computeIfAbsent(bound, none -> new ArrayList<>())).add(node);
            }
            if (!binary.isEmpty()) {
                addBinary(binary);
            }
            wider.values().forEach(this::addWider);
            // Of the edge to the root, which there is not: 0
            parts.add(graph.op("ConstantOfShape", row));
        }

        int toRoot() {
            return count;
        }

        int place(int node, int slot) {
            return first[node] + slot * step[node];
        }

        Value logProbs() {
            return graph.op("Concat", Map.of("axis", 0), parts.toArray(Value[]::new));
        }

        /**
         * {@code log sigmoid(-z)} of child 0 of each, then {@code log sigmoid(z)} of child 1, which is
         * {@code min(z, 0) - log(1 + exp(-|z|))}: of the last there is one for both, and it takes a third of the time that
         * ONNX Runtime's Softplus takes twice.
         */
        private void addBinary(List<Integer> nodes) {
            int[] rows = new int[nodes.size()];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = tree.firstRow(nodes.get(i));
                first[nodes.get(i)] = count + i;
                step[nodes.get(i)] = rows.length;
            }
            Value z = graph.gather(logits, rows, tree.rows(), 0);
            Value exp = graph.op("Exp", graph.op("Neg", graph.op("Abs", z)));
            Value log = graph.op("Log", graph.op("Add", exp, graph.scalar(1f)));
            parts.add(graph.op("Sub", graph.op("Min", graph.op("Neg", z), graph.scalar(0f)), log));
            parts.add(graph.op("Sub", graph.op("Min", z, graph.scalar(0f)), log));
            count += 2 * rows.length;
        }

        /** A log-softmax over the children of each, padded with logits of minus infinity. */
        private void addWider(List<Integer> nodes) {
            int width = nodes.stream().mapToInt(tree::children).max().orElseThrow();
            int[] rows = new int[nodes.size() * width];
            Arrays.fill(rows, tree.rows());
            boolean padded = false;
            for (int i = 0; i < nodes.size(); i++) {
                int node = nodes.get(i);
                for (int slot = 0; slot < tree.children(node); slot++) {
                    rows[i * width + slot] = tree.firstRow(node) + slot;
                }
                padded |= tree.children(node) < width;
                first[node] = count + i * width;
                step[node] = 1;
            }
            Value from = padded
                    ? graph.op("Pad", logits, graph.vector(0, 0, 1, 0), graph.scalar(Float.NEGATIVE_INFINITY))
                    : logits;
            Value gathered = graph.gather(from, rows, tree.rows(), 0);
            Value z = graph.op("Reshape", gathered, graph.vector(nodes.size(), width, -1));
            Value logProbs = graph.op("LogSoftmax", Map.of("axis", 1), z);
            parts.add(graph.op("Reshape", logProbs, graph.vector(rows.length, -1)));
            count += rows.length;
        }
    }
}
