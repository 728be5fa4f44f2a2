package io.vastmax.sampled;

import static io.vastmax.internal.Scratch.grow;

import io.vastmax.LogSumExp;
import io.vastmax.Matrix;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.internal.SparseLogits;
import io.vastmax.internal.Weighting;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import org.jspecify.annotations.Nullable;

/**
 * Negatives of each row's own: its targets, then its negatives but for those that are targets, are the entries of
 * {@link SparseLogits}. The time is that of single dot products; where it matters, share the negatives.
 */
final class PerExampleLoss extends SampledLoss {
    /** Rows that a thread takes at a time. */
    private static final int BLOCK = 8;

    private static final Kernels KERNELS = Simd.kernels();

    private final Scratch scratch;

    /** Used again by the next batch. */
    private static final class Scratch {
        private final Negatives[] negatives;
        private int[][] ids = new int[0][];
        private float[][] offsets = new float[0][];
        private float[][] spread = new float[0][];
        private int[] counts = new int[0];
        private float[] softplus = new float[0];

        Scratch(int threads) {
            negatives = new Negatives[threads];
            java.util.Arrays.setAll(negatives, i -> new Negatives());
        }

        void begin(int rows) {
            if (ids.length < rows) {
                ids = new int[rows][0];
                offsets = new float[rows][0];
                spread = new float[rows][0];
                counts = new int[rows];
            }
        }

        void add(int row, int id, float offset, float share) {
            int at = counts[row]++;
            if (ids[row].length == at) {
                ids[row] = java.util.Arrays.copyOf(ids[row], 16 + 2 * at);
                offsets[row] = java.util.Arrays.copyOf(offsets[row], 16 + 2 * at);
                spread[row] = java.util.Arrays.copyOf(spread[row], 16 + 2 * at);
            }
            ids[row][at] = id;
            offsets[row][at] = offset;
            spread[row][at] = share;
        }
    }

    PerExampleLoss(
            SampledObjective objective,
            Matrix hidden,
            Targets targets,
            Targets kept,
            Weighting weighting,
            Step step,
            float logZ) {
        super(objective, hidden, targets, kept, weighting, step, logZ);
        this.scratch = workspace.scratch(Scratch.class, () -> new Scratch(workspace.threads()));
    }

    @Override
    void compute(@Nullable Matrix hiddenGradient, @Nullable RowGradients into) {
        scratch.begin(hidden.rows());
        forEachRow(this::collect);
        SparseLogits entries = logits();
        boolean gradients = hiddenGradient != null || into != null;
        forEachRow((n, worker) -> {
            if (targetsOf(n) > 0) {
                lossOfRow(n, entries, gradients);
            }
        });
        if (gradients) {
            if (hiddenGradient != null) {
                hiddenGradient.fill(0);
            }
            backward(entries, hiddenGradient, into);
        }
    }

    private void forEachRow(io.vastmax.Workspace.Task task) {
        workspace.run(Math.ceilDiv(hidden.rows(), BLOCK), (block, worker) -> {
            for (int n = block * BLOCK; n < Math.min(hidden.rows(), (block + 1) * BLOCK); n++) {
                task.run(n, worker);
            }
        });
    }

    /** Draws for a row, and lists its entries. */
    private void collect(int row, int worker) {
        scratch.counts[row] = 0;
        if (targetsOf(row) == 0) {
            return;
        }
        Negatives negatives = scratch.negatives[worker];
        draw(row, negatives);
        for (int i = 0; i < targetsOf(row); i++) {
            int id = targets.id(row, i);
            int hit = smooths ? negatives.indexOf(id) : -1;
            scratch.add(row, id, targetOffset(negatives, row, id), hit < 0 ? 0 : spreadWeight(negatives, hit));
        }
        for (int i = 0; i < negatives.size(); i++) {
            int id = negatives.id(i);
            if (!scheme.masksHits() || !isTargetOf(row, id)) {
                float offset = negativeOffset(negatives, i);
                float share = smooths ? spreadWeight(negatives, i) : 0;
                for (int copy = 0; copy < copies(negatives, i); copy++) {
                    scratch.add(row, id, offset, share);
                }
            }
        }
    }

    private SparseLogits logits() {
        SparseLogits entries = SparseLogits.of(workspace);
        int[] starts = entries.starts(hidden.rows());
        for (int n = 0; n < hidden.rows(); n++) {
            starts[n + 1] = Math.addExact(starts[n], scratch.counts[n]);
        }
        int[] classes = entries.classes();
        for (int n = 0; n < hidden.rows(); n++) {
            System.arraycopy(scratch.ids[n], 0, classes, starts[n], scratch.counts[n]);
        }
        entries.logits(hidden, rows, workspace);
        scratch.softplus = grow(scratch.softplus, entries.size());
        return entries;
    }

    private void lossOfRow(int n, SparseLogits entries, boolean gradients) {
        float[] z = entries.values();
        int start = entries.start(n);
        int count = scratch.counts[n];
        int own = targetsOf(n);
        float[] share = scratch.spread[n];
        double spreadLogits = smooths ? KERNELS.dot(share, 0, z, start, count) : 0;
        KERNELS.addScaled(1f, scratch.offsets[n], 0, z, start, count);
        double targets = targetLoss(z, start, own);
        if (scheme.softmax()) {
            LogSumExp lse = LogSumExp.of(z, start, count);
            double logZ = lse.value();
            double extras = spread(n) * (classWeight * logZ - spreadLogits) + weighting.square(n) * logZ * logZ;
            logSumExps[n] = logZ;
            losses[n] = weighting.hit(n) * (logZ + targets) + extras;
            if (gradients) {
                double scale = weighting.scale(n);
                double slope = hitSlope(n) + scale * (spread(n) * classWeight + 2 * weighting.square(n) * logZ);
                targetGradients(n, entries, own, slope, lse.max(), lse.sum());
                float factor = (float) (slope / lse.sum());
                KERNELS.scaledExp(z, start + own, z, start + own, count - own, lse.max(), 1, factor);
                if (smooths) {
                    KERNELS.addScaled((float) (-scale * spread(n)), share, 0, z, start, count);
                }
            }
            return;
        }
        float[] softplus = scratch.softplus;
        KERNELS.softplus(z, start + own, softplus, start + own, count - own);
        double others = 0;
        for (int i = start + own; i < start + count; i++) {
            others += softplus[i];
        }
        losses[n] = weighting.hit(n) * (others + targets);
        if (gradients) {
            targetGradients(n, entries, own, 0, 0, 0);
            KERNELS.sigmoid(z, start + own, z, start + own, count - own);
            KERNELS.scale((float) hitSlope(n), z, start + own, count - own);
        }
    }
}
