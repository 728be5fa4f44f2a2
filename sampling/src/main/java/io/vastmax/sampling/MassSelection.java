package io.vastmax.sampling;

import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds how many of the largest keys it takes to gather a mass, without sorting them: a histogram of the masses by key shows
 * the bin where the running mass arrives; that bin is divided again until it holds a handful, which are sorted.
 *
 * <p>An element belongs to the result if and only if the mass of those before it (larger keys, and of equal ones the lower
 * indices) is below the target. Mutable scratch, used again.
 */
final class MassSelection {
    private static final int BINS = 1024;
    private static final int HANDFUL = 48;

    private final Kernels kernels = Simd.kernels();
    private final double[] masses = new double[BINS];
    private int[] members = {};
    private float[] memberKeys = {};
    private double before;
    private float least;
    private int firstLeftOut;

    /** The least key that belongs. */
    float least() {
        return least;
    }

    /** The first index that has this key and does not belong, nor do those behind it; a negative number if there is none. */
    int firstLeftOut() {
        return firstLeftOut;
    }

    /**
     * Looks among {@code n} keys, none of them NaN.
     *
     * @param weights the mass of each; null: 1 each
     * @param low about the least of the keys
     */
    void select(float[] keys, float @Nullable [] weights, int n, double target, float low) {
        if (members.length < n) {
            // With room to spare: n goes up and down from step to step
            members = new int[n + n / 2];
            memberKeys = new float[n + n / 2];
        }
        before = 0;
        int m = firstCut(keys, weights, n, target, low, kernels.max(keys, 0, n));
        while (m > HANDFUL) {
            float least = keys[members[0]];
            float most = least;
            for (int i = 1; i < m; i++) {
                float key = keys[members[i]];
                least = key < least ? key : least;
                most = key > most ? key : most;
            }
            if (least == most) {
                break;
            }
            m = cut(keys, weights, m, target, least, most);
        }
        walk(keys, weights, m, target);
    }

    /** Divides all; afterwards the members are those of the bin where the mass arrives. */
    private int firstCut(float[] keys, float @Nullable [] weights, int n, double target, float low, float high) {
        double inverse = inverse(low, high);
        Arrays.fill(masses, 0);
        if (weights == null) {
            for (int i = 0; i < n; i++) {
                masses[bin(keys[i], high, inverse)]++;
            }
        } else {
            for (int i = 0; i < n; i++) {
                masses[bin(keys[i], high, inverse)] += weights[i];
            }
        }
        int bin = arrival(target);
        // The last bin reaches down to whatever there is; another ends a bin's width below, at most, with room for
        // rounding
        float edge = bin == BINS - 1 ? Float.NEGATIVE_INFINITY : (float) (high - (bin + 1.5) / inverse);
        int near = kernels.collect(keys, 0, n, Math.min(edge, high), 0, memberKeys, members, 0);
        int m = 0;
        for (int i = 0; i < near; i++) {
            if (bin(memberKeys[i], high, inverse) == bin) {
                members[m++] = members[i];
            }
        }
        return m;
    }

    /** Divides the members. */
    private int cut(float[] keys, float @Nullable [] weights, int m, double target, float low, float high) {
        double inverse = inverse(low, high);
        Arrays.fill(masses, 0);
        for (int i = 0; i < m; i++) {
            int member = members[i];
            masses[bin(keys[member], high, inverse)] += weights == null ? 1 : weights[member];
        }
        int bin = arrival(target);
        int kept = 0;
        for (int i = 0; i < m; i++) {
            int member = members[i];
            if (bin(keys[member], high, inverse) == bin) {
                members[kept++] = member;
            }
        }
        return kept;
    }

    private static double inverse(float low, float high) {
        return (BINS - 1) / Math.max((double) high - low, Float.MIN_VALUE);
    }

    private static int bin(float key, float high, double inverse) {
        return Math.min((int) (((double) high - key) * inverse), BINS - 1);
    }

    /** The bin in which the running mass reaches the target; the last that holds something if none does. */
    private int arrival(double target) {
        int last = BINS - 1;
        while (last > 0 && masses[last] == 0) {
            last--;
        }
        int bin = 0;
        while (bin < last && (masses[bin] == 0 || before + masses[bin] < target)) {
            before += masses[bin];
            bin++;
        }
        return bin;
    }

    /** Goes through the last members in order; they are few, or of one key. */
    private void walk(float[] keys, float @Nullable [] weights, int m, double target) {
        for (int i = 1; i < m; i++) {
            int member = members[i];
            int j = i;
            while (j > 0 && keys[members[j - 1]] < keys[member]) {
                members[j] = members[j - 1];
                j--;
            }
            members[j] = member;
        }
        double mass = before;
        int i = 0;
        while (i < m && (mass < target || i == 0)) {
            mass += weights == null ? 1 : weights[members[i]];
            i++;
        }
        least = keys[members[i - 1]];
        firstLeftOut = i < m && keys[members[i]] == least ? members[i] : -1;
    }
}
