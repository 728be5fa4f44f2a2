package io.vastmax.adaptive;

import io.vastmax.CrossEntropy;
import io.vastmax.internal.LossBatch;
import io.vastmax.internal.Weighting;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How labels are smoothed. Over all classes, with the weights w, {@code sum_c w_c (-log p_c)} falls apart into sums over the head
 * and the clusters: in the head a shortlisted class counts w_c and a cluster as all of its classes, in the cluster each class
 * counts w_c again, for every row. Along the path, each softmax that a row passes is smoothed by itself.
 */
final class Smoothing {
    private final boolean alongPath;
    private final boolean overAll;
    private final FrequencyClusters clusters;
    private final float[] ofHead;
    private final float @Nullable [] ofRank;

    private Smoothing(
            boolean alongPath, boolean overAll, FrequencyClusters clusters, float[] ofHead, float @Nullable [] ofRank) {
        this.alongPath = alongPath;
        this.overAll = overAll;
        this.clusters = clusters;
        this.ofHead = ofHead;
        this.ofRank = ofRank;
    }

    static Smoothing of(CrossEntropy objective, FrequencyClusters clusters) {
        if (objective.labelSmoothing() == 0 || objective.alongPath()) {
            return new Smoothing(objective.alongPath(), false, clusters, new float[0], null);
        }
        float[] ofRank = new float[clusters.classes()];
        for (int rank = 0; rank < ofRank.length; rank++) {
            ofRank[rank] = objective.classWeight(clusters.id(rank));
        }
        float[] ofHead = Arrays.copyOf(ofRank, clusters.shortlist() + clusters.clusters());
        for (int c = 0; c < clusters.clusters(); c++) {
            ofHead[clusters.shortlist() + c] = (float) sum(ofRank, clusters.first(c), clusters.size(c));
        }
        return new Smoothing(false, true, clusters, ofHead, objective.hasClassWeights() ? ofRank : null);
    }

    /** Whether every row needs every cluster. */
    boolean isOverAll() {
        return overAll;
    }

    /** Spreads a batch's share over the head. */
    void ofHead(LossBatch batch) {
        if (alongPath) {
            alongPath(batch, clusters.shortlist() + clusters.clusters());
        } else if (overAll) {
            batch.spreadOver(ofHead, 0, sum(ofHead, 0, ofHead.length));
        }
    }

    /** Spreads a batch's share over a cluster. */
    void ofCluster(LossBatch batch, int cluster) {
        int size = clusters.size(cluster);
        if (alongPath) {
            alongPath(batch, size);
        } else if (overAll) {
            int first = clusters.first(cluster);
            batch.spreadOver(ofRank, first, ofRank == null ? size : sum(ofRank, first, size));
        }
    }

    private static void alongPath(LossBatch batch, int classes) {
        batch.spreadOver(null, 0, classes);
    }

    /** What each class counts of a row's share in a softmax of so many. */
    double share(Weighting weighting, int row, int classes) {
        return weighting.spread(row) / (alongPath ? classes : clusters.classes());
    }

    private static double sum(float[] x, int from, int count) {
        double sum = 0;
        for (int i = from; i < from + count; i++) {
            sum += x[i];
        }
        return sum;
    }
}
