package io.vastmax.hierarchical;

import io.vastmax.CrossEntropy;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import io.vastmax.testkit.OutputLayerContract;
import io.vastmax.testkit.Point;
import io.vastmax.testkit.Precision;
import io.vastmax.testkit.Problem;
import io.vastmax.testkit.Reference;
import io.vastmax.testkit.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The hierarchical softmax passes the contract, over binary and wide nodes, deep and shallow. */
class HierarchicalSoftmaxContractTest {
    abstract static class Contract extends OutputLayerContract<HierarchicalSoftmax> {
        abstract Tree tree(int classes);

        @Override
        protected HierarchicalSoftmax create(int classes, int width, RandomKey key) {
            return HierarchicalSoftmax.create(tree(classes), width, key);
        }

        @Override
        protected HierarchicalSoftmax minimising(HierarchicalSoftmax layer, CrossEntropy crossEntropy) {
            return layer.minimising(crossEntropy);
        }

        @Override
        protected double[][] logProbs(HierarchicalSoftmax layer, Point at) {
            return reference(layer.tree(), at, layer.transform());
        }

        @Override
        protected Set<CrossEntropy.Feature> refused() {
            return EnumSet.of(CrossEntropy.Feature.Z_LOSS, CrossEntropy.Feature.MARGIN, CrossEntropy.Feature.NOISE);
        }

        /** In each node on the path, 1 - e on the step that leads to the label and e over all steps. */
        @Test
        void labelsSmoothedAlongTheirPath() {
            for (Shape shape : List.of(new Shape(13, 5, 6), new Shape(300, 20, 40))) {
                Problem<HierarchicalSoftmax> plain = problem(shape);
                for (LogitTransform transform : List.of(LogitTransform.IDENTITY, new LogitTransform(2, 0.7))) {
                    float[] weights = new float[shape.classes()];
                    for (int c = 0; c < weights.length; c++) {
                        weights[c] = c % 4;
                    }
                    HierarchicalSoftmax layer = plain.objective()
                            .transforming(transform)
                            .minimising(CrossEntropy.MEAN.smoothingPath(0.2).weighing(weights));
                    checkAgainst(
                            new Problem<>(layer, plain.hidden(), plain.targets()),
                            at -> pathLoss(layer, at, plain.targets(), weights));
                }
            }
        }
    }

    @Nested
    class Huffman extends Contract {
        @Override
        Tree tree(int classes) {
            return Tree.huffman(zipfian(classes));
        }
    }

    @Nested
    class BalancedWithoutBias extends Contract {
        @Override
        Tree tree(int classes) {
            return Tree.balanced(classes, 2);
        }

        @Override
        protected HierarchicalSoftmax create(int classes, int width, RandomKey key) {
            Tree tree = tree(classes);
            return HierarchicalSoftmax.of(tree, Matrix.zeros(tree.rows(), width), null);
        }
    }

    @Nested
    class TwoLevel extends Contract {
        @Override
        Tree tree(int classes) {
            return Tree.twoLevel(zipfian(classes));
        }
    }

    @Nested
    class FiveChildrenANode extends Contract {
        @Override
        Tree tree(int classes) {
            return Tree.huffman(zipfian(classes), 5);
        }
    }

    /** Counts in no order. */
    static long[] zipfian(int classes) {
        SplittableRandom random = new SplittableRandom(classes);
        long[] counts = new long[classes];
        for (int i = 0; i < classes; i++) {
            counts[i] = 10_000 / (1 + random.nextInt(classes));
        }
        return counts;
    }

    private static double pathLoss(HierarchicalSoftmax layer, Point at, Targets targets, float[] weights) {
        Tree tree = layer.tree();
        double sum = 0;
        double total = 0;
        for (int n = 0; n < targets.size(); n++) {
            double[] z = logits(at, n, tree, layer.transform());
            double loss = 0;
            int slot = tree.slotOfClass(targets.id(n));
            for (int node = tree.parentOfClass(targets.id(n)); node >= 0; node = tree.parentOfNode(node)) {
                int children = tree.children(node);
                for (int i = 0; i < children; i++) {
                    double q = (i == slot ? 0.8 : 0) + 0.2 / children;
                    loss -= q * step(tree, node, i, z, Precision.DOUBLE);
                }
                slot = tree.slotOfNode(node);
            }
            double weight = weights[targets.id(n)];
            sum += weight * loss;
            total += weight;
        }
        return sum / total;
    }

    /** The sum along each path as one would write it on a blackboard. */
    static double[][] reference(Tree tree, Point at) {
        return reference(tree, at, LogitTransform.IDENTITY);
    }

    /** The same with transformed logits. */
    static double[][] reference(Tree tree, Point at, LogitTransform transform) {
        Precision precision = at.precision();
        double[][] logProbs = new double[at.hidden().length][tree.classes()];
        for (int n = 0; n < logProbs.length; n++) {
            double[] z = logits(at, n, tree, transform);
            for (int id = 0; id < tree.classes(); id++) {
                double sum = 0;
                int slot = tree.slotOfClass(id);
                for (int node = tree.parentOfClass(id); node >= 0; node = tree.parentOfNode(node)) {
                    sum = precision.round(sum + step(tree, node, slot, z, precision));
                    slot = tree.slotOfNode(node);
                }
                logProbs[n][id] = sum;
            }
        }
        return logProbs;
    }

    private static double[] logits(Point at, int n, Tree tree, LogitTransform transform) {
        Precision precision = at.precision();
        double[][] weight = at.block("tree.weight");
        double[][] bias = at.blocks().contains("tree.bias") ? at.block("tree.bias") : null;
        double[] z = new double[tree.rows()];
        for (int r = 0; r < z.length; r++) {
            double own = precision.round(precision.dot(weight[r], at.hidden()[n]) + (bias == null ? 0 : bias[r][0]));
            z[r] = Reference.transformed(own, precision, transform);
        }
        return z;
    }

    private static double step(Tree tree, int node, int slot, double[] z, Precision precision) {
        int first = tree.firstRow(node);
        if (tree.children(node) == 2) {
            return -precision.logSumExp(0, slot == 1 ? -z[first] : z[first]);
        }
        double[] own = java.util.Arrays.copyOfRange(z, first, first + tree.children(node));
        return precision.logSoftmax(own)[slot];
    }
}
