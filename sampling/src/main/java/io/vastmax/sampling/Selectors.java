package io.vastmax.sampling;

/** The selectors that people use. */
public final class Selectors {
    private Selectors() {}

    /** Draws by probability. */
    public static Selector categorical() {
        return Categorical.INSTANCE;
    }

    /** Takes the likeliest; of equal ones the lowest id. */
    public static Selector greedy() {
        return Greedy.INSTANCE;
    }

    /**
     * Draws by probability, as the token with the largest {@code z_i + g_i} with Gumbel noise
     * {@code g_i = -log(-log u_i)} of its own (Gumbel 1954; Maddison, Tarlow and Minka, A* Sampling, NIPS 2014). A token's noise is
     * made of {@link SamplingStep#uniformOf}: it stays the same whatever other candidates there are, so that a small change of
     * the distribution rarely changes the draw.
     */
    public static Selector gumbel() {
        return Gumbel.INSTANCE;
    }

    /**
     * Mirostat: keeps the k likeliest tokens and draws; k is such that by Zipf's law with an exponent s, estimated from the
     * 100 likeliest, a token's surprise is at most mu: {@code k = ((s - 1) 2^mu / (1 - V^(1 - s)))^(1 / s)}, at least 1
     * (Basu, Ramachandran, Keskar and Varshney, Mirostat: A Neural Text Decoding Algorithm that Directly Controls Perplexity,
     * ICLR 2021). After each token {@code mu -= eta (surprise - tau)}; it begins with {@code 2 tau}.
     *
     * <p>As in llama.cpp, V is the size of the vocabulary, and the surprise, {@code -log2 p} in bits, is that among the k tokens;
     * the authors took it before they were chosen.
     *
     * @param tau the surprise aimed at, in bits
     * @param eta the rate of learning
     * @throws IllegalArgumentException if one is negative or not finite
     */
    public static Selector mirostat1(double tau, double eta) {
        return new Mirostat1(tau, eta);
    }

    /**
     * Mirostat 2.0: keeps the tokens with a surprise {@code -log2 p} of at most mu, the likeliest if there is none, and draws;
     * mu is learnt as by {@link #mirostat1} (Basu et al. 2021; llama.cpp).
     *
     * @param tau the surprise aimed at, in bits
     * @param eta the rate of learning
     * @throws IllegalArgumentException if one is negative or not finite
     */
    public static Selector mirostat2(double tau, double eta) {
        return new Mirostat2(tau, eta);
    }

    /**
     * Adaptive-p: favours tokens with probabilities about a target, and adapts the target so that the mean probability of the
     * chosen ones, each counting {@code decay} times the one after it, comes to it: {@code t = 2 target - mean}, from 0 to 1. It
     * draws with the logits {@code 5 - 10 d^2 / (1 + d)} with {@code d = |p - t| / 0.3} (MrJackSpade; as in llama.cpp, 2026). Best
     * behind a filter that leaves out the improbable, which are favoured like others if the target is low.
     *
     * @throws IllegalArgumentException if the target is not from 0 to 1, or the decay not from 0 to below 1
     */
    public static Selector adaptiveP(double target, double decay) {
        return new AdaptiveP(target, decay);
    }

    private enum Categorical implements Selector {
        INSTANCE;

        @Override
        public String toString() {
            return "categorical";
        }
    }

    private enum Greedy implements Selector {
        INSTANCE;

        @Override
        public void narrow(Candidates candidates, SamplingStep step) {
            candidates.keepLikeliest();
        }

        @Override
        public int draw(Candidates candidates, SamplingStep step) {
            return candidates.likeliest();
        }

        @Override
        public String toString() {
            return "greedy";
        }
    }

    private enum Gumbel implements Selector {
        INSTANCE;

        @Override
        public int draw(Candidates candidates, SamplingStep step) {
            return candidates.drawPerturbed(step);
        }

        @Override
        public String toString() {
            return "gumbel";
        }
    }
}
