package io.vastmax.sampling;

/** The filters that people use. */
public final class Filters {
    private Filters() {}

    /**
     * Divides the logits by a temperature: above 1 it flattens the distribution, below 1 it sharpens it (Ackley, Hinton and
     * Sejnowski, A Learning Algorithm for Boltzmann Machines, Cognitive Science 9, 1985). 0 keeps the likeliest token alone.
     *
     * @throws IllegalArgumentException if it is negative or not finite
     */
    public static Filter temperature(double temperature) {
        Check.atLeast(0, "temperature", temperature);
        return Named.of("temperature " + temperature, (candidates, step) -> {
            if (temperature == 0) {
                candidates.keepLikeliest();
            } else if (temperature != 1) {
                candidates.temper(temperature);
            }
        });
    }

    /**
     * Keeps the k likeliest tokens; of equal ones at the border those with the lowest ids (Fan, Lewis and Dauphin,
     * Hierarchical Neural Story Generation, ACL 2018). All of them where they are fewer.
     *
     * @throws IllegalArgumentException if k is not positive
     */
    public static Filter topK(int k) {
        Check.positive("k", k);
        return Named.of("top-k " + k, (candidates, step) -> candidates.keepTop(k));
    }

    /** {@link #topK} that keeps all tokens equal to the k-th, as Hugging Face Transformers and vLLM do. */
    public static Filter topKWithTies(int k) {
        Check.positive("k", k);
        return Named.of("top-k " + k + " with ties", (candidates, step) -> candidates.keepTopAndTies(k));
    }

    /**
     * Nucleus: keeps a token if and only if the mass of the likelier ones is below p, the likeliest in any case (Holtzman,
     * Buys, Du, Forbes and Choi, The Curious Case of Neural Text Degeneration, ICLR 2020). 1 keeps all.
     *
     * @throws IllegalArgumentException if p is not from 0 to 1
     */
    public static Filter topP(double p) {
        Check.share("p", p);
        return Named.of("top-p " + p, (candidates, step) -> candidates.keepMass(p));
    }

    /**
     * Keeps the tokens with {@code p_i >= p max_j p_j} (Nguyen et al., Turning Up the Heat: Min-p Sampling for Creative and
     * Coherent LLM Outputs, ICLR 2025). 0 keeps all, 1 the likeliest.
     *
     * @throws IllegalArgumentException if p is not from 0 to 1
     */
    public static Filter minP(double p) {
        Check.share("p", p);
        return Named.of("min-p " + p, (candidates, step) -> {
            if (p > 0) {
                candidates.keepAtLeast(candidates.max() + StrictMath.log(p) - Candidates.SLACK);
            }
        });
    }

    /**
     * Locally typical sampling: keeps the tokens whose surprise is closest to the entropy, {@code |-log p_i - H|}, up to a
     * mass of p: a token stays if and only if the mass of the closer ones is below p (Meister, Pimentel, Wiher and
     * Cotterell, Locally Typical Sampling, TACL 2023). 1 keeps all.
     *
     * @throws IllegalArgumentException if p is not from 0 to 1
     */
    public static Filter typical(double p) {
        Check.share("p", p);
        return Named.of("typical " + p, (candidates, step) -> candidates.keepTypical(p));
    }
}
