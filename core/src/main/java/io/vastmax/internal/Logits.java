package io.vastmax.internal;

import static io.vastmax.internal.LogitTiles.CLASSES;
import static io.vastmax.internal.LogitTiles.PANEL;
import static io.vastmax.internal.Scratch.grow;

import io.vastmax.Workspace;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;

/**
 * All logits of a row in one place, for what looks at single rows: log-probabilities, the likeliest classes, draws.
 *
 * <p>A batch goes through {@link LogitTiles}, in chunks that fit the allowance, and is turned row-major. A single row is a
 * matrix times a vector, bound by the speed at which W is read: no transposition, no allocation after the first call.
 */
public final class Logits {
    /** Takes the logits of a row, which it may overwrite. */
    @FunctionalInterface
    public interface RowTask {
        /** Takes those of a row: as many as there are classes, from {@code from}. */
        void run(int row, float[] logits, int from, int worker);
    }

    private static final Kernels KERNELS = Simd.kernels();

    private final LogitTiles tiles = new LogitTiles();
    private final Workspace.Task dotTile = this::dotTile;
    private float[] logits = new float[0];
    private float[][] workerTiles = new float[0][];

    // The single row at hand.
    private Rows classes = Rows.of(new float[0], 0, 0, null);
    private float[] hidden = new float[0];

    private Logits() {}

    /** The one of a workspace: its results are gone with the next call. */
    public static Logits of(Workspace workspace) {
        return workspace.scratch(Logits.class, Logits::new);
    }

    /**
     * Runs a task on the logits of each row: on any thread, in any order.
     *
     * @param hidden row-major, {@code classes.width} numbers a row
     */
    public void forEachRow(Rows classes, float[] hidden, int rows, Workspace workspace, RowTask task) {
        if (rows == 1) {
            task.run(0, singleRow(classes, hidden, workspace), 0, 0);
            return;
        }
        long floats = Math.min(workspace.memory() / Float.BYTES, Integer.MAX_VALUE / 2);
        int chunk = Math.clamp(floats / classes.count, 1, Math.max(1, rows));
        for (int from = 0; from < rows; from += chunk) {
            int first = from;
            int count = Math.min(chunk, rows - from);
            load(classes, hidden, from, count, workspace);
            workspace.run(count, (row, worker) -> task.run(first + row, logits, row * classes.count, worker));
        }
    }

    /** The logits of one hidden vector, from 0; they may be overwritten. */
    public float[] singleRow(Rows classes, float[] hidden, Workspace workspace) {
        this.classes = classes;
        this.hidden = hidden;
        logits = grow(logits, classes.count);
        workspace.run(LogitTiles.count(classes.count), dotTile);
        return logits;
    }

    private void dotTile(int tile, int worker) {
        int first = tile * CLASSES;
        int size = Math.min(CLASSES, classes.count - first);
        int width = classes.width;
        KERNELS.dotRows(classes.weight, classes.from + first * width, width, size, hidden, 0, logits, first);
        float[] b = classes.bias;
        if (b != null) {
            KERNELS.addScaled(1f, b, classes.biasFrom + first, logits, first, size);
        }
        if (classes.scale != null) {
            for (int i = first; i < first + size; i++) {
                logits[i] *= classes.scale[i];
            }
        }
        Transforms.apply(classes.transform, logits, first, size);
    }

    private void load(Rows classes, float[] hidden, int from, int rows, Workspace workspace) {
        int count = classes.count;
        logits = grow(logits, rows * count);
        if (workerTiles.length != workspace.threads()) {
            workerTiles = new float[workspace.threads()][CLASSES * PANEL];
        }
        tiles.load(classes, hidden, from * classes.width, rows, workspace);
        workspace.run(tiles.count(), (tile, worker) -> {
            float[] z = workerTiles[worker];
            for (int panel = 0; panel < tiles.panels(); panel++) {
                tiles.logits(tile, panel, z, 0, PANEL);
                int size = tiles.size(tile);
                for (int n = panel * PANEL; n < Math.min(rows, (panel + 1) * PANEL); n++) {
                    int to = n * count + tile * CLASSES;
                    for (int v = 0; v < size; v++) {
                        logits[to + v] = z[v * PANEL + n - panel * PANEL];
                    }
                }
            }
        });
    }
}
