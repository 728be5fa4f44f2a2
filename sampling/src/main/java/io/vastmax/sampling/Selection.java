package io.vastmax.sampling;

/** Order statistics and inverse distribution functions of plain arrays. */
final class Selection {
    private Selection() {}

    /** The k-th largest of n numbers, which it reorders: quickselect with the median of three (Hoare 1961). */
    static float largest(float[] x, int n, int k) {
        int low = 0;
        int high = n - 1;
        int at = k - 1;
        while (low < high) {
            float pivot = median(x[low], x[(low + high) >>> 1], x[high]);
            int i = low;
            int j = high;
            while (i <= j) {
                while (x[i] > pivot) {
                    i++;
                }
                while (x[j] < pivot) {
                    j--;
                }
                if (i <= j) {
                    float swapped = x[i];
                    x[i++] = x[j];
                    x[j--] = swapped;
                }
            }
            if (at <= j) {
                high = j;
            } else if (at >= i) {
                low = i;
            } else {
                return x[at];
            }
        }
        return x[at];
    }

    private static float median(float a, float b, float c) {
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }

    /**
     * The index at which the running sum of weights exceeds {@code rest}; the last with a weight where rounding leaves more.
     */
    static int inverse(float[] weights, int n, double rest) {
        int found = 0;
        for (int i = 0; i < n; i++) {
            if (weights[i] > 0) {
                found = i;
                rest -= weights[i];
                if (rest < 0) {
                    break;
                }
            }
        }
        return found;
    }
}
