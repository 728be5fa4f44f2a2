package io.vastmax.internal;

import static io.vastmax.internal.LogitTiles.CLASSES;
import static io.vastmax.internal.LogitTiles.PANEL;
import static io.vastmax.internal.Scratch.grow;

import io.vastmax.LogSumExp;
import io.vastmax.Workspace;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A loss over many classes for each row of a batch, and its gradients, without ever holding all logits: a cross-entropy with
 * what is added to it ({@link LossBatch}), or the sum of binary logistic losses ({@link Link}).
 *
 * <p>With {@code P = softmax(Z)}, {@code Y} the target distributions, u the weights of what is spread over all classes, and
 * {@code G = f P - g Y - e u}, f, g and e numbers of a row, the gradients are {@code dH = G W}, {@code dW = G^T H} and
 * {@code db = G^T 1}. Two passes over the classes:
 *
 * <ol>
 *   <li>log-sum-exp: each tile of logits is added to a running (max, sum) a row while it is in the cache;
 *   <li>gradients: {@code Z} becomes {@code G} in place, tile by tile, and goes into dW at once, then into dH.
 * </ol>
 *
 * <p>The batch is cut into chunks of rows whose logits fit the allowance, so that the second pass finds the logits of the
 * first: three products. Where fewer than {@link LossPlan#FEW_ROWS} rows would fit, all rows are taken together and the second
 * pass computes the logits again, a section of classes at a time: four products, but W and dW pass through memory once
 * instead of for every few rows. (The loss as a log-sum-exp minus a logit, computed in tiles and recomputed for the
 * gradient, follows Wijmans et al., Cut Your Losses in Large-Vocabulary Language Models, ICLR 2025.)
 *
 * <p>Threads share out tiles in the log-sum-exp and in dW, and columns in dH; blocks of tiles merge in their order. So
 * each number is computed in one order, whatever the number of threads.
 */
public final class FusedLoss {
    /** At most so many running log-sum-exps a row. */
    static final int BLOCKS = 64;

    /** Rows of dH^T that a thread takes at a time: a multiple of the kernels' 6 and 12. */
    private static final int HIDDEN_ROWS = 132;

    private static final Kernels KERNELS = Simd.kernels();

    private final LogitTiles tiles = new LogitTiles();
    private float[][] workerTiles = new float[0][];
    private float[] z = new float[0];
    private float[] hiddenRows = new float[0];
    private float[] gradientT = new float[0];
    private float[] max = new float[0];
    private float[] sum = new float[0];
    private float[] factor = new float[0];
    private float[] less = new float[0];
    private float[] spreadSums = new float[0];
    private float[][] workerRows = new float[0][];

    private FusedLoss() {}

    /** The one of a workspace. */
    public static FusedLoss of(Workspace workspace) {
        return workspace.scratch(FusedLoss.class, FusedLoss::new);
    }

    /** The first pass alone: fills the batch's results. */
    public void loss(LossBatch batch, Workspace workspace) {
        LossPlan plan = LossPlan.forLoss(batch.classes, batch.rows);
        TargetEntries entries = batch.entries();
        for (int from = 0; from < batch.rows; from += plan.rows()) {
            new Chunk(batch, entries, from, plan, workspace).logSumExp();
        }
        addUpTargets(batch, entries);
    }

    private static void addUpTargets(LossBatch batch, TargetEntries entries) {
        Arrays.fill(batch.targetLogits, 0);
        for (int i = 0; i < entries.size(); i++) {
            batch.targetLogits[entries.row(i)] += entries.share(i) * batch.link.target(entries.logit(i));
        }
    }

    /**
     * Both passes.
     *
     * @param hiddenGradient overwritten, row-major like the hidden vectors; null if it is not needed
     * @param into the gradients of weight and bias are added to these; null if they are not needed
     */
    public void lossAndGradients(
            LossBatch batch, Workspace workspace, float @Nullable [] hiddenGradient, @Nullable Rows into) {
        if (hiddenGradient == null && into == null) {
            loss(batch, workspace);
            return;
        }
        LossPlan plan = LossPlan.forGradients(batch.classes, batch.rows, workspace.memory());
        TargetEntries entries = batch.entries();
        for (int from = 0; from < batch.rows; from += plan.rows()) {
            Chunk chunk = new Chunk(batch, entries, from, plan, workspace);
            chunk.logSumExp();
            addUpTargets(batch, entries);
            chunk.gradients(hiddenGradient, into);
        }
    }

    /** Some rows of the batch on their way through both passes. */
    private final class Chunk {
        private final LossBatch batch;
        private final TargetEntries entries;
        private final Rows classes;
        private final LossPlan plan;
        private final Workspace workspace;
        private final int from;
        private final int rows;
        private final int stride;
        private final int width;

        Chunk(LossBatch batch, TargetEntries entries, int from, LossPlan plan, Workspace workspace) {
            this.batch = batch;
            this.entries = entries;
            this.classes = batch.classes;
            this.plan = plan;
            this.workspace = workspace;
            this.from = from;
            this.rows = Math.min(plan.rows(), batch.rows - from);
            this.width = classes.width;
            tiles.load(classes, batch.hidden, from * width, rows, workspace);
            this.stride = tiles.stride;
        }

        /** The first pass. */
        void logSumExp() {
            int blockTiles = Math.max(1, Math.ceilDiv(tiles.count(), BLOCKS));
            int blocks = Math.ceilDiv(tiles.count(), blockTiles);
            max = grow(max, blocks * stride);
            sum = grow(sum, blocks * stride);
            workerTiles = workerTiles.length == workspace.threads()
                    ? workerTiles
                    : new float[workspace.threads()][CLASSES * PANEL];
            z = plan.keep() ? grow(z, classes.count * stride) : z;
            batch.link.clear(max, sum, blocks * stride);
            if (batch.spreads()) {
                spreadSums = grow(spreadSums, blocks * stride);
                Arrays.fill(spreadSums, 0, blocks * stride, 0f);
            }
            workspace.run(blocks, (block, worker) -> {
                int end = Math.min(tiles.count(), (block + 1) * blockTiles);
                for (int tile = block * blockTiles; tile < end; tile++) {
                    for (int panel = 0; panel < tiles.panels(); panel++) {
                        addTile(tile, panel, block * stride + panel * PANEL, worker);
                    }
                }
            });
            workspace.run(tiles.panels(), (panel, worker) -> {
                for (int n = panel * PANEL; n < Math.min(rows, (panel + 1) * PANEL); n++) {
                    LogSumExp merged = new LogSumExp(batch.max[from + n], batch.sum[from + n]);
                    for (int block = 0; block < blocks; block++) {
                        merged = merged.merge(new LogSumExp(max[block * stride + n], sum[block * stride + n]));
                    }
                    batch.max[from + n] = merged.max();
                    batch.sum[from + n] = merged.sum();
                    for (int block = 0; block < blocks && batch.spreads(); block++) {
                        batch.spreadLogits[from + n] += spreadSums[block * stride + n];
                    }
                }
            });
        }

        private void addTile(int tile, int panel, int at, int worker) {
            float[] to = plan.keep() ? z : workerTiles[worker];
            int toAt = plan.keep() ? tile * CLASSES * stride + panel * PANEL : 0;
            int toRow = plan.keep() ? stride : PANEL;
            tiles.logits(tile, panel, to, toAt, toRow);
            targetLogits(tile, panel, to, toAt, toRow);
            if (batch.spreads()) {
                int first = tile * CLASSES;
                float[] weights = batch.spreadWeights();
                int weightsFrom = batch.spreadFrom(first);
                KERNELS.columnWeightedSum(to, toAt, toRow, tiles.size(tile), weights, weightsFrom, spreadSums, at);
            }
            mask(tile, panel, to, toAt, toRow);
            batch.link.add(to, toAt, toRow, tiles.size(tile), max, sum, at);
        }

        /** Keeps the targets' logits, or puts those that are given in their place. */
        private void targetLogits(int tile, int panel, float[] z, int at, int row) {
            float[] given = batch.givenLogits;
            forTargets(tile, panel, at, row, (entry, n, p) -> {
                z[p] = given == null ? z[p] : given[n];
                entries.setLogit(entry, z[p]);
            });
        }

        private void forTargets(int tile, int panel, int at, int row, TargetEntries.Visitor visitor) {
            int first = from + panel * PANEL;
            int end = from + Math.min(rows, (panel + 1) * PANEL);
            entries.visit(tile, first, end, at, row, visitor);
        }

        private void mask(int tile, int panel, float[] z, int at, int row) {
            if (batch.masks != null) {
                batch.masks.apply(tile * CLASSES, tiles.size(tile), from + panel * PANEL, from + rows, z, at, row);
            }
        }

        /** The second pass. */
        void gradients(float @Nullable [] hiddenGradient, @Nullable Rows into) {
            factor = grow(factor, stride);
            max = grow(max, stride);
            double slope = linearSlope();
            for (int n = 0; n < tiles.columns; n++) {
                max[n] = n < rows ? batch.max[from + n] : Float.POSITIVE_INFINITY;
                factor[n] =
                        n < rows ? (float) batch.link.factor(slope * batch.slope(from + n), batch.sum[from + n]) : 0f;
            }
            if (batch.spreads()) {
                less = grow(less, stride);
                for (int n = 0; n < tiles.columns; n++) {
                    less[n] = n < rows ? (float) (slope * batch.scale[from + n] * batch.spread[from + n]) : 0f;
                }
            }
            if (into != null) {
                layOutHiddenRows();
            }
            if (classes.scale != null
                    && (workerRows.length != workspace.threads() || workerRows[0].length < CLASSES * width)) {
                workerRows = new float[workspace.threads()][CLASSES * width];
            }
            gradientT = grow(gradientT, width * stride);
            Arrays.fill(gradientT, 0, width * stride, 0f);
            if (!plan.keep()) {
                z = grow(z, plan.sectionTiles() * CLASSES * stride);
            }
            for (int first = 0; first < tiles.count(); first += plan.sectionTiles()) {
                int section = first;
                int count = Math.min(plan.sectionTiles(), tiles.count() - section);
                int zAt = plan.keep() ? section * CLASSES * stride : 0;
                workspace.run(count, (i, worker) -> {
                    int tile = section + i;
                    int at = zAt + i * CLASSES * stride;
                    logitGradients(tile, at, worker);
                    if (into != null) {
                        addWeightGradient(tile, at, into, worker);
                    }
                });
                if (hiddenGradient != null) {
                    addHiddenGradient(section, count, zAt);
                }
            }
            if (hiddenGradient != null) {
                workspace.run(tiles.panels(), (panel, worker) -> {
                    int end = Math.min(rows, (panel + 1) * PANEL);
                    for (int k = 0; k < width; k++) {
                        for (int n = panel * PANEL; n < end; n++) {
                            hiddenGradient[(from + n) * width + k] = gradientT[k * stride + n];
                        }
                    }
                });
            }
        }

        /** The derivative of the logits' transform where it is the same for all; a cap's comes last, for each its own. */
        private double linearSlope() {
            return classes.transform.isCapped() ? 1 : Transforms.slope(classes.transform, 0);
        }

        /** {@code G = f P - g Y - e u} of a tile, in place of its logits; by what the products multiply. */
        private void logitGradients(int tile, int at, int worker) {
            for (int panel = 0; panel < tiles.panels(); panel++) {
                int to = at + panel * PANEL;
                if (!plan.keep()) {
                    tiles.logits(tile, panel, z, to, stride);
                    targetLogits(tile, panel, z, to, stride);
                    mask(tile, panel, z, to, stride);
                }
                if (classes.transform.isCapped()) {
                    cappedGradients(tile, panel, to, workerTiles[worker]);
                } else {
                    gradients(tile, panel, to);
                }
                if (classes.scale != null) {
                    KERNELS.scaleRows(z, to, stride, tiles.size(tile), classes.scale, tile * CLASSES);
                }
            }
        }

        private void gradients(int tile, int panel, int to) {
            int size = tiles.size(tile);
            int n = panel * PANEL;
            if (batch.spreads()) {
                float[] weights = batch.spreadWeights();
                int weightsFrom = batch.spreadFrom(tile * CLASSES);
                KERNELS.columnExpLess(z, to, stride, size, max, factor, n, weights, weightsFrom, less);
            } else {
                batch.link.gradient(z, to, stride, size, max, factor, n);
            }
            double slope = linearSlope();
            forTargets(tile, panel, to, stride, (entry, row, p) -> {
                double own = slope * batch.targetSlope(row) * entries.share(entry);
                z[p] -= (float) (own * batch.link.targetSlope(entries.logit(entry)));
                if (batch.givenLogits != null) {
                    batch.givenGradients[row] = z[p];
                    z[p] = 0f;
                }
            });
        }

        private void cappedGradients(int tile, int panel, int to, float[] logits) {
            int size = tiles.size(tile);
            for (int i = 0; i < size; i++) {
                System.arraycopy(z, to + i * stride, logits, i * PANEL, PANEL);
            }
            gradients(tile, panel, to);
            for (int i = 0; i < size; i++) {
                Transforms.applySlope(classes.transform, logits, i * PANEL, z, to + i * stride, PANEL);
            }
            if (batch.givenLogits != null) {
                forTargets(
                        tile,
                        panel,
                        to,
                        stride,
                        (entry, row, p) -> batch.givenGradients[row] *=
                                (float) Transforms.slope(classes.transform, entries.logit(entry)));
            }
        }

        /** {@code dW += G^T H} and {@code db += G^T 1} for the classes of a tile; the last columns of an odd width by way of a scratch tile. */
        private void addWeightGradient(int tile, int at, Rows into, int worker) {
            int first = into.from + tile * CLASSES * width;
            if (classes.scale == null) {
                multiplyWeightGradient(tile, at, into.weight, first, worker);
            } else {
                addNormalisedWeightGradient(tile, at, into, first, worker);
            }
            float[] db = into.bias;
            if (db != null) {
                for (int v = 0; v < tiles.size(tile); v++) {
                    db[into.biasFrom + tile * CLASSES + v] += KERNELS.sum(z, at + v * stride, tiles.columns);
                }
            }
        }

        /** What is left of a class's gradient across its own direction, since the length of its vector does not count. */
        private void addNormalisedWeightGradient(int tile, int at, Rows into, int first, int worker) {
            int size = tiles.size(tile);
            float[] own = workerRows[worker];
            Arrays.fill(own, 0, size * width, 0f);
            multiplyWeightGradient(tile, at, own, 0, worker);
            for (int v = 0; v < size; v++) {
                int w = classes.from + (tile * CLASSES + v) * width;
                double squared = KERNELS.squaredNorm(classes.weight, w, width);
                double along = KERNELS.dot(own, v * width, classes.weight, w, width);
                if (squared > Norms.LEAST * Norms.LEAST) {
                    KERNELS.addScaled((float) (-along / squared), classes.weight, w, own, v * width, width);
                }
                KERNELS.addScaled(1f, own, v * width, into.weight, first + v * width, width);
            }
        }

        private void multiplyWeightGradient(int tile, int at, float[] dW, int first, int worker) {
            int size = tiles.size(tile);
            int hiddenStride = LogitTiles.stride(width);
            int whole = width / PANEL * PANEL;
            KERNELS.multiplyAdd(size, whole, rows, z, at, stride, 1, hiddenRows, 0, hiddenStride, dW, first, width);
            if (whole < width) {
                float[] scratch = workerTiles[worker];
                for (int v = 0; v < size; v++) {
                    System.arraycopy(dW, first + v * width + whole, scratch, v * PANEL, width - whole);
                }
                KERNELS.multiplyAdd(
                        size, PANEL, rows, z, at, stride, 1, hiddenRows, whole, hiddenStride, scratch, 0, PANEL);
                for (int v = 0; v < size; v++) {
                    System.arraycopy(scratch, v * PANEL, dW, first + v * width + whole, width - whole);
                }
            }
        }

        /** {@code dH^T += W^T G} for the classes of a section. */
        private void addHiddenGradient(int section, int count, int zAt) {
            int parts = Math.ceilDiv(width, HIDDEN_ROWS);
            int groups = Math.min(tiles.panels(), Math.ceilDiv(2 * workspace.threads(), parts));
            int groupPanels = Math.ceilDiv(tiles.panels(), groups);
            workspace.run(parts * groups, (task, worker) -> {
                int k = task % parts * HIDDEN_ROWS;
                int column = task / parts * groupPanels * PANEL;
                int columns = Math.min(groupPanels * PANEL, tiles.columns - column);
                for (int i = 0; i < count && columns > 0; i++) {
                    KERNELS.multiplyAdd(
                            Math.min(HIDDEN_ROWS, width - k),
                            columns,
                            tiles.size(section + i),
                            classes.weight,
                            classes.from + (section + i) * CLASSES * width + k,
                            1,
                            width,
                            z,
                            zAt + i * CLASSES * stride + column,
                            stride,
                            gradientT,
                            k * stride + column,
                            stride);
                }
            });
        }

        private void layOutHiddenRows() {
            int hiddenStride = LogitTiles.stride(width);
            hiddenRows = grow(hiddenRows, rows * hiddenStride);
            workspace.run(tiles.panels(), (panel, worker) -> {
                for (int n = panel * PANEL; n < Math.min(rows, (panel + 1) * PANEL); n++) {
                    System.arraycopy(batch.hidden, (from + n) * width, hiddenRows, n * hiddenStride, width);
                    Arrays.fill(hiddenRows, n * hiddenStride + width, (n + 1) * hiddenStride, 0f);
                }
            });
        }
    }
}
