package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import io.vastmax.LogitTransform;
import io.vastmax.RandomKey;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The nodes of all paths, one after the other: their rows and the hidden vectors they meet, selected by index; row-wise
 * products; {@code softplus(-s z)}, summed. Nodes of k children go together for each k, with batched products and a
 * log-softmax. Paths padded to the longest, and batched products for all, take twice the time.
 *
 * @param tree the tree
 * @param transform of the logits of every node
 * @param biased whether nodes have a bias
 */
record ComposedHierarchicalSoftmax(Tree tree, LogitTransform transform, boolean biased) implements Composition {
    /** Nodes of as many children, each as often as it is on a path. */
    private static final class Visits {
        private final List<Integer> firstRows = new ArrayList<>();
        private final List<Integer> owners = new ArrayList<>();
        private final List<Integer> slots = new ArrayList<>();

        int[] rows(int each) {
            int[] rows = new int[firstRows.size() * each];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = firstRows.get(i / each) + i % each;
            }
            return rows;
        }

        static int[] ints(List<Integer> list) {
            return list.stream().mapToInt(Integer::intValue).toArray();
        }
    }

    static ComposedHierarchicalSoftmax of(HierarchicalSoftmax layer) {
        Composition.check(layer.objective(), layer.classes(), false);
        return new ComposedHierarchicalSoftmax(layer.tree(), layer.transform(), layer.bias() != null);
    }

    @Override
    public Sum sum(int[] targets, RandomKey key, Operands operands) {
        Map<Integer, Visits> byWidth = new TreeMap<>();
        for (int n = 0; n < targets.length; n++) {
            int slot = tree.slotOfClass(targets[n]);
            for (int node = tree.parentOfClass(targets[n]); node >= 0; node = tree.parentOfNode(node)) {
                Visits visits = byWidth.computeIfAbsent(tree.children(node), k -> new Visits());
                visits.firstRows.add(tree.firstRow(node));
                visits.owners.add(n);
                visits.slots.add(slot);
                slot = tree.slotOfNode(node);
            }
        }
        if (byWidth.isEmpty()) {
            // So that there are gradients, of zeros, where no row takes part
            byWidth.put(2, new Visits());
        }
        List<Sum> parts = new ArrayList<>();
        byWidth.forEach((children, visits) ->
                parts.add(children == 2 ? binary(visits, operands) : wide(children, visits, operands)));
        return (hidden, parameters) -> parts.stream()
                .map(part -> part.of(hidden, parameters))
                .reduce(NDArray::add)
                .orElseThrow();
    }

    private Sum binary(Visits visits, Operands operands) {
        NDArray nodes = operands.indices(visits.rows(1));
        NDArray owners = operands.indices(Visits.ints(visits.owners));
        float[] signs = new float[visits.slots.size()];
        for (int i = 0; i < signs.length; i++) {
            signs[i] = visits.slots.get(i) == 1 ? -1 : 1;
        }
        NDArray minusSigns = operands.numbers(signs, signs.length);
        return (hidden, parameters) -> {
            NDArray z = Operands.products(
                    Operands.rows(parameters.get(0), nodes),
                    Operands.rows(hidden, owners),
                    biased ? Operands.rows(parameters.get(1), nodes) : null);
            return ComposedCrossEntropy.transformed(z, transform)
                    .mul(minusSigns)
                    .getNDArrayInternal()
                    .softPlus()
                    .sum();
        };
    }

    private Sum wide(int children, Visits visits, Operands operands) {
        int count = visits.slots.size();
        NDArray nodes = operands.indices(visits.rows(children));
        NDArray owners = operands.indices(Visits.ints(visits.owners));
        NDArray slots = operands.column(Visits.ints(visits.slots));
        return (hidden, parameters) -> {
            NDArray weight = parameters.get(0);
            NDArray z = Operands.rows(weight, nodes)
                    .reshape(count, children, -1)
                    .matMul(Operands.rows(hidden, owners).expandDims(2))
                    .squeeze(2);
            if (biased) {
                z = z.add(Operands.rows(parameters.get(1), nodes).reshape(count, children));
            }
            return ComposedCrossEntropy.transformed(z, transform)
                    .logSoftmax(-1)
                    .gather(slots, 1)
                    .sum()
                    .neg();
        };
    }
}
