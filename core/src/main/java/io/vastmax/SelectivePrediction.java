package io.vastmax;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The trade of coverage against accuracy: predictions below a threshold are left undecided, and the fewer are kept, the more
 * of them should be right (Geifman and El-Yaniv, Selective Classification for Deep Neural Networks, 2017). Immutable.
 */
public final class SelectivePrediction {
    private static final int PERCENT = 100;

    private final double[] right;
    private final double[] wrong;

    private SelectivePrediction(double[] right, double[] wrong) {
        this.right = right;
        this.wrong = wrong;
    }

    /** Sorts and keeps the arrays: the confidences of predictions that were right, and of those that were wrong. */
    static SelectivePrediction of(double[] right, double[] wrong) {
        Arrays.parallelSort(right);
        Arrays.parallelSort(wrong);
        return new SelectivePrediction(right, wrong);
    }

    /**
     * What a threshold keeps.
     *
     * @param threshold predictions with this confidence or a higher one are kept
     * @param kept how many there are
     * @param right how many of them are right
     * @param predictions how many there are without a threshold, at least 1
     */
    public record Point(double threshold, long kept, long right, long predictions) {
        /** The share of predictions that are kept. */
        public double coverage() {
            return (double) kept / predictions;
        }

        /** The share of the kept ones that are right; empty where none is kept, since none can then be right or wrong. */
        public OptionalDouble accuracy() {
            return kept == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) right / kept);
        }
    }

    /**
     * What a threshold keeps.
     *
     * @throws IllegalArgumentException if {@code threshold} is not from 0 to 1
     */
    public Point at(double threshold) {
        checkThreshold(threshold);
        long rightKept = atLeast(right, threshold);
        return new Point(threshold, rightKept + atLeast(wrong, threshold), rightKept, predictions());
    }

    /** The points of the thresholds 0, 0.01, ... 1. */
    public List<Point> curve() {
        List<Point> points = new ArrayList<>();
        for (int percent = 0; percent <= PERCENT; percent++) {
            points.add(at((double) percent / PERCENT));
        }
        return points;
    }

    /**
     * The area under the risk-coverage curve, {@code 1/N sum_i risk(c_i)}, where {@code risk(c)} is the share of wrong ones
     * among the predictions with a confidence of at least c: 0 if the sure ones are all right, lower is better (Geifman,
     * Uziel and El-Yaniv, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, 2019). Equal confidences are kept
     * or left together, so that the order of predictions does not matter.
     */
    public double areaUnderRiskCoverage() {
        double area = 0;
        int r = right.length;
        int w = wrong.length;
        while (r + w > 0) {
            double confidence = Math.max(last(right, r), last(wrong, w));
            int before = r + w;
            while (r > 0 && right[r - 1] == confidence) {
                r--;
            }
            while (w > 0 && wrong[w - 1] == confidence) {
                w--;
            }
            int kept = predictions() - r - w;
            area += (before - r - w) * ((double) (wrong.length - w) / kept);
        }
        return area / predictions();
    }

    static void checkThreshold(double threshold) {
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new IllegalArgumentException("threshold = " + threshold + ": must be from 0 to 1");
        }
    }

    private int predictions() {
        return right.length + wrong.length;
    }

    private static double last(double[] sorted, int size) {
        return size == 0 ? Double.NEGATIVE_INFINITY : sorted[size - 1];
    }

    /** How many of the sorted numbers are at least {@code threshold}. */
    private static int atLeast(double[] sorted, double threshold) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < threshold) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return sorted.length - low;
    }
}
