package io.vastmax.sampling;

import java.util.stream.IntStream;

/** {@link Selectors#mirostat1}. */
record Mirostat1(double tau, double eta) implements Mirostat {
    /** Of how many of the likeliest tokens the exponent is estimated. */
    private static final int MOST = 100;

    /** {@code t_i = log((i + 2) / (i + 1))}. */
    private static final double[] STEPS = IntStream.range(0, MOST - 1)
            .mapToDouble(i -> StrictMath.log((i + 2.0) / (i + 1.0)))
            .toArray();

    Mirostat1 {
        Check.atLeast(0, "tau", tau);
        Check.atLeast(0, "eta", eta);
    }

    @Override
    public void narrow(Candidates candidates, SamplingStep step) {
        double k = size(exponent(candidates), step.memory()[0], candidates.vocabulary());
        // What is no number becomes 0, what is too large the largest integer
        candidates.keepTop(Math.max((int) k, 1));
    }

    /** Zipf's exponent, by least squares: {@code sum t_i b_i / sum t_i^2} with {@code b_i = log(p_i / p_i+1)}. */
    private static double exponent(Candidates candidates) {
        int n = Math.min(candidates.size(), MOST);
        double products = 0;
        double squares = 0;
        double last = 0;
        for (int i = 0; i < n - 1; i++) {
            double next = candidates.belowMax(candidates.ranked(i + 1));
            products = Math.fma(STEPS[i], last - next, products);
            squares = Math.fma(STEPS[i], STEPS[i], squares);
            last = next;
        }
        return products / squares;
    }

    /** How many tokens have a surprise of mu at most, by Zipf's law. By its logarithm: StrictMath's power allocates. */
    private static double size(double exponent, double mu, int vocabulary) {
        double epsilon = exponent - 1;
        double logVocabulary = StrictMath.log(vocabulary);
        // Where the exponent is 1 its limit
        double ratio = epsilon == 0 ? 1 / logVocabulary : epsilon / -StrictMath.expm1(-epsilon * logVocabulary);
        return StrictMath.exp((StrictMath.log(ratio) + mu * LN2) / exponent);
    }

    @Override
    public String toString() {
        return "mirostat 1 tau " + tau + " eta " + eta;
    }
}
