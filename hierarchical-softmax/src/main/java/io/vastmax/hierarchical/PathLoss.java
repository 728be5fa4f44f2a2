package io.vastmax.hierarchical;

import static io.vastmax.internal.Scratch.grow;

import io.vastmax.Gradient;
import io.vastmax.LogSumExp;
import io.vastmax.Matrix;
import io.vastmax.Softmax;
import io.vastmax.Workspace;
import io.vastmax.internal.Logits;
import io.vastmax.internal.Products;
import io.vastmax.internal.Rows;
import io.vastmax.internal.SparseLogits;
import io.vastmax.internal.Transforms;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The loss of a batch along the paths to its targets, and the gradients.
 *
 * <p>The nodes that are on at least one path in {@link #DENSE} lie first in the tree. Their rows are taken as the dense block
 * they nearly are: logits for all rows of the batch in one product, and two products for the gradients, with zeros where a
 * path does not pass. The other nodes of each path are {@link SparseLogits}.
 *
 * <p>A path is walked from its class to the root, and all its binary steps are put one after the other, so that softplus and
 * sigmoid run in vectors. The loss of a row is summed in that order.
 */
final class PathLoss {
    /** A product over all rows takes per number a fifth to a tenth of the time of single dot products. */
    private static final int DENSE = 8;

    /** At most so many rows of the weight are taken as a block, but for a root that is wider: every path passes it. */
    private static final int MOST_DENSE = 256;

    /** In smaller batches a block would mostly be padding. */
    private static final int FEW_ROWS = 16;

    /** Rows that a thread takes at a time. */
    private static final int BLOCK = 32;

    private static final Kernels KERNELS = Simd.kernels();

    private int count;
    private int dense;
    private int denseNodes;
    private int[] starts = new int[0];
    private int[] ids = new int[0];
    private float[] block = new float[0];
    private float[] blockGradient = new float[0];
    private float[] steps = new float[0];
    private float[] stepLosses = new float[0];
    private double[] losses = new double[0];
    private double[] spreads = new double[0];
    private double[] rootLogSumExps = new double[0];
    private Tree tree = Tree.balanced(1, 2);
    private Rows rows = Rows.of(new float[0], 0, 0, null);

    private PathLoss() {}

    static PathLoss of(Workspace workspace) {
        return workspace.scratch(PathLoss.class, PathLoss::new);
    }

    /** The cross-entropy of a row, 0 for one without a target. */
    double crossEntropy(int row) {
        return losses[row];
    }

    /** The sum over the nodes on a row's path of the mean of {@code -log p} over the node's children. */
    double spread(int row) {
        return spreads[row];
    }

    /** The log-sum-exp of the logits in the root. */
    double rootLogSumExp(int row) {
        return rootLogSumExps[row];
    }

    /**
     * Computes the loss of each row.
     *
     * @param ids the target of each row, -1 for none
     */
    PathLoss walk(Tree tree, Rows rows, Matrix hidden, int[] ids, Workspace workspace) {
        this.tree = tree;
        this.rows = rows;
        this.ids = ids;
        count = ids.length;
        chooseBlock();
        SparseLogits sparse = SparseLogits.of(workspace);
        layOut(sparse, workspace);
        sparse.logits(hidden, rows, workspace);
        block = grow(block, Math.multiplyExact(count, dense));
        if (dense > 0) {
            Logits.of(workspace)
                    .forEachRow(
                            rows.first(dense),
                            hidden.array(),
                            count,
                            workspace,
                            (n, z, from, worker) -> System.arraycopy(z, from, block, n * dense, dense));
        }
        workspace.run(Math.ceilDiv(count, BLOCK), (i, worker) -> {
            for (int n = i * BLOCK; n < Math.min(count, (i + 1) * BLOCK); n++) {
                addUp(n, sparse);
            }
        });
        return this;
    }

    private void chooseBlock() {
        denseNodes = 0;
        if (count >= FEW_ROWS) {
            while (denseNodes < tree.nodes()
                    && tree.share(denseNodes) * DENSE >= 1
                    && (denseNodes == 0 || endRow(denseNodes) <= MOST_DENSE)) {
                denseNodes++;
            }
        }
        dense = denseNodes == 0 ? 0 : endRow(denseNodes - 1);
    }

    private int endRow(int node) {
        return node + 1 < tree.nodes() ? tree.firstRow(node + 1) : tree.rows();
    }

    private int rowsOf(int node) {
        return endRow(node) - tree.firstRow(node);
    }

    /** The place of each row's binary steps, and the entries of the nodes that are not in the block. */
    private void layOut(SparseLogits sparse, Workspace workspace) {
        starts = starts.length > count ? starts : new int[count + 1];
        int[] sparseStarts = sparse.starts(count);
        for (int n = 0; n < count; n++) {
            int binary = 0;
            int entries = 0;
            if (ids[n] >= 0) {
                for (int node = tree.parentOfClass(ids[n]); node >= 0; node = tree.parentOfNode(node)) {
                    int own = rowsOf(node);
                    binary += own == 1 ? 1 : 0;
                    entries += node < denseNodes ? 0 : own;
                }
            }
            starts[n + 1] = starts[n] + binary;
            sparseStarts[n + 1] = Math.addExact(sparseStarts[n], entries);
        }
        int[] entries = sparse.classes();
        workspace.run(Math.ceilDiv(count, BLOCK), (i, worker) -> {
            for (int n = i * BLOCK; n < Math.min(count, (i + 1) * BLOCK); n++) {
                int at = sparseStarts[n];
                for (int node = ids[n] < 0 ? -1 : tree.parentOfClass(ids[n]);
                        node >= denseNodes;
                        node = tree.parentOfNode(node)) {
                    for (int r = tree.firstRow(node); r < endRow(node); r++) {
                        entries[at++] = r;
                    }
                }
            }
        });
        int all = starts[count];
        if (steps.length < all) {
            steps = new float[all + all / 4];
            stepLosses = new float[all + all / 4];
        }
        if (losses.length < count) {
            losses = new double[count];
            spreads = new double[count];
            rootLogSumExps = new double[count];
        }
    }

    /**
     * The cross-entropy of a row; its binary steps become {@code -s z} and their losses {@code softplus(-s z)}. The mean over both
     * children of {@code -log p} is {@code softplus(x) - x/2} of such a step x.
     */
    private void addUp(int n, SparseLogits sparse) {
        float[] z = sparse.values();
        double loss = 0;
        double spread = 0;
        double root = 0;
        int at = starts[n];
        int entry = sparse.start(n);
        int slot = ids[n] < 0 ? 0 : tree.slotOfClass(ids[n]);
        for (int node = ids[n] < 0 ? -1 : tree.parentOfClass(ids[n]); node >= 0; node = tree.parentOfNode(node)) {
            boolean inBlock = node < denseNodes;
            float[] from = inBlock ? block : z;
            int first = inBlock ? n * dense + tree.firstRow(node) : entry;
            int own = rowsOf(node);
            if (own == 1) {
                steps[at] = slot == 1 ? -from[first] : from[first];
                spread -= 0.5 * steps[at++];
                root = node > 0 ? 0 : Math.max(0, from[first]) + Math.log1p(Math.exp(-Math.abs((double) from[first])));
            } else {
                root = LogSumExp.of(from, first, own).value();
                loss += root - from[first + slot];
                spread += from[first + slot] - mean(from, first, own);
            }
            entry += inBlock ? 0 : own;
            slot = tree.slotOfNode(node);
        }
        KERNELS.softplus(steps, starts[n], stepLosses, starts[n], at - starts[n]);
        for (int i = starts[n]; i < at; i++) {
            loss += stepLosses[i];
        }
        losses[n] = loss;
        spreads[n] = loss + spread;
        rootLogSumExps[n] = root;
    }

    private static double mean(float[] x, int from, int count) {
        double sum = 0;
        for (int i = from; i < from + count; i++) {
            sum += x[i];
        }
        return sum / count;
    }

    /**
     * Adds the gradients of the batch that {@link #walk} took.
     *
     * @param hits the derivative of the whole loss by the cross-entropy of each row
     * @param spreads its derivative by what each row spreads along its path
     */
    void gradients(
            Matrix hidden,
            IntToDoubleFunction hits,
            IntToDoubleFunction spreads,
            Workspace workspace,
            @Nullable Matrix hiddenGradient,
            Gradient.@Nullable ByRow weight,
            Gradient.@Nullable ByRow bias) {
        SparseLogits sparse = SparseLogits.of(workspace);
        blockGradient = grow(blockGradient, count * dense);
        Arrays.fill(blockGradient, 0, count * dense, 0f);
        workspace.run(Math.ceilDiv(count, BLOCK), (i, worker) -> {
            for (int n = i * BLOCK; n < Math.min(count, (i + 1) * BLOCK); n++) {
                logitGradients(n, hits.applyAsDouble(n), spreads.applyAsDouble(n), sparse);
            }
        });
        if (dense > 0) {
            blockGradients(hidden, workspace, hiddenGradient, weight, bias);
        }
        sparse.backward(hidden, rows, workspace, hiddenGradient, weight, bias);
    }

    /**
     * {@code f sigmoid(x) - e/2} of a binary step x, f = hit + spread and e = spread, with the sign of its logit; {@code f softmax(z) -
     * hit step - e/k} of k children.
     */
    private void logitGradients(int n, double hit, double spread, SparseLogits sparse) {
        if (ids[n] < 0) {
            return;
        }
        KERNELS.sigmoid(steps, starts[n], steps, starts[n], starts[n + 1] - starts[n]);
        float factor = (float) (hit + spread);
        float[] z = sparse.values();
        int at = starts[n];
        int entry = sparse.start(n);
        int slot = tree.slotOfClass(ids[n]);
        for (int node = tree.parentOfClass(ids[n]); node >= 0; node = tree.parentOfNode(node)) {
            boolean inBlock = node < denseNodes;
            float[] from = inBlock ? block : z;
            float[] to = inBlock ? blockGradient : z;
            int first = inBlock ? n * dense + tree.firstRow(node) : entry;
            int own = rowsOf(node);
            if (own == 1) {
                float gradient = factor * steps[at++] - (float) (spread / 2);
                float slope = (float) Transforms.slope(rows.transform, from[first]);
                to[first] = (slot == 1 ? -gradient : gradient) * slope;
            } else {
                // In place, except where the slope of a cap needs them again
                float[] logits = rows.transform.isCapped() ? Arrays.copyOfRange(from, first, first + own) : from;
                int at0 = rows.transform.isCapped() ? 0 : first;
                Softmax.softmax(logits, at0, to, first, own, 1);
                float each = (float) (spread / own);
                for (int r = first; r < first + own; r++) {
                    to[r] = factor * to[r] - each;
                }
                to[first + slot] -= (float) hit;
                Transforms.applySlope(rows.transform, logits, at0, to, first, own);
            }
            entry += inBlock ? 0 : own;
            slot = tree.slotOfNode(node);
        }
    }

    private void blockGradients(
            Matrix hidden,
            Workspace workspace,
            @Nullable Matrix hiddenGradient,
            Gradient.@Nullable ByRow weight,
            Gradient.@Nullable ByRow bias) {
        int width = rows.width;
        Products products = Products.of(workspace);
        if (hiddenGradient != null) {
            products.multiplyAdd(
                    count,
                    width,
                    dense,
                    blockGradient,
                    0,
                    dense,
                    1,
                    rows.weight,
                    0,
                    hiddenGradient.array(),
                    0,
                    workspace);
        }
        if (weight == null) {
            return;
        }
        block = grow(block, dense * width);
        Arrays.fill(block, 0, dense * width, 0f);
        products.multiplyAdd(dense, width, count, blockGradient, 0, 1, dense, hidden.array(), 0, block, 0, workspace);
        for (int r = 0; r < dense; r++) {
            float sum = 0;
            boolean visited = false;
            for (int n = 0; n < count; n++) {
                float g = blockGradient[n * dense + r];
                sum += g;
                visited |= g != 0;
            }
            if (visited) {
                int to = weight.offset(r);
                KERNELS.addScaled(1f, block, r * width, weight.values(), to, width);
                if (bias != null) {
                    int at = bias.offset(r);
                    bias.values()[at] += sum;
                }
            }
        }
    }
}
