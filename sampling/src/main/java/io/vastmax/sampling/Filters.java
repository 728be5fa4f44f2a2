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

    /**
     * {@link #typical} that also keeps the tokens as far from the entropy as the last one, as Hugging Face Transformers does.
     *
     * @throws IllegalArgumentException if p is not from 0 to 1
     */
    public static Filter typicalWithTies(double p) {
        Check.share("p", p);
        return Named.of("typical " + p + " with ties", (candidates, step) -> candidates.keepTypical(p, true));
    }

    /**
     * {@link #typical} up to a mass of more than p, as llama.cpp does: a token stays if and only if the mass of the closer ones is
     * at most p. It differs where some tokens have a mass of p exactly.
     *
     * @throws IllegalArgumentException if p is not from 0 to 1
     */
    public static Filter typicalBeyond(double p) {
        Check.share("p", p);
        // The slack that is taken off again, and a share of p above it: 0 still keeps one
        double beyond = p * (1 + Candidates.SLACK) + Candidates.SLACK;
        return Named.of("typical beyond " + p, (candidates, step) -> candidates.keepTypical(beyond, false));
    }

    /**
     * Epsilon sampling: keeps the tokens with {@code p_i >= epsilon}, the likeliest in any case (Hewitt, Manning and Liang,
     * Truncation Sampling as Language Model Desmoothing, Findings of EMNLP 2022). 0 keeps all, 1 the likeliest.
     *
     * @throws IllegalArgumentException if epsilon is not from 0 to 1
     */
    public static Filter epsilon(double epsilon) {
        Check.share("epsilon", epsilon);
        return Named.of("epsilon " + epsilon, (candidates, step) -> {
            if (epsilon > 0) {
                candidates.keepProbable(epsilon);
            }
        });
    }

    /**
     * Eta sampling: keeps the tokens with {@code p_i >= min(epsilon, sqrt(epsilon) exp(-H))}, H being the natural entropy, the
     * likeliest in any case (Hewitt, Manning and Liang 2022, as for {@link #epsilon}). 0 keeps all.
     *
     * @throws IllegalArgumentException if epsilon is not from 0 to 1
     */
    public static Filter eta(double epsilon) {
        Check.share("epsilon", epsilon);
        return Named.of("eta " + epsilon, (candidates, step) -> {
            if (epsilon > 0) {
                double relative = Math.sqrt(epsilon) * StrictMath.exp(-candidates.entropy());
                candidates.keepProbable(Math.min(epsilon, relative));
            }
        });
    }

    /**
     * Top-n-sigma: keeps the tokens with {@code z_i >= max_j z_j - n sigma}, sigma being the standard deviation of the
     * candidates' logits, over their number (Tang, Liu and Xu, Top-n-sigma: Not All Logits Are You Need, arXiv 2411.07641,
     * 2024; as in llama.cpp). What it keeps does not depend on the temperature, but on the filters before it: it belongs in
     * front. 0 keeps the likeliest and those equal to it.
     *
     * @throws IllegalArgumentException if n is negative or not finite
     */
    public static Filter topNSigma(double n) {
        Check.atLeast(0, "n", n);
        return Named.of(
                "top-n-sigma " + n,
                (candidates, step) ->
                        candidates.keepAtLeast(candidates.max() - n * candidates.deviation() * (1 + Candidates.SLACK)));
    }

    /**
     * Top-a: keeps the tokens with {@code p_i >= a (max_j p_j)^2} (BlinkDL's RWKV-LM, 2022, and KoboldAI). 0 keeps all.
     *
     * @throws IllegalArgumentException if a is not from 0 to 1
     */
    public static Filter topA(double a) {
        Check.share("a", a);
        return Named.of("top-a " + a, (candidates, step) -> {
            if (a > 0) {
                // p_i / p_max >= a p_max
                candidates.keepAtLeast(candidates.max()
                        + StrictMath.log(a)
                        + candidates.logProbabilityOfLikeliest()
                        - Candidates.SLACK);
            }
        });
    }

    /**
     * Tail-free sampling: of the probabilities in falling order, cuts where the running sum of the second differences'
     * sizes, {@code |(p_i - p_i+1) - (p_i+1 - p_i+2)|}, first exceeds a share z of their total; the token i, counted from 0, is the
     * last that stays (Bricken, Tail Free Sampling, 2020; as in KoboldAI, while llama.cpp cut one token earlier). 1 keeps all,
     * and so does a distribution without second differences. Two candidates stay.
     *
     * <p>Sorts the candidates as far as their probabilities matter, in a flat distribution all: it is best put behind
     * another filter.
     *
     * @throws IllegalArgumentException if z is not from 0 to 1
     */
    public static Filter tailFree(double z) {
        return new TailFree(z);
    }

    /**
     * Top-H: keeps the likeliest tokens as long as the entropy of what is kept, renormalised, is at most {@code alpha H} of that of
     * all candidates (Algorithm 1 of Baghaei Potraghloo, Azizi, Kundu and Pedram, Top-H Decoding: Adapting the Creativity and
     * Coherence with Bounded Entropy in Text Generation, NeurIPS 2025). 0 keeps the likeliest, 1 all.
     *
     * <p>Sorts as many candidates as it keeps.
     *
     * @throws IllegalArgumentException if alpha is not from 0 to 1
     */
    public static Filter topH(double alpha) {
        return new TopH(alpha);
    }

    /**
     * Top-H as Hugging Face Transformers has it: of the hundred likeliest tokens, renormalised, keeps the first as long as their
     * terms of the entropy, {@code sum -p_i log p_i}, come to at most {@code alpha H}, the likeliest in any case. That can be many
     * more than {@link #topH} keeps, since these are not renormalised again: of 100 equal ones 40 instead of 6 at 0.4.
     *
     * @throws IllegalArgumentException if alpha is not from 0 to 1
     */
    public static Filter topHOfHundred(double alpha) {
        return new TopHOfHundred(alpha);
    }

    /**
     * Exclude top choices: at a step's random number below a probability, of the tokens with {@code p_i >= threshold} removes all
     * but the least likely; of equally unlikely ones the highest id stays (p-e-w, text-generation-webui 2024). Nothing
     * happens where fewer than two tokens are that likely.
     *
     * @throws IllegalArgumentException if one is not from 0 to 1
     */
    public static Filter xtc(double probability, double threshold) {
        Check.share("probability", probability);
        Check.share("threshold", threshold);
        return Named.of("xtc " + probability + " threshold " + threshold, (candidates, step) -> {
            if (step.uniform() < probability) {
                candidates.removeProbableButLeast(threshold);
            }
        });
    }

    /**
     * A temperature that follows the entropy: {@code T = min + (max - min) (H / log n)^exponent} with
     * {@code min = max(0, temperature - delta)}, {@code max = temperature + delta} and n candidates (kalomaze 2024; as in
     * llama.cpp). A temperature of 0 keeps the likeliest token; a single candidate stays as it is.
     *
     * @throws IllegalArgumentException if a number is negative or not finite
     */
    public static Filter dynamicTemperature(double temperature, double delta, double exponent) {
        return new DynamicTemperature(temperature, delta, exponent);
    }
}
