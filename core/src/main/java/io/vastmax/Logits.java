package io.vastmax;

import static io.vastmax.LogitTiles.CLASSES;
import static io.vastmax.LogitTiles.PANEL;
import static io.vastmax.LogitTiles.grow;

import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import it.unimi.dsi.fastutil.ints.IntHeapPriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * All logits of a row in one place, for what looks at single rows: log-probabilities, the likeliest classes, draws.
 *
 * <p>A batch goes through {@link LogitTiles}, in chunks that fit the allowance, and is turned row-major. A single row is a
 * matrix times a vector, bound by the speed at which W is read: no transposition, no allocation after the first call.
 */
final class Logits {
    /** Takes the logits of a row, which it may overwrite. */
    @FunctionalInterface
    interface RowTask {
        void run(int row, float[] logits, int from, int worker);
    }

    private static final Kernels KERNELS = Simd.kernels();

    private final LogitTiles tiles = new LogitTiles();
    private final Workspace.Task dotTile = this::dotTile;
    private float[] logits = new float[0];
    private float[][] workerTiles = new float[0][];
    private TopSelection[] selections = new TopSelection[0];

    // The single row at hand.
    private float[] weight = new float[0];
    private float @Nullable [] bias;
    private float[] hidden = new float[0];
    private int classes;

    private Logits() {}

    static Logits of(Workspace workspace) {
        return workspace.scratch(Logits.class, Logits::new);
    }

    /** Runs a task on the logits of each row: on any thread, in any order. */
    void forEachRow(FullSoftmax layer, Matrix hidden, Workspace workspace, RowTask task) {
        if (hidden.rows() == 1) {
            singleRow(layer, hidden, workspace);
            task.run(0, logits, 0, 0);
            return;
        }
        long floats = Math.min(workspace.memory() / Float.BYTES, Integer.MAX_VALUE / 2);
        int chunk = Math.clamp(floats / layer.classes(), 1, Math.max(1, hidden.rows()));
        for (int from = 0; from < hidden.rows(); from += chunk) {
            int first = from;
            int rows = Math.min(chunk, hidden.rows() - from);
            load(layer, hidden, from, rows, workspace);
            workspace.run(rows, (row, worker) -> task.run(first + row, logits, row * layer.classes(), worker));
        }
    }

    /** The likeliest classes of each row. */
    void topK(FullSoftmax layer, Matrix hidden, TopK out, Workspace workspace) {
        if (selections.length != workspace.threads()) {
            selections = new TopSelection[workspace.threads()];
            java.util.Arrays.setAll(selections, i -> new TopSelection());
        }
        if (hidden.rows() == 1) {
            singleRow(layer, hidden, workspace);
            selections[0].select(logits, 0, layer.classes(), 0, out);
        } else {
            forEachRow(
                    layer,
                    hidden,
                    workspace,
                    (row, z, from, worker) -> selections[worker].select(z, from, layer.classes(), row, out));
        }
    }

    private void singleRow(FullSoftmax layer, Matrix row, Workspace workspace) {
        Parameter b = layer.bias();
        weight = layer.weight().value().array();
        bias = b == null ? null : b.value().array();
        hidden = row.array();
        classes = layer.classes();
        logits = grow(logits, classes);
        workspace.run(LogitTiles.count(classes), dotTile);
    }

    private void dotTile(int tile, int worker) {
        int first = tile * CLASSES;
        int size = Math.min(CLASSES, classes - first);
        int width = hidden.length;
        KERNELS.dotRows(weight, first * width, width, size, hidden, 0, logits, first);
        float[] b = bias;
        if (b != null) {
            KERNELS.addScaled(1f, b, first, logits, first, size);
        }
    }

    private void load(FullSoftmax layer, Matrix hidden, int from, int rows, Workspace workspace) {
        int classes = layer.classes();
        logits = grow(logits, rows * classes);
        if (workerTiles.length != workspace.threads()) {
            workerTiles = new float[workspace.threads()][CLASSES * PANEL];
        }
        tiles.load(layer, hidden, from, rows);
        workspace.run(tiles.count(), (tile, worker) -> {
            float[] z = workerTiles[worker];
            for (int panel = 0; panel < tiles.panels(); panel++) {
                tiles.logits(tile, panel, z, 0, PANEL);
                int size = tiles.size(tile);
                for (int n = panel * PANEL; n < Math.min(rows, (panel + 1) * PANEL); n++) {
                    int to = n * classes + tile * CLASSES;
                    for (int v = 0; v < size; v++) {
                        logits[to + v] = z[v * PANEL + n - panel * PANEL];
                    }
                }
            }
        });
    }

    /** Selects the k largest logits by a heap of their ids, the least of them on top. */
    private static final class TopSelection {
        private final IntHeapPriorityQueue heap = new IntHeapPriorityQueue(this::compare);
        private float[] logits = new float[0];
        private int from;

        void select(float[] logits, int from, int length, int row, TopK out) {
            this.logits = logits;
            this.from = from;
            heap.clear();
            float least = Float.NEGATIVE_INFINITY;
            for (int id = 0; id < length; id++) {
                if (heap.size() < out.k()) {
                    heap.enqueue(id);
                    least = logits[from + heap.firstInt()];
                } else if (logits[from + id] > least) {
                    heap.dequeueInt();
                    heap.enqueue(id);
                    least = logits[from + heap.firstInt()];
                }
            }
            double lse = LogSumExp.value(logits, from, length);
            for (int rank = out.k() - 1; rank >= 0; rank--) {
                int id = heap.dequeueInt();
                out.set(row, rank, id, (float) (logits[from + id] - lse));
            }
        }

        /** Smaller logits first, and of equal ones the higher id: what leaves the heap first. */
        private int compare(int a, int b) {
            float za = logits[from + a];
            float zb = logits[from + b];
            return za < zb ? -1 : za > zb ? 1 : Integer.compare(b, a);
        }
    }
}
