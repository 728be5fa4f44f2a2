package io.vastmax.internal;

import static io.vastmax.internal.LogitTiles.CLASSES;
import static io.vastmax.internal.LogitTiles.PANEL;

/**
 * How {@link FusedLoss} cuts a batch: into chunks of rows, and its second pass into sections of classes.
 *
 * @param rows rows in a chunk
 * @param keep whether the second pass finds the logits of the first
 * @param sectionTiles tiles in a section of the second pass
 */
record LossPlan(int rows, boolean keep, int sectionTiles) {
    /** Below so many rows a chunk, passing W and dW through memory costs more than a fourth product. */
    static final int FEW_ROWS = 64;

    /** Floats of Z in a section of the second pass: 8 MiB, for a third-level cache. */
    private static final int SECTION = 1 << 21;

    static LossPlan forLoss(Rows classes, int n) {
        return new LossPlan(Math.clamp(n, 1, 1024), false, Math.max(1, LogitTiles.count(classes.count)));
    }

    static LossPlan forGradients(Rows classes, int n, long memory) {
        int tiles = Math.max(1, LogitTiles.count(classes.count));
        long floats = Math.min(memory / Float.BYTES, Integer.MAX_VALUE / 2);
        int all = LogitTiles.columns(Math.max(1, n));
        int kept = all;
        while (kept > 0 && fixed(classes, kept) + (long) classes.count * LogitTiles.stride(kept) > floats) {
            kept -= PANEL;
        }
        if (kept >= Math.min(FEW_ROWS, all)) {
            int chunks = Math.ceilDiv(all, kept);
            int rows = LogitTiles.columns(Math.ceilDiv(all, chunks));
            return new LossPlan(rows, true, sectionTiles(tiles, SECTION, rows));
        }
        int rows = all;
        while (rows > PANEL && fixed(classes, rows) + (long) CLASSES * LogitTiles.stride(rows) > floats) {
            rows -= PANEL;
        }
        return new LossPlan(rows, false, sectionTiles(tiles, Math.min(SECTION, floats - fixed(classes, rows)), rows));
    }

    /** What a chunk of rows needs beside Z, in floats; two copies of its hidden vectors are not counted. */
    private static long fixed(Rows classes, int rows) {
        long stride = LogitTiles.stride(rows);
        long padding =
                classes.width * (stride - rows) + rows * (long) (LogitTiles.stride(classes.width) - classes.width);
        return classes.width * stride + padding + (2L * FusedLoss.BLOCKS + 8) * stride;
    }

    private static int sectionTiles(int tiles, long floats, int rows) {
        return Math.clamp(floats / ((long) CLASSES * LogitTiles.stride(rows)), 1, tiles);
    }
}
