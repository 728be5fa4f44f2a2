package io.vastmax.sampling;

import java.util.Arrays;
import java.util.List;

/**
 * The settings of a {@link BeamSearch}. Immutable, to be shared by searches.
 *
 * @param beams how many beams, over all groups
 * @param maxTokens how many tokens a hypothesis has at most, the prompt not counted
 * @param endTokens each of them finishes a hypothesis, by rising id
 * @param lengthPenalty alpha of {@code score = log-probability / length^alpha}, with the length in tokens after the prompt,
 *     end token included: above 0 it favours long hypotheses, below 0 short ones
 * @param earlyStopping when to stop before the greatest length
 * @param groups how many groups the beams form: 1, but for diverse beam search
 * @param diversityPenalty what a log-probability loses for each beam of earlier groups that chose the token at this step
 */
public record BeamSettings(
        int beams,
        int maxTokens,
        List<Integer> endTokens,
        double lengthPenalty,
        EarlyStopping earlyStopping,
        int groups,
        double diversityPenalty) {
    /** Most candidates of a step. */
    private static final int MOST = 1 << 20;

    /** Checks the values and copies the list. */
    public BeamSettings {
        Check.positive("beams", beams);
        Check.positive("maxTokens", maxTokens);
        endTokens = EndTokens.of(endTokens).toList();
        Check.finite("lengthPenalty", lengthPenalty);
        Check.positive("groups", groups);
        if (beams % groups != 0) {
            throw new IllegalArgumentException("groups = " + groups + ": must divide the " + beams + " beams");
        }
        Check.atLeast(0, "diversityPenalty", diversityPenalty);
        if ((long) beams * (1 + endTokens.size()) > MOST) {
            throw new IllegalArgumentException("beams = " + beams + ": with " + endTokens.size()
                    + " end tokens, more than " + MOST + " candidates a step");
        }
    }

    /** Hypotheses of tokens, scored by {@code log-probability / length}, until {@link EarlyStopping#HEURISTIC}. */
    public static BeamSettings of(int beams, int maxTokens, int... endTokens) {
        List<Integer> ends = Arrays.stream(endTokens).boxed().toList();
        return new BeamSettings(beams, maxTokens, ends, 1, EarlyStopping.HEURISTIC, 1, 0);
    }

    /** The same with another length penalty. */
    public BeamSettings withLengthPenalty(double alpha) {
        return new BeamSettings(beams, maxTokens, endTokens, alpha, earlyStopping, groups, diversityPenalty);
    }

    /** The same that stops at another time. */
    public BeamSettings withEarlyStopping(EarlyStopping other) {
        return new BeamSettings(beams, maxTokens, endTokens, lengthPenalty, other, groups, diversityPenalty);
    }

    /**
     * The same as diverse beam search with Hamming diversity (Vijayakumar et al., Diverse Beam Search, 2016): groups of
     * {@code beams / groups} search by themselves, one after the other in each step, and a token loses {@code penalty} for
     * each beam of earlier groups that goes on with it. The penalty is part of the hypothesis's log-probability, as in
     * Hugging Face Transformers.
     *
     * @throws IllegalArgumentException if the groups do not divide the beams, or the penalty is negative
     */
    public BeamSettings diverse(int groupsOfBeams, double penalty) {
        return new BeamSettings(beams, maxTokens, endTokens, lengthPenalty, earlyStopping, groupsOfBeams, penalty);
    }

    /** Starts a search after a prompt. */
    public BeamSearch start(int... prompt) {
        return start(Chain.of().sampler(0).prompt(prompt));
    }

    /**
     * Starts a search after a sampler's history, with the filters of its chain. They are applied to the log-probabilities
     * of each beam, with the beam's own history; all beams have the sampler's random numbers. The selector has no part in
     * it, and the sampler itself stays as it is.
     */
    public BeamSearch start(Sampler sampler) {
        return new BeamSearch(this, sampler);
    }

    /** {@code score} of a sum of log-probabilities. */
    double score(double logProbability, int length) {
        return logProbability / StrictMath.pow(length, lengthPenalty);
    }
}
