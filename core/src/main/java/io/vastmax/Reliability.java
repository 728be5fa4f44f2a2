package io.vastmax;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A reliability diagram: the confidence of predictions against their accuracy, in M bins of equal width (Guo, Pleiss, Sun
 * and Weinberger, On Calibration of Modern Neural Networks, 2017).
 *
 * @param bins by rising confidence; those without predictions too
 */
public record Reliability(List<Bin> bins) {
    /** Copies the list. */
    public Reliability {
        bins = List.copyOf(bins);
    }

    /**
     * The predictions with a confidence above {@code from} and up to {@code to}; the first bin has those of 0 as well.
     *
     * @param from the confidence that the bin begins above, {@code m / M} in double precision
     * @param to the confidence that it ends with, {@code (m + 1) / M}
     * @param count the number of predictions
     * @param right how many of them are right
     * @param confidences the sum of their confidences
     */
    public record Bin(double from, double to, long count, long right, double confidences) {
        /** The share that is right; empty where there are no predictions. */
        public OptionalDouble accuracy() {
            return mean((double) right);
        }

        /** The mean confidence; empty where there are no predictions. */
        public OptionalDouble confidence() {
            return mean(confidences);
        }

        /** {@code |accuracy - confidence|}; 0 where there are no predictions. */
        public double gap() {
            return count == 0 ? 0 : Math.abs(right - confidences) / count;
        }

        private OptionalDouble mean(double sum) {
            return count == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / count);
        }
    }

    static Reliability of(double[] right, double[] wrong, int bins) {
        long[] counts = new long[bins];
        double[] confidences = new double[bins];
        count(right, counts, confidences);
        long[] rights = counts.clone();
        count(wrong, counts, confidences);
        List<Bin> list = new ArrayList<>();
        for (int m = 0; m < bins; m++) {
            list.add(new Bin(edge(m, bins), edge(m + 1, bins), counts[m], rights[m], confidences[m]));
        }
        return new Reliability(list);
    }

    /** The number of predictions, N. */
    public long count() {
        return bins.stream().mapToLong(Bin::count).sum();
    }

    /** The expected calibration error, {@code sum_m n_m / N |accuracy_m - confidence_m|}; 0 without predictions. */
    public double expectedCalibrationError() {
        double sum = 0;
        for (Bin bin : bins) {
            sum += bin.count() * bin.gap();
        }
        return sum / Math.max(1, count());
    }

    /** The maximum calibration error, {@code max_m |accuracy_m - confidence_m|}; 0 without predictions. */
    public double maximumCalibrationError() {
        return bins.stream().mapToDouble(Bin::gap).max().orElse(0);
    }

    private static void count(double[] of, long[] counts, double[] confidences) {
        for (double confidence : of) {
            int m = bin(confidence, counts.length);
            counts[m]++;
            confidences[m] += confidence;
        }
    }

    /** The product may be rounded across an edge: the edges decide. */
    private static int bin(double confidence, int bins) {
        int m = Math.clamp((int) Math.ceil(confidence * bins) - 1, 0, bins - 1);
        if (confidence > edge(m + 1, bins)) {
            return m + 1;
        }
        return m > 0 && confidence <= edge(m, bins) ? m - 1 : m;
    }

    private static double edge(int m, int bins) {
        return (double) m / bins;
    }
}
