package io.vastmax.internal;

import io.vastmax.Gradient;
import io.vastmax.Matrix;
import io.vastmax.Workspace;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Logits of a few classes for each row of a batch, each row its own: {@code z_i = t(<W[c_i], h_n> + b[c_i])} for the entries i
 * of row n. The nodes on paths through a tree, or classes drawn for each row.
 *
 * <p>Row n has the entries from {@code starts[n]} to before {@code starts[n + 1]}. Whoever uses it fills {@link #starts} and
 * {@link #classes}, calls {@link #logits}, puts gradients in their place, and calls {@link #backward}.
 *
 * <p>The gradient of a class is the sum over the entries that name it, in their order: entries are sorted by class (a
 * counting sort, stable), and classes are shared out among threads. So the bits do not depend on the number of threads.
 */
public final class SparseLogits {
    /** Rows, or classes, that a thread takes at a time. */
    private static final int BLOCK = 16;

    private static final Kernels KERNELS = Simd.kernels();

    private int rows;
    private int[] starts = new int[0];
    private int[] classes = new int[0];
    private int[] rowOf = new int[0];
    private float[] z = new float[0];
    private int[] slots = new int[0];
    private int[] order = new int[0];
    private int[] slotEnds = new int[0];

    private SparseLogits() {}

    /** The one of a workspace. */
    public static SparseLogits of(Workspace workspace) {
        return workspace.scratch(SparseLogits.class, SparseLogits::new);
    }

    /** Begins a batch: where the entries of each row start, {@code rows + 1} numbers to fill; the first is 0. */
    public int[] starts(int rows) {
        this.rows = rows;
        starts = starts.length > rows ? starts : new int[rows + 1];
        starts[0] = 0;
        return starts;
    }

    /** The class of each entry, to fill, after {@link #starts} has been filled. */
    public int[] classes() {
        int entries = starts[rows];
        if (classes.length < entries) {
            int length = entries + entries / 4;
            classes = new int[length];
            rowOf = new int[length];
            z = new float[length];
            slots = new int[length];
            order = new int[length];
        }
        return classes;
    }

    /** Where the entries of a row start. */
    public int start(int row) {
        return starts[row];
    }

    /** How many entries there are. */
    public int size() {
        return starts[rows];
    }

    /** The logits of the entries, after {@link #logits}; the gradients, for {@link #backward}. */
    public float[] values() {
        return z;
    }

    /** Computes the logits. */
    public void logits(Matrix hidden, Rows of, Workspace workspace) {
        float[] h = hidden.array();
        float[] bias = of.bias;
        int width = of.width;
        workspace.run(Math.ceilDiv(rows, BLOCK), (block, worker) -> {
            for (int n = block * BLOCK; n < Math.min(rows, (block + 1) * BLOCK); n++) {
                for (int i = starts[n]; i < starts[n + 1]; i++) {
                    int c = classes[i];
                    z[i] = KERNELS.dot(of.weight, of.from + c * width, h, n * width, width)
                            + (bias == null ? 0f : bias[of.biasFrom + c]);
                }
                Transforms.apply(of.transform, z, starts[n], starts[n + 1] - starts[n]);
            }
        });
    }

    /**
     * Adds what flows back from the gradients in {@link #values}, those by the logits before their transform.
     *
     * @param hiddenGradient added to; null if it is not needed
     * @param weight added to; null if it is not needed
     * @param bias added to; null if there is none, or it is not needed
     */
    public void backward(
            Matrix hidden,
            Rows of,
            Workspace workspace,
            @Nullable Matrix hiddenGradient,
            Gradient.@Nullable ByRow weight,
            Gradient.@Nullable ByRow bias) {
        if (hiddenGradient != null) {
            addHiddenGradient(hiddenGradient.array(), of, workspace);
        }
        if (weight != null) {
            sortByClass(weight);
            addWeightGradient(hidden.array(), of.width, workspace, weight);
            if (bias != null) {
                addBiasGradient(weight, bias);
            }
        }
    }

    private void addHiddenGradient(float[] out, Rows of, Workspace workspace) {
        int width = of.width;
        workspace.run(Math.ceilDiv(rows, BLOCK), (block, worker) -> {
            for (int n = block * BLOCK; n < Math.min(rows, (block + 1) * BLOCK); n++) {
                for (int i = starts[n]; i < starts[n + 1]; i++) {
                    KERNELS.addScaled(z[i], of.weight, of.from + classes[i] * width, out, n * width, width);
                }
            }
        });
    }

    private void sortByClass(Gradient.ByRow weight) {
        int entries = size();
        for (int i = 0; i < entries; i++) {
            slots[i] = weight.slot(classes[i]);
        }
        int count = weight.size();
        slotEnds = slotEnds.length > count ? slotEnds : new int[count + count / 4 + 1];
        Arrays.fill(slotEnds, 0, count + 1, 0);
        for (int i = 0; i < entries; i++) {
            slotEnds[slots[i] + 1]++;
        }
        for (int s = 0; s < count; s++) {
            slotEnds[s + 1] += slotEnds[s];
        }
        for (int n = 0; n < rows; n++) {
            for (int i = starts[n]; i < starts[n + 1]; i++) {
                int place = slotEnds[slots[i]]++;
                order[place] = i;
                rowOf[place] = n;
            }
        }
    }

    /** After the sort, the entries of slot s lie before {@code slotEnds[s]}, from where those of s - 1 end. */
    private int slotStart(int slot) {
        return slot == 0 ? 0 : slotEnds[slot - 1];
    }

    private void addWeightGradient(float[] h, int width, Workspace workspace, Gradient.ByRow weight) {
        int count = weight.size();
        float[] values = weight.values();
        workspace.run(Math.ceilDiv(count, BLOCK), (block, worker) -> {
            for (int s = block * BLOCK; s < Math.min(count, (block + 1) * BLOCK); s++) {
                for (int p = slotStart(s); p < slotEnds[s]; p++) {
                    KERNELS.addScaled(z[order[p]], h, rowOf[p] * width, values, s * width, width);
                }
            }
        });
    }

    private void addBiasGradient(Gradient.ByRow weight, Gradient.ByRow bias) {
        for (int s = 0; s < weight.size(); s++) {
            if (slotEnds[s] > slotStart(s)) {
                float sum = 0;
                for (int p = slotStart(s); p < slotEnds[s]; p++) {
                    sum += z[order[p]];
                }
                int at = bias.offset(weight.row(s));
                bias.values()[at] += sum;
            }
        }
    }
}
