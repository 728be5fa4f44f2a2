package io.vastmax.internal;

import static io.vastmax.internal.Scratch.grow;

import io.vastmax.LogitTransform;
import io.vastmax.Workspace;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import java.util.Arrays;

/**
 * The logits of a chunk of rows, a tile at a time: {@code Z = t(W H^T + b)}, with the classes down and the rows of the batch
 * across, so that a log-sum-exp over the classes runs down the columns and shuffles nothing.
 *
 * <p>A tile is {@link #CLASSES} classes by one panel of {@link Kernels#PANEL} rows. The hidden vectors are transposed once;
 * W is read where it lies. The length of a row of H^T is an odd multiple of a panel, see {@link Kernels#multiplyAdd}.
 */
final class LogitTiles {
    /** Classes in a tile. 128 x 32 logits fill a third of a first-level cache. */
    static final int CLASSES = 128;

    static final int PANEL = Kernels.PANEL;

    private static final Kernels KERNELS = Simd.kernels();

    private Rows classes = Rows.of(new float[0], 0, 0, null);
    private float[] transposed = new float[0];

    /** The rows of the chunk. */
    int rows;

    /** {@link #rows} in whole panels; hidden vectors of zeros fill the last one up. */
    int columns;

    /** {@link #columns}, or a panel more: the length of a row of H^T, and of Z where it is kept. */
    int stride;

    /** Takes {@code rows} hidden vectors, row-major from {@code from}: transposed, a panel of rows at a time. */
    void load(Rows classes, float[] hidden, int from, int rows, Workspace workspace) {
        this.classes = classes;
        this.rows = rows;
        int width = classes.width;
        columns = columns(rows);
        stride = stride(rows);
        transposed = grow(transposed, width * stride);
        workspace.run(panels(), (panel, worker) -> {
            int first = panel * PANEL;
            int end = Math.min(rows, first + PANEL);
            for (int k = 0; k < width; k++) {
                for (int n = first; n < end; n++) {
                    transposed[k * stride + n] = hidden[from + n * width + k];
                }
                Arrays.fill(transposed, k * stride + end, k * stride + first + PANEL, 0f);
            }
        });
    }

    int count() {
        return count(classes.count);
    }

    /** The number of classes in a tile: {@link #CLASSES} but in the last. */
    int size(int tile) {
        return Math.min(CLASSES, classes.count - tile * CLASSES);
    }

    /** The number of panels. */
    int panels() {
        return columns / PANEL;
    }

    /** The logits of a tile for the rows {@code panel * PANEL ..}, into {@code z} from {@code at}, {@code row} apart. */
    void logits(int tile, int panel, float[] z, int at, int row) {
        int first = tile * CLASSES;
        int size = size(tile);
        int width = classes.width;
        float[] bias = classes.bias;
        for (int i = 0; i < size; i++) {
            float b = bias == null ? 0f : bias[classes.biasFrom + first + i];
            Arrays.fill(z, at + i * row, at + i * row + PANEL, b);
        }
        KERNELS.multiplyAdd(
                size,
                PANEL,
                width,
                classes.weight,
                classes.from + first * width,
                width,
                1,
                transposed,
                panel * PANEL,
                stride,
                z,
                at,
                row);
        if (classes.scale != null) {
            KERNELS.scaleRows(z, at, row, size, classes.scale, first);
        }
        if (!classes.transform.equals(LogitTransform.IDENTITY)) {
            for (int i = 0; i < size; i++) {
                Transforms.apply(classes.transform, z, at + i * row, PANEL);
            }
        }
    }

    /** The number of tiles of so many classes. */
    static int count(int classes) {
        return Math.ceilDiv(classes, CLASSES);
    }

    /** So many rows in whole panels. */
    static int columns(int rows) {
        return Math.ceilDiv(rows, PANEL) * PANEL;
    }

    /** The least odd multiple of a panel that holds so many numbers. */
    static int stride(int numbers) {
        return (Math.ceilDiv(numbers, PANEL) | 1) * PANEL;
    }
}
