package io.vastmax.hierarchical;

import static io.vastmax.internal.Scratch.grow;

import io.vastmax.CrossEntropy;
import io.vastmax.Gradient;
import io.vastmax.LogSumExp;
import io.vastmax.Matrix;
import io.vastmax.Softmax;
import io.vastmax.Workspace;
import io.vastmax.internal.Logits;
import io.vastmax.internal.Products;
import io.vastmax.internal.Rows;
import io.vastmax.internal.Transforms;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Labels smoothed over all classes: {@code sum_c w_c (-log p_c)} is a sum over all nodes, in which each child counts as the classes
 * below it. So every row visits every node: three products, as in a full softmax.
 *
 * <p>A binary node with the weights a below child 0 and b below child 1 adds {@code (a + b) softplus(z) - b z}; a node of
 * more children {@code sum_i a_i (lse - z_i)}.
 */
final class TreeSmoothing {
    /** Rows of the weight whose gradients are taken at a time. */
    private static final int BLOCK = 256;

    /** Numbers that are added up in single precision. */
    private static final int SUM = 2048;

    private static final Kernels KERNELS = Simd.kernels();

    private final Tree tree;

    /** For each row of the weight: of a binary node, its weight and that of child 1; of others 0. */
    private final float[] ofNode;

    private final float[] ofChild;

    /** For each row of the weight: of a node that is not binary, the weight of the child. */
    private final double[] ofMany;

    /** What a chunk of rows leaves. Used again. */
    private static final class Scratch {
        private float[] gradients = new float[0];
        private float[] block = new float[0];
        private float[][] softplus = new float[0][];

        void begin(int rows, int treeRows, int width, int threads) {
            gradients = grow(gradients, Math.multiplyExact(rows, treeRows));
            block = grow(block, BLOCK * width);
            if (softplus.length != threads || softplus[0].length < treeRows) {
                softplus = new float[threads][treeRows];
            }
        }
    }

    TreeSmoothing(Tree tree, CrossEntropy objective) {
        this.tree = tree;
        this.ofNode = new float[tree.rows()];
        this.ofChild = new float[tree.rows()];
        this.ofMany = new double[tree.rows()];
        double[] weights = new double[tree.nodes()];
        for (int node = tree.nodes() - 1; node >= 0; node--) {
            int children = tree.children(node);
            int first = tree.firstRow(node);
            for (int i = 0; i < children; i++) {
                int child = tree.child(node, i);
                double below = child < 0 ? objective.classWeight(~child) : weights[child];
                weights[node] += below;
                if (children == 2) {
                    ofChild[first] = (float) below;
                } else {
                    ofMany[first + i] = below;
                }
            }
            if (children == 2) {
                ofNode[first] = (float) weights[node];
            }
        }
    }

    /**
     * Adds to the losses of a batch, and its gradients.
     *
     * @param slopes the derivative of the whole loss by what is returned for a row
     * @return {@code sum_c w_c (-log p_c)} for each row
     */
    double[] compute(
            Rows rows,
            Matrix hidden,
            IntToDoubleFunction slopes,
            Workspace workspace,
            @Nullable Matrix hiddenGradient,
            Gradient.@Nullable ByRow weight,
            Gradient.@Nullable ByRow bias) {
        double[] sums = new double[hidden.rows()];
        if (tree.rows() == 0) {
            return sums;
        }
        long floats = Math.min(workspace.memory() / Float.BYTES, Integer.MAX_VALUE / 2);
        int chunk = Math.clamp(floats / 2 / Math.max(1, tree.rows()), 1, Math.max(1, hidden.rows()));
        boolean gradients = hiddenGradient != null || weight != null;
        for (int from = 0; from < hidden.rows(); from += chunk) {
            int count = Math.min(chunk, hidden.rows() - from);
            int first = from;
            Scratch scratch = workspace.scratch(Scratch.class, Scratch::new);
            scratch.begin(gradients ? count : 0, tree.rows(), rows.width, workspace.threads());
            float[] h = Arrays.copyOfRange(hidden.array(), from * rows.width, (from + count) * rows.width);
            Logits.of(workspace).forEachRow(rows, h, count, workspace, (n, z, at, worker) -> {
                sums[first + n] = sum(z, at, scratch.softplus[worker]);
                if (gradients) {
                    int to = n * tree.rows();
                    logitGradients(z, at, scratch.gradients, to);
                    KERNELS.scale((float) slopes.applyAsDouble(first + n), scratch.gradients, to, tree.rows());
                    Transforms.applySlope(rows.transform, z, at, scratch.gradients, to, tree.rows());
                }
            });
            if (gradients) {
                backward(rows, h, from, count, scratch, workspace, hiddenGradient, weight, bias);
            }
        }
        return sums;
    }

    private double sum(float[] z, int at, float[] softplus) {
        int rows = tree.rows();
        KERNELS.softplus(z, at, softplus, 0, rows);
        double sum = 0;
        for (int i = 0; i < rows; i += SUM) {
            int count = Math.min(SUM, rows - i);
            sum += (double) KERNELS.dot(softplus, i, ofNode, i, count) - KERNELS.dot(z, at + i, ofChild, i, count);
        }
        for (int node = 0; node < tree.nodes(); node++) {
            int children = tree.children(node);
            int first = tree.firstRow(node);
            if (children != 2) {
                double lse = LogSumExp.value(z, at + first, children);
                for (int i = 0; i < children; i++) {
                    sum += ofMany[first + i] * (lse - z[at + first + i]);
                }
            }
        }
        return sum;
    }

    private void logitGradients(float[] z, int at, float[] out, int to) {
        KERNELS.sigmoid(z, at, out, to, tree.rows());
        for (int i = 0; i < tree.rows(); i++) {
            out[to + i] = Math.fma(out[to + i], ofNode[i], -ofChild[i]);
        }
        for (int node = 0; node < tree.nodes(); node++) {
            int children = tree.children(node);
            int first = tree.firstRow(node);
            if (children != 2) {
                double all = 0;
                for (int i = 0; i < children; i++) {
                    all += ofMany[first + i];
                }
                Softmax.softmax(z, at + first, out, to + first, children, 1);
                for (int i = first; i < first + children; i++) {
                    out[to + i] = (float) (all * out[to + i] - ofMany[i]);
                }
            }
        }
    }

    private void backward(
            Rows rows,
            float[] h,
            int from,
            int count,
            Scratch scratch,
            Workspace workspace,
            @Nullable Matrix hiddenGradient,
            Gradient.@Nullable ByRow weight,
            Gradient.@Nullable ByRow bias) {
        int width = rows.width;
        int all = tree.rows();
        float[] g = scratch.gradients;
        Products products = Products.of(workspace);
        for (int first = 0; first < all; first += BLOCK) {
            int some = Math.min(BLOCK, all - first);
            if (hiddenGradient != null) {
                float[] to = hiddenGradient.array();
                int w = rows.from + first * width;
                products.multiplyAdd(count, width, some, g, first, all, 1, rows.weight, w, to, from * width, workspace);
            }
            if (weight != null) {
                Arrays.fill(scratch.block, 0, some * width, 0f);
                products.multiplyAdd(some, width, count, g, first, 1, all, h, 0, scratch.block, 0, workspace);
                for (int r = 0; r < some; r++) {
                    int to = weight.offset(first + r);
                    KERNELS.addScaled(1f, scratch.block, r * width, weight.values(), to, width);
                    if (bias != null) {
                        float sum = 0;
                        for (int n = 0; n < count; n++) {
                            sum += g[n * all + first + r];
                        }
                        int at = bias.offset(first + r);
                        bias.values()[at] += sum;
                    }
                }
            }
        }
    }
}
