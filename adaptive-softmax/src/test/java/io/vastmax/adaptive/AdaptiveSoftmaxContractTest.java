package io.vastmax.adaptive;

import io.vastmax.CrossEntropy;
import io.vastmax.LogitTransform;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.testkit.OutputLayerContract;
import io.vastmax.testkit.Point;
import io.vastmax.testkit.Precision;
import io.vastmax.testkit.Problem;
import io.vastmax.testkit.Reference;
import io.vastmax.testkit.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The adaptive softmax passes the contract: with no cluster and with up to three, in any order of ids. */
class AdaptiveSoftmaxContractTest {
    abstract static class Contract extends OutputLayerContract<AdaptiveSoftmax> {
        @Override
        protected AdaptiveSoftmax minimising(AdaptiveSoftmax layer, CrossEntropy crossEntropy) {
            return layer.minimising(crossEntropy);
        }

        @Override
        protected double[][] logProbs(AdaptiveSoftmax layer, Point at) {
            return reference(layer.clusters(), at, layer.transform());
        }

        /** The z-loss is that of the softmaxes a row passes, also where its label is smoothed over all. */
        @Test
        void aZLossBesideSmoothingAndClassWeights() {
            for (Shape shape : List.of(new Shape(13, 5, 6), new Shape(300, 27, 40))) {
                Problem<AdaptiveSoftmax> plain = problem(shape);
                float[] weights = new float[shape.classes()];
                for (int c = 0; c < weights.length; c++) {
                    weights[c] = c % 3;
                }
                CrossEntropy smoothed = CrossEntropy.MEAN.smoothing(0.2).weighing(weights);
                AdaptiveSoftmax layer = plain.objective().minimising(smoothed.withZLoss(0.01));
                checkAgainst(new Problem<>(layer, plain.hidden(), plain.targets()), at -> {
                    double[][] logProbs = reference(layer.clusters(), at, layer.transform());
                    double sum = 0;
                    double total = 0;
                    for (int n = 0; n < shape.rows(); n++) {
                        int y = plain.targets().id(n);
                        double spread = 0;
                        for (int c = 0; c < shape.classes(); c++) {
                            spread -= weights[c] * logProbs[n][c];
                        }
                        sum += 0.8 * weights[y] * -logProbs[n][y] + 0.2 / shape.classes() * spread;
                        sum += weights[y] * zLoss(layer, at, n, y);
                        total += weights[y];
                    }
                    return sum / total;
                });
            }
        }

        /** In head and cluster each, 1 - e on the choice that leads to the label and e over all choices. */
        @Test
        void labelsSmoothedAlongTheirPathAndAZLossOnTheWay() {
            for (Shape shape : List.of(new Shape(13, 5, 6), new Shape(300, 27, 40))) {
                Problem<AdaptiveSoftmax> plain = problem(shape);
                for (LogitTransform transform : List.of(LogitTransform.IDENTITY, new LogitTransform(2, 0.7))) {
                    for (double e : new double[] {0, 0.2}) {
                        AdaptiveSoftmax layer = plain.objective()
                                .transforming(transform)
                                .minimising(CrossEntropy.MEAN.smoothingPath(e).withZLoss(0.01));
                        checkAgainst(
                                new Problem<>(layer, plain.hidden(), plain.targets()),
                                at -> pathLoss(layer, at, plain.targets(), e));
                    }
                }
            }
        }
    }

    @Nested
    class OneCluster extends Contract {
        @Override
        protected AdaptiveSoftmax create(int classes, int width, RandomKey key) {
            int[] cutoffs = classes == 1 ? new int[0] : new int[] {Math.ceilDiv(classes, 3)};
            return AdaptiveSoftmax.create(FrequencyClusters.of(classes, cutoffs), width, 1, false, key);
        }
    }

    @Nested
    class ThreeClustersInAnyOrder extends Contract {
        @Override
        protected AdaptiveSoftmax create(int classes, int width, RandomKey key) {
            int[] cutoffs = IntStream.of(classes / 10, classes / 4, classes / 2)
                    .filter(cutoff -> cutoff > 0 && cutoff < classes)
                    .distinct()
                    .toArray();
            SplittableRandom random = new SplittableRandom(classes);
            long[] counts = random.longs(classes, 0, 50).toArray();
            return AdaptiveSoftmax.create(FrequencyClusters.of(counts, cutoffs), width, divValue(width), true, key);
        }
    }

    @Nested
    class InLittleMemory extends Contract {
        @Override
        protected AdaptiveSoftmax create(int classes, int width, RandomKey key) {
            int[] cutoffs = classes < 20 ? new int[0] : new int[] {classes / 8, classes / 4};
            return AdaptiveSoftmax.create(FrequencyClusters.of(classes, cutoffs), width, divValue(width), true, key);
        }

        @Override
        protected Workspace workspace(int threads) {
            return Workspace.of(threads, 1 << 20);
        }
    }

    private static double divValue(int width) {
        return width >= 27 ? 3 : 1;
    }

    private static double pathLoss(AdaptiveSoftmax layer, Point at, Targets targets, double e) {
        FrequencyClusters clusters = layer.clusters();
        double sum = 0;
        for (int n = 0; n < targets.size(); n++) {
            int rank = clusters.rank(targets.id(n));
            int cluster = clusters.clusterOf(rank);
            sum += smoothed(head(layer, at, n), cluster < 0 ? rank : clusters.shortlist() + cluster, e);
            if (cluster >= 0) {
                sum += smoothed(tail(layer, at, n, cluster), rank - clusters.first(cluster), e);
            }
        }
        return sum / targets.size();
    }

    private static double zLoss(AdaptiveSoftmax layer, Point at, int n, int id) {
        int cluster = layer.clusters().clusterOf(layer.clusters().rank(id));
        double head = Precision.DOUBLE.logSumExp(head(layer, at, n));
        double tail = cluster < 0 ? 0 : Precision.DOUBLE.logSumExp(tail(layer, at, n, cluster));
        return 0.01 * (head * head + tail * tail);
    }

    private static double[] head(AdaptiveSoftmax layer, Point at, int n) {
        double[][] bias = at.blocks().contains("head.bias") ? at.block("head.bias") : null;
        double[][] hidden = {at.hidden()[n]};
        return Reference.of(at.block("head.weight"), bias, hidden, Precision.DOUBLE, layer.transform())
                .logits()[0];
    }

    private static double[] tail(AdaptiveSoftmax layer, Point at, int n, int cluster) {
        double[][] projection = at.block("tail." + cluster + ".0.weight");
        double[][] projected = {new double[projection.length]};
        for (int k = 0; k < projection.length; k++) {
            projected[0][k] = Precision.DOUBLE.dot(projection[k], at.hidden()[n]);
        }
        double[][] weight = at.block("tail." + cluster + ".1.weight");
        return Reference.of(weight, null, projected, Precision.DOUBLE, layer.transform())
                .logits()[0];
    }

    private static double smoothed(double[] z, int choice, double e) {
        double lse = Precision.DOUBLE.logSumExp(z);
        double mean = Arrays.stream(z).average().orElseThrow();
        return (1 - e) * (lse - z[choice]) + e * (lse - mean) + 0.01 * lse * lse;
    }

    /** Head and tails as one would write them on a blackboard. */
    static double[][] reference(FrequencyClusters clusters, Point at, LogitTransform transform) {
        Precision precision = at.precision();
        double[][] hidden = at.hidden();
        double[][] head = Reference.of(
                        at.block("head.weight"),
                        at.blocks().contains("head.bias") ? at.block("head.bias") : null,
                        hidden,
                        precision,
                        transform)
                .logProbs();
        double[][] logProbs = new double[hidden.length][clusters.classes()];
        for (int n = 0; n < hidden.length; n++) {
            for (int rank = 0; rank < clusters.shortlist(); rank++) {
                logProbs[n][clusters.id(rank)] = head[n][rank];
            }
        }
        for (int c = 0; c < clusters.clusters(); c++) {
            double[][] projection = at.block("tail." + c + ".0.weight");
            double[][] projected = new double[hidden.length][projection.length];
            for (int n = 0; n < hidden.length; n++) {
                for (int k = 0; k < projection.length; k++) {
                    projected[n][k] = precision.dot(projection[k], hidden[n]);
                }
            }
            double[][] tail = Reference.of(at.block("tail." + c + ".1.weight"), null, projected, precision, transform)
                    .logProbs();
            for (int n = 0; n < hidden.length; n++) {
                for (int i = 0; i < clusters.size(c); i++) {
                    logProbs[n][clusters.id(clusters.first(c) + i)] =
                            precision.round(head[n][clusters.shortlist() + c] + tail[n][i]);
                }
            }
        }
        return logProbs;
    }
}
