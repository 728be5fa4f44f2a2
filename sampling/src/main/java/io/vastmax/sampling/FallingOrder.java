package io.vastmax.sampling;

import it.unimi.dsi.fastutil.longs.LongArrays;

/**
 * The order of numbers from the largest down, equal ones by rising index, sorted only as far as it is looked at: each time
 * that the sorted part is used up, it grows fourfold. Mutable scratch, used again.
 */
final class FallingOrder {
    private static final int FIRST = 64;

    private long[] keys = {};
    private int n;
    private int sorted;

    /** Begins with {@code n} numbers, none of them NaN. */
    void begin(float[] x, int n) {
        this.n = n;
        sorted = 0;
        if (keys.length < n) {
            keys = new long[n];
        }
        for (int i = 0; i < n; i++) {
            keys[i] = key(x[i], i);
        }
    }

    /** The index of the number that stands at a rank from 0. */
    int at(int rank) {
        if (rank >= sorted) {
            int end = (int) Math.min(n, Math.max(FIRST, 4L * rank));
            if (end < n) {
                partition(sorted, n - 1, end - 1);
            }
            LongArrays.quickSort(keys, sorted, end);
            sorted = end;
        }
        return (int) keys[rank];
    }

    /** Rising keys for falling numbers, then for rising indices; zeros of both signs are equal. */
    private static long key(float x, int index) {
        int bits = Float.floatToRawIntBits(x + 0f);
        int rising = bits ^ ((bits >> 31) & 0x7fffffff);
        return (long) ~rising << 32 | index;
    }

    /** Quickselect: afterwards no key before {@code at} is larger than the one there, none behind it smaller. */
    private void partition(int from, int to, int at) {
        int low = from;
        int high = to;
        while (low < high) {
            long pivot = keys[(low + high) >>> 1];
            int i = low;
            int j = high;
            while (i <= j) {
                while (keys[i] < pivot) {
                    i++;
                }
                while (keys[j] > pivot) {
                    j--;
                }
                if (i <= j) {
                    long swapped = keys[i];
                    keys[i++] = keys[j];
                    keys[j--] = swapped;
                }
            }
            if (at <= j) {
                high = j;
            } else if (at >= i) {
                low = i;
            } else {
                return;
            }
        }
    }
}
