package io.vastmax.sampling;

/**
 * {@link Filters#tailFree}.
 *
 * <p>The total of the second differences needs all probabilities in order. It is not sorted further than it matters: the
 * differences from rank i on add up to {@code 2 p_i} at most, and the rest is left out once it is below a quarter of the
 * comparisons' slack.
 */
record TailFree(double z) implements Filter {
    private static final double NEGLIGIBLE = Candidates.SLACK / 4;

    TailFree {
        Check.share("z", z);
    }

    @Override
    public void apply(Candidates candidates, SamplingStep step) {
        int n = candidates.size();
        if (z == 1 || n < 3) {
            return;
        }
        double most = (z + Candidates.SLACK) * total(candidates, n);
        double running = 0;
        double p0 = 1;
        double p1 = weight(candidates, 1);
        for (int i = 0; i < n - 2; i++) {
            double p2 = weight(candidates, i + 2);
            running += Math.abs((p0 - p1) - (p1 - p2));
            if (running > most) {
                candidates.keepFirst(i + 1);
                return;
            }
            // What is left cannot change it
            if (running + 2 * p1 <= most) {
                return;
            }
            p0 = p1;
            p1 = p2;
        }
    }

    private static double total(Candidates candidates, int n) {
        double total = 0;
        double p0 = 1;
        double p1 = weight(candidates, 1);
        for (int i = 0; i < n - 2 && 2 * p0 > total * NEGLIGIBLE; i++) {
            double p2 = weight(candidates, i + 2);
            total += Math.abs((p0 - p1) - (p1 - p2));
            p0 = p1;
            p1 = p2;
        }
        return total;
    }

    /** A probability in units of the largest. */
    private static double weight(Candidates candidates, int rank) {
        return StrictMath.exp(candidates.belowMax(candidates.ranked(rank)));
    }

    @Override
    public String toString() {
        return "tail-free " + z;
    }
}
