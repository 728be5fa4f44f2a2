package io.vastmax.adaptive;

import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.Workspace;
import io.vastmax.internal.Focal;
import io.vastmax.internal.FusedLoss;
import io.vastmax.internal.Link;
import io.vastmax.internal.LossBatch;
import io.vastmax.internal.Weighting;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The loss of one batch: of the head for all rows, then of each cluster for the rows that pass it. Used once. */
final class AdaptiveLoss {
    private final AdaptiveSoftmax layer;
    private final Smoothing smoothing;
    private final double gamma;
    private final FrequencyClusters clusters;
    private final Matrix hidden;
    private final Weighting weighting;
    private final Workspace workspace;
    private final double[] crossEntropies;
    private final double[] extras;
    private final double[] headLogSumExps;

    /** What the cross-entropy of a row counts in its gradient. */
    private final double[] slopes;

    /**
     * That of a batch.
     *
     * @param smoothing how labels are smoothed
     * @param gamma the focus
     */
    AdaptiveLoss(
            AdaptiveSoftmax layer,
            Smoothing smoothing,
            double gamma,
            Matrix hidden,
            Weighting weighting,
            Workspace workspace) {
        int rows = hidden.rows();
        this.layer = layer;
        this.smoothing = smoothing;
        this.gamma = gamma;
        this.clusters = layer.clusters();
        this.hidden = hidden;
        this.weighting = weighting;
        this.workspace = workspace;
        this.crossEntropies = new double[rows];
        this.extras = new double[rows];
        this.headLogSumExps = new double[rows];
        this.slopes = new double[rows];
        Arrays.setAll(slopes, weighting::hit);
    }

    /** The loss of a row. */
    double loss(int row) {
        if (weighting.hit(row) == 0) {
            return extras[row];
        }
        double ce = crossEntropies[row];
        double focus = gamma == 0 ? 1 : Focal.weight(gamma, ce);
        return weighting.hit(row) * focus * ce + extras[row];
    }

    double headLogSumExp(int row) {
        return headLogSumExps[row];
    }

    /** The losses, and the gradients that are wanted: those of the hidden vectors overwritten, the others added. */
    void compute(@Nullable Matrix hiddenGradient, @Nullable Gradients into) {
        boolean gradients = hiddenGradient != null || into != null;
        if (gradients && gamma > 0) {
            pass(null, null);
            Arrays.setAll(slopes, n -> weighting.hit(n) * Focal.slope(gamma, crossEntropies[n]));
        }
        pass(hiddenGradient, into);
    }

    private void pass(@Nullable Matrix hiddenGradient, @Nullable Gradients into) {
        LossBatch head = headBatch();
        FusedLoss.of(workspace)
                .lossAndGradients(
                        head,
                        workspace,
                        hiddenGradient == null ? null : hiddenGradient.array(),
                        into == null ? null : layer.headGradient(into));
        for (int n = 0; n < hidden.rows(); n++) {
            headLogSumExps[n] = head.logSumExp(n);
            crossEntropies[n] = weighting.ignores(n) ? 0 : head.crossEntropy(n);
            extras[n] = weighting.ignores(n) ? 0 : head.extras(n);
        }
        for (int c = 0; c < clusters.clusters(); c++) {
            Tail.Members members = members(c);
            LossBatch tail = tailBatch(c, members);
            layer.tails().get(c).lossAndGradients(tail, members, workspace, hiddenGradient, into);
            for (int i = 0; i < members.count; i++) {
                crossEntropies[members.rows[i]] += tail.targets[i] < 0 ? 0 : tail.crossEntropy(i);
                extras[members.rows[i]] += tail.extras(i);
            }
        }
    }

    /** The head's softmax. */
    private LossBatch headBatch() {
        LossBatch batch = new LossBatch(Link.SOFTMAX, layer.head(), hidden.array(), hidden.rows());
        for (int n = 0; n < hidden.rows(); n++) {
            int cluster = clusterOf(n);
            batch.targets[n] = weighting.ignores(n) ? -1 : cluster < 0 ? rank(n) : clusters.shortlist() + cluster;
            charge(batch, n, n);
        }
        smoothing.ofHead(batch);
        return batch;
    }

    /** A cluster's softmax: rows that only smooth their label over it have no target there. */
    private LossBatch tailBatch(int cluster, Tail.Members members) {
        LossBatch batch = layer.tails().get(cluster).batch(hidden, members, layer.transform(), workspace);
        for (int i = 0; i < members.count; i++) {
            int n = members.rows[i];
            charge(batch, i, n);
            if (clusterOf(n) == cluster) {
                batch.targets[i] = rank(n) - clusters.first(cluster);
            } else {
                batch.hit[i] = 0;
                batch.square[i] = 0;
            }
        }
        smoothing.ofCluster(batch, cluster);
        return batch;
    }

    private void charge(LossBatch batch, int i, int row) {
        batch.hit[i] = slopes[row];
        batch.spread[i] = smoothing.share(weighting, row, batch.classes());
        batch.square[i] = weighting.square(row);
        batch.scale[i] = weighting.scale(row);
    }

    /** The rows that pass a cluster. */
    private Tail.Members members(int cluster) {
        Tail.Members members = Tail.Members.of(workspace).clear(hidden.rows());
        for (int n = 0; n < hidden.rows(); n++) {
            if (!weighting.ignores(n) && (smoothing.isOverAll() || clusterOf(n) == cluster)) {
                members.add(n);
            }
        }
        return members;
    }

    private int rank(int row) {
        return clusters.rank(weighting.target(row));
    }

    /** The cluster of a row's target; -1 for none. */
    private int clusterOf(int row) {
        return weighting.ignores(row) ? -1 : clusters.clusterOf(rank(row));
    }
}
