package io.vastmax.internal;

import it.unimi.dsi.fastutil.longs.LongArrays;

/**
 * The targets of a batch by class, so that a tile finds its own: pairs of a class and a row, with the share of the row's
 * target distribution that the class has, and the logit that a pass over the tiles comes across.
 */
final class TargetEntries {
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
        java.util.Arrays.fill(shares, 1);
        return new TargetEntries(pairs, shares);
    }

    /** Of pairs in any order, as {@link #pair} makes them, and their shares. */
    static TargetEntries of(long[] pairs, double[] shares) {
        int[] order = new int[pairs.length];
        java.util.Arrays.setAll(order, i -> i);
        LongArrays.radixSortIndirect(order, pairs, true);
        long[] sorted = new long[pairs.length];
        double[] sortedShares = new double[pairs.length];
        for (int i = 0; i < order.length; i++) {
            sorted[i] = pairs[order[i]];
            sortedShares[i] = shares[order[i]];
        }
        return new TargetEntries(sorted, sortedShares);
    }

    static long pair(int classIndex, int row) {
        return (long) classIndex << Integer.SIZE | row;
    }

    /** Visits the entries among {@code count} classes from {@code first} and the rows from {@code row} to before {@code end}. */
    void visit(int first, int count, int row, int end, int at, int stride, Visitor visitor) {
        for (int i = lowerBound(pair(first, 0)); i < pairs.length && classOf(i) < first + count; i++) {
            int n = row(i);
            if (n >= row && n < end) {
                visitor.visit(i, n, at + (classOf(i) - first) * stride + n - row);
            }
        }
    }

    int size() {
        return pairs.length;
    }

    int row(int entry) {
        return (int) pairs[entry];
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

    private int classOf(int entry) {
        return (int) (pairs[entry] >>> Integer.SIZE);
    }

    private int lowerBound(long pair) {
        int at = java.util.Arrays.binarySearch(pairs, pair);
        return at < 0 ? ~at : at;
    }
}
