package io.vastmax.adaptive;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;

/**
 * Chooses cutoffs by the dynamic program of Grave et al. 2017, section 4.3: those of the least expected time of a training
 * step, for counts, a width, a divisor and a {@link CostCurve}, among those whose shortlist holds a share of the counts.
 *
 * <p>With the ranks p_0 < ... < p_(J-1) as cutoffs the head has {@code p_0 + J} classes and sees every row; cluster i has
 * those up to the next cutoff and sees the rows whose target falls into it, for which a projection is computed as well. For each J the
 * best tails from every rank are found from the last cluster to the first. Cutoffs are sought on a grid of ranks, some four
 * percent apart; the cost differs by less than the curve's own error.
 */
public final class Cutoffs {
    /** The most clusters that are tried, beside the shortlist. */
    public static final int MOST_CLUSTERS = 4;

    /**
     * The share of the counts that the shortlist holds unless another is asked for. Time alone would keep some fifty words
     * of WikiText-2 at the full width, and lose perplexity; this share keeps sixteen hundred.
     */
    public static final double SHARE = 0.75;

    /** A narrower projection is not tried: it would save little time, and lose perplexity. */
    private static final int LEAST_WIDTH = 16;

    /** Ranks of the grid are multiples of it: classes that a tile takes whole lanes of. */
    private static final int GRAIN = 16;

    private static final double GRID = 1.04;

    private final int width;
    private final double divValue;
    private final int rows;
    private final double leastShare;
    private final CostCurve curve;
    private final int[] grid;
    private final double[] shareBefore;

    private Cutoffs(long[] counts, int width, double divValue, int rows, double leastShare, CostCurve curve) {
        this.leastShare = leastShare;
        this.width = width;
        this.divValue = divValue;
        this.rows = rows;
        this.curve = curve;
        this.grid = grid(counts.length);
        int[] order = FrequencyClusters.byFallingCount(counts);
        double total = 0;
        for (long count : counts) {
            total += count;
        }
        shareBefore = new double[grid.length];
        double sum = 0;
        for (int rank = 0, g = 0; g < grid.length; rank++) {
            if (rank == grid[g]) {
                shareBefore[g++] = total == 0 ? (double) rank / counts.length : sum / total;
            }
            sum += rank < counts.length ? counts[order[rank]] : 0;
        }
    }

    /**
     * The cutoffs of the least cost.
     *
     * @param counts of the classes, in any order
     * @param width of the hidden vectors
     * @param divValue see {@link AdaptiveSoftmax#zeros}
     * @param rows of a training batch
     * @return ranks that rise, at most {@link #MOST_CLUSTERS}; none where clusters do not pay, or would be narrower than 16
     * @param leastShare of the counts that the shortlist must hold, such as {@link #SHARE}
     * @throws IllegalArgumentException if there is no class, a count is negative, {@code width} or {@code rows} is not
     *     positive, {@code leastShare} is not from 0 to 1, or {@code divValue} is below 1
     */
    public static int[] choose(
            long[] counts, int width, double divValue, int rows, double leastShare, CostCurve curve) {
        if (width < 1 || rows < 1) {
            throw new IllegalArgumentException("width = " + width + ", rows = " + rows + ": both must be positive");
        }
        if (!(leastShare >= 0 && leastShare <= 1)) {
            throw new IllegalArgumentException("leastShare = " + leastShare + ": must be from 0 to 1");
        }
        Cutoffs search = new Cutoffs(counts, width, divValue, rows, leastShare, curve);
        int[] best = {};
        double least = curve.seconds(counts.length, rows, width);
        for (int clusters = 1; clusters <= MOST_CLUSTERS; clusters++) {
            if (Tail.widthOrNone(width, divValue, clusters - 1) < LEAST_WIDTH) {
                break;
            }
            Plan plan = search.plan(clusters);
            if (plan != null && plan.seconds < least) {
                least = plan.seconds;
                best = plan.cutoffs;
            }
        }
        return best;
    }

    /** The expected seconds of a step with given cutoffs. */
    static double seconds(long[] counts, int width, double divValue, int rows, CostCurve curve, int... cutoffs) {
        FrequencyClusters clusters = FrequencyClusters.of(counts, cutoffs);
        double total = Arrays.stream(counts).asDoubleStream().sum();
        double seconds = curve.seconds(clusters.shortlist() + clusters.clusters(), rows, width);
        for (int c = 0; c < clusters.clusters(); c++) {
            double count = 0;
            for (int i = 0; i < clusters.size(c); i++) {
                count += counts[clusters.id(clusters.first(c) + i)];
            }
            seconds += tail(clusters.size(c), rows * count / total, width, divValue, c, curve);
        }
        return seconds;
    }

    private static final class Plan {
        private final double seconds;
        private final int[] cutoffs;

        Plan(double seconds, int[] cutoffs) {
            this.seconds = seconds;
            this.cutoffs = cutoffs;
        }
    }

    private @org.jspecify.annotations.Nullable Plan plan(int clusters) {
        int last = grid.length - 1;
        double[][] cost = new double[clusters + 1][grid.length];
        int[][] next = new int[clusters + 1][grid.length];
        Arrays.fill(cost[clusters], Double.POSITIVE_INFINITY);
        cost[clusters][last] = 0;
        for (int c = clusters - 1; c >= 0; c--) {
            for (int from = 0; from < grid.length; from++) {
                cost[c][from] = Double.POSITIVE_INFINITY;
                for (int to = from + 1; to < grid.length; to++) {
                    if (cost[c + 1][to] < Double.POSITIVE_INFINITY) {
                        double members = rows * (shareBefore[to] - shareBefore[from]);
                        double sum = cost[c + 1][to] + tail(grid[to] - grid[from], members, width, divValue, c, curve);
                        if (sum < cost[c][from]) {
                            cost[c][from] = sum;
                            next[c][from] = to;
                        }
                    }
                }
            }
        }
        int best = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int from = 1; from < grid.length; from++) {
            double sum = curve.seconds(grid[from] + clusters, rows, width) + cost[0][from];
            if (sum < least && shareBefore[from] >= leastShare) {
                least = sum;
                best = from;
            }
        }
        if (best < 0) {
            return null;
        }
        int[] cutoffs = new int[clusters];
        for (int c = 0, at = best; c < clusters; c++) {
            cutoffs[c] = grid[at];
            at = next[c][at];
        }
        return new Plan(least, cutoffs);
    }

    private static double tail(int classes, double rows, int width, double divValue, int cluster, CostCurve curve) {
        int tailWidth = Tail.widthOrNone(width, divValue, cluster);
        return curve.seconds(classes, rows, tailWidth) + curve.seconds(tailWidth, rows, width);
    }

    /** 0, the ranks to try, and the number of classes. */
    private static int[] grid(int classes) {
        IntArrayList grid = new IntArrayList();
        grid.add(0);
        for (int rank = GRAIN; rank < classes; rank = next(rank)) {
            grid.add(rank);
        }
        grid.add(classes);
        return grid.toIntArray();
    }

    private static int next(int rank) {
        return Math.max(rank + GRAIN, (int) (rank * GRID) / GRAIN * GRAIN);
    }
}
