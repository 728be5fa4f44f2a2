package io.vastmax.sampling;

import java.util.List;

/**
 * A sequence that a beam search found.
 *
 * @param tokens those after the prompt, the end token included
 * @param logProbability the sum of their log-probabilities, natural, as filters and penalties made them
 * @param score the sum divided by {@code length^alpha}, by which hypotheses are compared
 */
public record Hypothesis(List<Integer> tokens, double logProbability, double score) {
    /** Copies the list. */
    public Hypothesis {
        tokens = List.copyOf(tokens);
    }

    /** The tokens as an array. */
    public int[] toArray() {
        return tokens.stream().mapToInt(id -> id).toArray();
    }
}
