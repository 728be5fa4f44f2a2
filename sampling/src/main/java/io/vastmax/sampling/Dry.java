package io.vastmax.sampling;

/** {@link Penalties#dry}. */
final class Dry implements Filter {
    private static final int LONGEST = 50;

    private final String name;
    private final Scope scope;
    private final TokenIds breakers;
    private final int allowedLength;
    private final boolean idle;

    /** What a match takes off, by its length. */
    private final double[] penalties = new double[LONGEST + 1];

    private final Tally.Penalty penalty = (z, n) -> z - penalties[n];

    Dry(double multiplier, double base, int allowedLength, Scope scope, int... breakers) {
        Check.atLeast(0, "multiplier", multiplier);
        Check.atLeast(1, "base", base);
        if (allowedLength < 1 || allowedLength > LONGEST) {
            throw new IllegalArgumentException("allowedLength = " + allowedLength + ": must be from 1 to " + LONGEST);
        }
        this.scope = scope;
        this.allowedLength = allowedLength;
        this.idle = multiplier == 0;
        this.breakers = TokenIds.of("DRY breakers", breakers);
        this.name = "DRY " + multiplier + ", base " + base + ", allowed length " + allowedLength + ", over " + scope;
        for (int n = allowedLength; n <= LONGEST; n++) {
            penalties[n] = multiplier * StrictMath.pow(base, n - allowedLength);
        }
    }

    @Override
    public void apply(Candidates candidates, SamplingStep step) {
        breakers.requireIn(candidates);
        History history = step.history();
        int size = scope.length(history);
        int longest = afterBreaker(history, Math.min(size, LONGEST));
        if (idle || longest < allowedLength) {
            return;
        }
        SuffixMatches matches = step.matches();
        matches.begin(history, size, longest);
        Tally lengths = candidates.tally();
        for (int k = 1; k < size; k++) {
            int n = matches.next();
            if (n >= allowedLength && !breakers.contains(history.last(k - 1))) {
                lengths.raise(history.last(k - 1), n);
            }
        }
        lengths.apply(penalty, candidates);
    }

    /** How many tokens follow the last breaker, at most {@code most}. */
    private int afterBreaker(History history, int most) {
        int n = 0;
        while (n < most && !breakers.contains(history.last(n))) {
            n++;
        }
        return n;
    }

    @Override
    public String toString() {
        return name;
    }
}
