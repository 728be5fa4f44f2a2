package io.vastmax.internal;

import it.unimi.dsi.fastutil.longs.LongArrays;
import java.util.Arrays;

/**
 * The targets of a batch by tile and row, so that a tile finds those of a panel of rows together: classes and rows, with the
 * share of the row's target distribution that the class has, and the logit that a pass over the tiles comes across.
 */
final class TargetEntries {
    /** Bits below a row: a place in a tile. */
    private static final int ROW = Integer.numberOfTrailingZeros(LogitTiles.CLASSES);

    /** Bits below a tile. */
    private static final int TILE = ROW + Integer.SIZE - 1;

    private final long[] pairs;
    private final double[] shares;
    private final float[] logits;

    /** Takes what a tile holds for a target. */
    interface Visitor {
        /** Visits an entry: its place in the tile's numbers. */
        void visit(int entry, int row, int at);
    }

    private TargetEntries(long[] pairs, double[] shares) {
        this.pairs = pairs;
        this.shares = shares;
        this.logits = new float[pairs.length];
    }

    /** Of one target a row, -1 for none. */
    static TargetEntries of(int[] targets) {
        long[] pairs = new long[targets.length];
        int count = 0;
        for (int n = 0; n < targets.length; n++) {
            if (targets[n] >= 0) {
                pairs[count++] = pair(targets[n], n);
            }
        }
        pairs = LongArrays.trim(pairs, count);
        LongArrays.radixSort(pairs);
        double[] shares = new double[count];
        Arrays.fill(shares, 1);
        return new TargetEntries(pairs, shares);
    }

    /** Of pairs in any order, as {@link #pair} makes them, and their shares. */
    static TargetEntries of(long[] pairs, double[] shares) {
        int[] order = new int[pairs.length];
        Arrays.setAll(order, i -> i);
        LongArrays.radixSortIndirect(order, pairs, true);
        long[] sorted = new long[pairs.length];
        double[] sortedShares = new double[pairs.length];
        for (int i = 0; i < order.length; i++) {
            sorted[i] = pairs[order[i]];
            sortedShares[i] = shares[order[i]];
        }
        return new TargetEntries(sorted, sortedShares);
    }

    /** A class and a row in one number: by the class's tile, then the row, then the place in the tile. */
    static long pair(int classIndex, int row) {
        return key(classIndex / LogitTiles.CLASSES, row) | classIndex % LogitTiles.CLASSES;
    }

    private static long key(int tile, int row) {
        return (long) tile << TILE | (long) row << ROW;
    }

    /** Visits the entries of a tile and of the rows from {@code row} to before {@code end}. */
    void visit(int tile, int row, int end, int at, int stride, Visitor visitor) {
        long last = key(tile, end);
        for (int i = lowerBound(key(tile, row)); i < pairs.length && pairs[i] < last; i++) {
            int n = row(i);
            visitor.visit(i, n, at + (int) (pairs[i] % LogitTiles.CLASSES) * stride + n - row);
        }
    }

    int size() {
        return pairs.length;
    }

    int row(int entry) {
        return (int) (pairs[entry] >>> ROW) & Integer.MAX_VALUE;
    }

    double share(int entry) {
        return shares[entry];
    }

    float logit(int entry) {
        return logits[entry];
    }

    void setLogit(int entry, float logit) {
        logits[entry] = logit;
    }

    private int lowerBound(long key) {
        int at = Arrays.binarySearch(pairs, key);
        return at < 0 ? ~at : at;
    }
}
