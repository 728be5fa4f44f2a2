package io.vastmax.sampling;

/** {@link Filters#topHOfHundred}. */
record TopHOfHundred(double alpha) implements Filter {
    private static final int MOST = 100;

    TopHOfHundred {
        Check.share("alpha", alpha);
    }

    @Override
    public void apply(Candidates candidates, SamplingStep step) {
        candidates.keepTop(MOST);
        int n = candidates.size();
        double mass = 0;
        double times = 0;
        for (int i = 0; i < n; i++) {
            double d = candidates.belowMax(i);
            double weight = StrictMath.exp(d);
            mass += weight;
            times = Math.fma(d, weight, times);
        }
        double logMass = StrictMath.log(mass);
        double most = alpha * (logMass - times / mass) * (1 + Candidates.SLACK);
        double running = 0;
        int kept = 0;
        while (kept < n) {
            double d = candidates.belowMax(candidates.ranked(kept));
            running += StrictMath.exp(d) / mass * (logMass - d);
            if (running > most) {
                break;
            }
            kept++;
        }
        candidates.keepFirst(kept);
    }

    @Override
    public String toString() {
        return "top-H " + alpha + " of " + MOST;
    }
}
