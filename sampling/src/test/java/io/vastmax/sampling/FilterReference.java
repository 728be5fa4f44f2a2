package io.vastmax.sampling;

import java.util.Arrays;
import java.util.Comparator;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Filters as one would write them on a blackboard: all tokens sorted, in double precision.
 *
 * <p>Each gives a margin for every token: positive if it stays, negative if it does not, and its size says by how much, in
 * units of the probability mass or of a logarithm. Close to zero single precision may decide either way. A token that is
 * masked has {@code -inf}, one that stays in any case {@code +inf}.
 */
final class FilterReference {
    private final double[] z;
    private final double[] logP;
    private final int n;

    /** The tokens that are not masked, from the likeliest down, equal ones by rising id. */
    private final int[] order;

    FilterReference(float[] logits, double temperature) {
        z = IntStream.range(0, logits.length)
                .mapToDouble(i -> logits[i] / temperature)
                .toArray();
        double max = Arrays.stream(z).max().orElseThrow();
        double lse = max
                + StrictMath.log(
                        Arrays.stream(z).map(a -> StrictMath.exp(a - max)).sum());
        logP = Arrays.stream(z).map(a -> a - lse).toArray();
        order = IntStream.range(0, z.length)
                .filter(i -> z[i] > Double.NEGATIVE_INFINITY)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -z[i]).thenComparingInt(i -> i))
                .mapToInt(i -> i)
                .toArray();
        n = order.length;
    }

    double p(int id) {
        return StrictMath.exp(logP[id]);
    }

    double entropy() {
        return -Arrays.stream(order).mapToDouble(i -> p(i) * logP[i]).sum();
    }

    int size() {
        return n;
    }

    /** The id at a rank. */
    int ranked(int rank) {
        return order[rank];
    }

    double[] topK(int k) {
        return byRank(rank -> rank < k ? 1 : -1);
    }

    double[] topKWithTies(int k) {
        double least = z[order[Math.min(k, n) - 1]];
        return byRank(rank -> z[order[rank]] >= least ? 1 : -1);
    }

    double[] topP(double p) {
        double[] before = new double[n];
        for (int rank = 1; rank < n; rank++) {
            before[rank] = before[rank - 1] + p(order[rank - 1]);
        }
        return byRank(rank -> rank == 0 ? Double.POSITIVE_INFINITY : p - before[rank]);
    }

    double[] atLeast(double logProbability) {
        double most = z[order[0]];
        return byRank(rank -> z[order[rank]] == most ? Double.POSITIVE_INFINITY : logP[order[rank]] - logProbability);
    }

    double[] minP(double p) {
        return atLeast(logP[order[0]] + StrictMath.log(p));
    }

    double[] epsilon(double epsilon) {
        return atLeast(StrictMath.log(epsilon));
    }

    double[] eta(double epsilon) {
        return atLeast(Math.min(StrictMath.log(epsilon), 0.5 * StrictMath.log(epsilon) - entropy()));
    }

    double[] topA(double a) {
        return atLeast(StrictMath.log(a) + 2 * logP[order[0]]);
    }

    double[] topNSigma(double count) {
        double mean = Arrays.stream(order).mapToDouble(i -> z[i]).average().orElseThrow();
        double variance = Arrays.stream(order)
                .mapToDouble(i -> (z[i] - mean) * (z[i] - mean))
                .average()
                .orElseThrow();
        double distance = count * Math.sqrt(variance);
        double[] margins = atLeast(logP[order[0]] - distance);
        return Arrays.stream(margins).map(m -> m / Math.max(1, distance)).toArray();
    }

    /** Tokens as good as equally far from the entropy, but not equally likely, may change places. */
    double[] typical(double p, double fuzz, boolean withTies) {
        double entropy = entropy();
        int[] closest = Arrays.stream(order)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> Math.abs(-logP[i] - entropy))
                        .thenComparingDouble(i -> z[i])
                        .thenComparingInt(i -> i))
                .mapToInt(i -> i)
                .toArray();
        double[] before = new double[n + 1];
        double[] distances = new double[n];
        for (int rank = 0; rank < n; rank++) {
            before[rank + 1] = before[rank] + p(closest[rank]);
            distances[rank] = Math.abs(-logP[closest[rank]] - entropy);
        }
        double[] margins = new double[z.length];
        Arrays.fill(margins, Double.NEGATIVE_INFINITY);
        int first = 0;
        int end = 0;
        int firstTie = 0;
        for (int rank = 0; rank < n; rank++) {
            while (distances[first] < distances[rank] - fuzz) {
                first++;
            }
            while (end < n && distances[end] <= distances[rank] + fuzz) {
                end++;
            }
            firstTie = z[closest[firstTie]] == z[closest[rank]] ? firstTie : rank;
            int ties = withTies ? 0 : rank - firstTie;
            int equal = 1;
            while (firstTie + equal < n && z[closest[firstTie + equal]] == z[closest[rank]]) {
                equal++;
            }
            double least = before[first] + ties * p(closest[rank]);
            double most = before[end] - (equal - ties) * p(closest[rank]);
            double margin = p - most > 0 ? p - most : Math.min(p - least, 0);
            margins[closest[rank]] = first == 0 && end == equal && ties == 0 ? Double.POSITIVE_INFINITY : margin;
        }
        return margins;
    }

    double[] topH(double alpha) {
        double entropy = entropy();
        double[] margins = new double[n];
        double mass = 0;
        double times = 0;
        for (int rank = 0; rank < n; rank++) {
            int i = order[rank];
            mass += p(i);
            times += p(i) * logP[i];
            margins[rank] = alpha * entropy - (StrictMath.log(mass) - times / mass);
        }
        return byRank(rank -> rank == 0 ? Double.POSITIVE_INFINITY : margins[rank]);
    }

    double[] topHOfHundred(double alpha) {
        int count = Math.min(n, 100);
        double mass = IntStream.range(0, count).mapToDouble(r -> p(order[r])).sum();
        double[] terms = IntStream.range(0, count)
                .mapToDouble(r -> p(order[r]) / mass)
                .map(q -> -q * StrictMath.log(q))
                .toArray();
        double entropy = Arrays.stream(terms).sum();
        Arrays.parallelPrefix(terms, Double::sum);
        return byRank(rank -> rank == 0
                ? Double.POSITIVE_INFINITY
                : rank < count ? alpha * entropy - terms[rank] : Double.NEGATIVE_INFINITY);
    }

    double[] tailFree(double share) {
        double[] running = IntStream.range(0, n - 2)
                .mapToDouble(r -> Math.abs(p(order[r]) - 2 * p(order[r + 1]) + p(order[r + 2])))
                .toArray();
        Arrays.parallelPrefix(running, Double::sum);
        double total = running[n - 3];
        return byRank(rank ->
                rank == 0 ? Double.POSITIVE_INFINITY : share - running[Math.min(rank - 1, n - 3)] / total);
    }

    /** Between the ranks {@code choices - 1} and {@code choices} lies the threshold: all before the former are removed. */
    double[] xtc(int choices) {
        return byRank(rank -> rank < choices - 1 ? -1 : 1);
    }

    double dynamicTemperature(double temperature, double delta, double exponent) {
        double least = Math.max(0, temperature - delta);
        return least + (temperature + delta - least) * Math.pow(entropy() / Math.log(n), exponent);
    }

    private double[] byRank(IntToDoubleFunction margin) {
        double[] margins = new double[z.length];
        Arrays.fill(margins, Double.NEGATIVE_INFINITY);
        for (int rank = 0; rank < n; rank++) {
            margins[order[rank]] = margin.applyAsDouble(rank);
        }
        return margins;
    }
}
