package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.vastmax.RandomKey;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.FrequencyClusters;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What PyTorch's {@code AdaptiveLogSoftmaxWithLoss} does: a softmax for the head; for each cluster the hidden vectors whose
 * target is in it, selected by index, projected, and a softmax; all summed. A cluster that the batch does not meet takes
 * part with no rows: its gradient is zero, not missing.
 *
 * @param clusters the clusters
 * @param softmax of head and clusters
 * @param biased whether the head has a bias
 */
record ComposedAdaptiveSoftmax(FrequencyClusters clusters, ComposedCrossEntropy softmax, boolean biased)
        implements Composition {
    /**
     * A cluster's part of a batch.
     *
     * @param rows which hidden vectors
     * @param targets the places of their targets in the cluster
     */
    private record Members(NDArray rows, NDArray targets) {}

    static ComposedAdaptiveSoftmax of(AdaptiveSoftmax layer, int chunk) {
        Composition.check(layer.objective(), layer.classes(), false);
        return new ComposedAdaptiveSoftmax(
                layer.clusters(), new ComposedCrossEntropy(layer.transform(), 0, chunk), layer.hasHeadBias());
    }

    @Override
    public Sum sum(int[] targets, RandomKey key, Operands operands) {
        int[] inHead = IntStream.of(targets).map(this::column).toArray();
        NDArray headTargets = operands.column(inHead);
        List<Members> members = new ArrayList<>();
        for (int c = 0; c < clusters.clusters(); c++) {
            int column = clusters.shortlist() + c;
            int first = clusters.first(c);
            int[] rows = IntStream.range(0, targets.length)
                    .filter(n -> inHead[n] == column)
                    .toArray();
            int[] places = IntStream.of(rows)
                    .map(n -> clusters.rank(targets[n]) - first)
                    .toArray();
            members.add(new Members(operands.indices(rows), operands.column(places)));
        }
        return (hidden, parameters) -> sum(hidden, parameters, headTargets, members);
    }

    private NDArray sum(NDArray hidden, NDList parameters, NDArray headTargets, List<Members> members) {
        int at = biased ? 2 : 1;
        NDArray sum = softmax.sum(hidden, parameters.get(0), biased ? parameters.get(1) : null, headTargets);
        for (Members cluster : members) {
            NDArray projected = Operands.linear(Operands.rows(hidden, cluster.rows()), parameters.get(at++), null);
            sum = sum.add(softmax.sum(projected, parameters.get(at++), null, cluster.targets()));
        }
        return sum;
    }

    /** The column of the head that leads to a class. */
    private int column(int target) {
        int rank = clusters.rank(target);
        int cluster = clusters.clusterOf(rank);
        return cluster < 0 ? rank : clusters.shortlist() + cluster;
    }
}
