package io.vastmax.sampled;

import static io.vastmax.internal.Scratch.grow;

import io.vastmax.Gradient;
import io.vastmax.Matrix;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.internal.FusedLoss;
import io.vastmax.internal.LossBatch;
import io.vastmax.internal.Masks;
import io.vastmax.internal.Rows;
import io.vastmax.internal.SparseLogits;
import io.vastmax.internal.Weighting;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Negatives that the batch shares: their rows are gathered, and are then the classes of a {@link FusedLoss} like any others,
 * with {@code -log Q} in the bias. Each row's targets are logits of their own, merged into its log-sum-exp.
 */
final class SharedLoss extends SampledLoss {
    /** Rows that a thread gathers at a time. */
    private static final int BLOCK = 64;

    private static final Kernels KERNELS = Simd.kernels();

    private final Scratch scratch;

    /** Used again by the next batch. */
    private static final class Scratch {
        private final Negatives negatives = new Negatives();
        private int columns;
        private int[] ids = new int[0];
        private float[] weight = new float[0];
        private float[] bias = new float[0];
        private float[] spread = new float[0];
        private double spreadOffset;
        private float[] weightGradient = new float[0];
        private float[] biasGradient = new float[0];
    }

    SharedLoss(
            SampledObjective objective,
            Matrix hidden,
            Targets targets,
            Targets kept,
            Weighting weighting,
            Step step,
            float logZ) {
        super(objective, hidden, targets, kept, weighting, step, logZ);
        this.scratch = workspace.scratch(Scratch.class, Scratch::new);
    }

    @Override
    void compute(@Nullable Matrix hiddenGradient, @Nullable RowGradients into) {
        draw(BATCH, scratch.negatives);
        gather();
        SparseLogits entries = targetLogits();
        LossBatch batch = batch(entries);
        if (hiddenGradient == null && into == null) {
            FusedLoss.of(workspace).loss(batch, workspace);
            rowLosses(batch, entries);
            return;
        }
        int columns = scratch.columns;
        scratch.weightGradient = grow(scratch.weightGradient, columns * rows.width);
        scratch.biasGradient = grow(scratch.biasGradient, columns);
        Arrays.fill(scratch.weightGradient, 0, columns * rows.width, 0f);
        Arrays.fill(scratch.biasGradient, 0, columns, 0f);
        Rows gradient = Rows.of(scratch.weightGradient, columns, rows.width, scratch.biasGradient);
        FusedLoss.of(workspace)
                .lossAndGradients(
                        batch,
                        workspace,
                        hiddenGradient == null ? null : hiddenGradient.array(),
                        into == null ? null : gradient);
        rowLosses(batch, entries);
        for (int n = 0; n < hidden.rows(); n++) {
            targetGradients(n, entries, targetsOf(n), batch.slope(n), batch.max[n], batch.sum[n]);
        }
        backward(entries, hiddenGradient, into);
        if (into != null) {
            scatter(into);
        }
    }

    /** The rows of the negatives, one after the other, and their bias with what corrects it. */
    private void gather() {
        Negatives negatives = scratch.negatives;
        int columns = 0;
        for (int i = 0; i < negatives.size(); i++) {
            columns += copies(negatives, i);
        }
        int width = rows.width;
        scratch.columns = columns;
        scratch.ids = scratch.ids.length >= columns ? scratch.ids : new int[columns];
        scratch.weight = grow(scratch.weight, Math.multiplyExact(columns, width));
        scratch.bias = grow(scratch.bias, columns);
        scratch.spread = grow(scratch.spread, columns);
        scratch.spreadOffset = 0;
        float[] bias = rows.bias;
        float temperature = (float) rows.transform.temperature();
        for (int i = 0, column = 0; i < negatives.size(); i++) {
            int id = negatives.id(i);
            float own = negativeOffset(negatives, i);
            float offset = own * temperature + (bias == null ? 0f : bias[id]);
            if (smooths) {
                scratch.spread[i] = spreadWeight(negatives, i);
                scratch.spreadOffset += (double) scratch.spread[i] * own;
            }
            for (int copy = 0; copy < copies(negatives, i); copy++) {
                scratch.ids[column] = id;
                scratch.bias[column++] = offset;
            }
        }
        int count = columns;
        workspace.run(Math.ceilDiv(columns, BLOCK), (block, worker) -> {
            for (int i = block * BLOCK; i < Math.min(count, (block + 1) * BLOCK); i++) {
                System.arraycopy(rows.weight, scratch.ids[i] * width, scratch.weight, i * width, width);
            }
        });
    }

    /** The logits of each row's targets, corrected. */
    private SparseLogits targetLogits() {
        SparseLogits entries = SparseLogits.of(workspace);
        int[] starts = entries.starts(hidden.rows());
        for (int n = 0; n < hidden.rows(); n++) {
            starts[n + 1] = starts[n] + targetsOf(n);
        }
        int[] classes = entries.classes();
        for (int n = 0; n < hidden.rows(); n++) {
            for (int i = 0; i < targetsOf(n); i++) {
                classes[starts[n] + i] = targets.id(n, i);
            }
        }
        entries.logits(hidden, rows, workspace);
        float[] z = entries.values();
        for (int n = 0; n < hidden.rows(); n++) {
            for (int i = 0; i < targetsOf(n); i++) {
                z[starts[n] + i] += targetOffset(scratch.negatives, n, classes[starts[n] + i]);
            }
        }
        return entries;
    }

    private LossBatch batch(SparseLogits entries) {
        Rows columns = Rows.of(scratch.weight, scratch.columns, rows.width, scratch.bias)
                .transformed(rows.transform);
        LossBatch batch = new LossBatch(scheme.link(), columns, hidden.array(), hidden.rows());
        float[] z = entries.values();
        Masks masks = new Masks();
        for (int n = 0; n < hidden.rows(); n++) {
            batch.hit[n] = weighting.hit(n);
            batch.spread[n] = spread(n);
            batch.square[n] = weighting.square(n);
            batch.scale[n] = weighting.scale(n);
            int start = entries.start(n);
            int count = targetsOf(n);
            if (scheme.softmax()) {
                batch.add(n, z, start, count);
            }
            for (int i = 0; i < count && scheme.masksHits(); i++) {
                maskHits(n, targets.id(n, i), masks);
            }
        }
        if (smooths) {
            batch.spreadOver(scratch.spread, 0, classWeight);
        }
        batch.masks = masks.isEmpty() ? null : masks.sorted();
        return batch;
    }

    private void maskHits(int row, int id, Masks masks) {
        if (scratch.negatives.indexOf(id) < 0) {
            return;
        }
        if (scheme.softmax()) {
            masks.add(scratch.negatives.indexOf(id), row);
            return;
        }
        for (int column = 0; column < scratch.columns; column++) {
            if (scratch.ids[column] == id) {
                masks.add(column, row);
            }
        }
    }

    private void rowLosses(LossBatch batch, SparseLogits entries) {
        for (int n = 0; n < losses.length; n++) {
            int count = targetsOf(n);
            boolean softmax = scheme.softmax();
            logSumExps[n] = softmax ? batch.logSumExp(n) : 0;
            if (count > 0) {
                batch.spreadLogits[n] -= scratch.spreadOffset;
                double others = softmax ? logSumExps[n] : batch.sum[n];
                losses[n] = weighting.hit(n) * (others + targetLoss(entries.values(), entries.start(n), count))
                        + batch.extras(n);
            }
        }
    }

    /** Adds the gradients of the negatives to their rows. */
    private void scatter(RowGradients into) {
        int width = rows.width;
        Gradient.ByRow weight = into.weight();
        Gradient.ByRow bias = into.bias();
        for (int i = 0; i < scratch.columns; i++) {
            int at = weight.offset(scratch.ids[i]);
            KERNELS.addScaled(1f, scratch.weightGradient, i * width, weight.values(), at, width);
            if (bias != null) {
                int biasAt = bias.offset(scratch.ids[i]);
                bias.values()[biasAt] += scratch.biasGradient[i];
            }
        }
        KERNELS.scale((float) rows.transform.temperature(), scratch.biasGradient, 0, scratch.columns);
        addOffsetGradient(scratch.biasGradient, scratch.columns);
    }
}
