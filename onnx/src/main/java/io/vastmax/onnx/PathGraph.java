package io.vastmax.onnx;

import io.vastmax.Parameter;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import io.vastmax.onnx.Graph.Value;
import java.util.Arrays;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * A hierarchical softmax at the nodes of the paths to given classes, for N rows: the entries of a path (the class and the
 * nodes above it but for the root) N x D, of each the node above, that node's logits N x D x W, and the log-probability of
 * the step to the entry. Entries are those of the tree's parent table: class c is c, node n is V + n. A path that is shorter
 * than the deepest goes on at the root, which costs nothing.
 */
final class PathGraph {
    private final Graph graph;
    private final HierarchicalSoftmax layer;
    private final Tree tree;
    private final int root;
    private final int[] parents;

    /** The most rows of a node. */
    private final int width;

    PathGraph(Graph graph, HierarchicalSoftmax layer) {
        this.graph = graph;
        this.layer = layer;
        this.tree = layer.tree();
        this.root = tree.classes();
        this.parents = tree.parents();
        this.width = IntStream.range(0, tree.nodes()).map(this::rows).max().orElse(0);
    }

    /** How many rows a node owns. */
    private int rows(int node) {
        return tree.firstRow(node + 1) - tree.firstRow(node);
    }

    /** How many numbers are gathered for each row. */
    long numbers() {
        return (long) tree.maxDepth() * width * layer.width();
    }

    /** N of N x d and N ids. */
    Value logProb(Value hidden, Value ids) {
        Value entries = path(ids);
        Value steps = width == 1 ? binarySteps(hidden, entries) : steps(hidden, entries);
        Value isRoot = graph.op("Equal", entries, graph.ints(new int[] {root}));
        Value sum = graph.op("Where", isRoot, graph.scalar(0f), steps);
        return graph.op("ReduceSum", Map.of("keepdims", 0), sum, graph.vector(1));
    }

    /** N x D: in each round the entries so far, and what stands as many places above each. */
    private Value path(Value ids) {
        int[] above = parents.clone();
        above[root] = root;
        Value first = graph.op("Cast", Map.of("to", 6), ids); // to 32-bit integers
        Value path = graph.op("Unsqueeze", first, graph.vector(1));
        for (int length = 1; length < tree.maxDepth(); ) {
            int next = Math.min(length, tree.maxDepth() - length);
            Value from = next == length
                    ? path
                    : graph.op("Slice", path, graph.vector(0), graph.vector(next), graph.vector(1));
            path = graph.op(
                    "Concat", Map.of("axis", 1), path, graph.op("Gather", graph.ints(above, above.length), from));
            int[] half = above;
            above = Arrays.stream(half).map(entry -> half[entry]).toArray();
            length += next;
        }
        return path;
    }

    /** The step to child 1 is {@code log sigmoid(z)}, to child 0 {@code log sigmoid(-z)}. */
    private Value binarySteps(Value hidden, Value entries) {
        int[] slots = tree.slots();
        float[] signs = new float[slots.length];
        for (int entry = 0; entry < signs.length; entry++) {
            signs[entry] = slots[entry] == 1 ? -1 : 1;
        }
        Value z = logits(hidden, ofEntries(entries, entry -> tree.firstRow(above(entry))));
        Value sign = graph.op("Gather", graph.floats(signs), entries);
        return graph.op("Neg", graph.op("Softplus", graph.op("Mul", sign, z)));
    }

    /** A log-softmax over the columns of a node: its own rows', for a binary one z and 0, then minus infinity. */
    private Value steps(Value hidden, Value entries) {
        Value third = graph.vector(2);
        int[] each = IntStream.range(0, width).toArray();
        Value columns = graph.ints(each, each.length);
        Value first = ofEntries(entries, entry -> tree.firstRow(above(entry)));
        Value own = ofEntries(entries, entry -> rows(above(entry)));
        Value children = ofEntries(entries, entry -> tree.children(above(entry)));
        Value chosen = ofEntries(entries, this::column);
        Value all = graph.op("Add", graph.op("Unsqueeze", first, third), columns);
        Value rows = graph.op("Min", all, graph.ints(new int[] {tree.rows() - 1}));
        Value isChild = graph.op("Less", columns, graph.op("Unsqueeze", children, third));
        Value isOwn = graph.op("Less", columns, graph.op("Unsqueeze", own, third));
        Value none = graph.op("Where", isChild, graph.scalar(0f), graph.scalar(Float.NEGATIVE_INFINITY));
        Value z = graph.op("Where", isOwn, logits(hidden, rows), none);
        Value logProbs = graph.op("LogSoftmax", Map.of("axis", 2), z);
        Value picked = graph.op("GatherElements", Map.of("axis", 2), logProbs, graph.op("Unsqueeze", chosen, third));
        return graph.op("Squeeze", picked, third);
    }

    /** The node above an entry; of the root, which has none, itself. */
    private int above(int entry) {
        return Math.max(0, parents[entry] - tree.classes());
    }

    private int column(int entry) {
        int slot = Math.max(0, tree.slots()[entry]);
        return tree.children(above(entry)) == 2 ? 1 - slot : slot;
    }

    private Value ofEntries(Value entries, IntUnaryOperator number) {
        int[] numbers = IntStream.range(0, parents.length).map(number).toArray();
        return graph.op("Gather", graph.ints(numbers, numbers.length), entries);
    }

    /** Of some rows of the tree for each row of the batch: N x D (x W) of N x d and N x D (x W). */
    private Value logits(Value hidden, Value rows) {
        Value flat = graph.op("Reshape", rows, graph.vector(0, -1));
        Value vectors = graph.op("Gather", graph.matrix(layer.parameters().get("tree.weight")), flat);
        Value products = graph.op("MatMul", vectors, graph.op("Unsqueeze", hidden, graph.vector(2)));
        Value logits = graph.op("Reshape", products, graph.op("Shape", rows));
        Parameter bias = layer.bias();
        if (bias != null) {
            logits = graph.op("Add", logits, graph.op("Gather", graph.vector(bias), rows));
        }
        return LayerGraph.transformed(graph, logits, layer.transform());
    }
}
