package io.vastmax.sampling;

/**
 * {@link Filters#topH}.
 *
 * <p>With {@code d_i = z_i - max}, {@code G_j = sum_i<=j exp(d_i)} and {@code h_j = sum_i<=j d_i exp(d_i)} the entropy of the
 * first j, renormalised, is {@code log G_j - h_j / G_j}: it grows with each token, so that the first one too many ends it.
 */
record TopH(double alpha) implements Filter {
    TopH {
        Check.share("alpha", alpha);
    }

    @Override
    public void apply(Candidates candidates, SamplingStep step) {
        if (alpha == 1) {
            return;
        }
        double most = alpha * candidates.entropy() * (1 + Candidates.SLACK);
        int n = candidates.size();
        double mass = 1;
        double times = 0;
        int kept = 1;
        while (kept < n) {
            double d = candidates.belowMax(candidates.ranked(kept));
            double weight = StrictMath.exp(d);
            mass += weight;
            times = Math.fma(d, weight, times);
            if (StrictMath.log(mass) - times / mass > most) {
                break;
            }
            kept++;
        }
        candidates.keepFirst(kept);
    }

    @Override
    public String toString() {
        return "top-H " + alpha;
    }
}
