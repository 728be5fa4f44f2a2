package io.vastmax.sampling;

import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Filters about particular tokens: what must not come, what alone may come, and what is to be likelier.
 *
 * <p>An id that is negative is refused at once. One that is not below the size of the vocabulary is refused at a step, with
 * an {@link IllegalArgumentException} that names it, whether or not the filter would have touched it there: it comes from
 * another tokenizer than the logits. A {@link #vocabulary} before the filter counts.
 *
 * <p>Any of these may remove all candidates, upon which sampling throws a {@link NoCandidatesException} that names the filter.
 * The cost of a step is linear in the ids, except where said.
 */
public final class Constraints {
    private Constraints() {}

    /**
     * Adds to logits: {@code z_i + bias_i} (OpenAI API, {@code logit_bias}).
     *
     * @param biases finite numbers by id, or {@code -inf} to remove a token
     * @throws IllegalArgumentException if one is {@code +inf} or NaN
     */
    public static Filter bias(Map<Integer, Double> biases) {
        return new Bias(biases);
    }

    /**
     * {@link #bias(Map)} of the id and the value at each place.
     *
     * @throws IllegalArgumentException also if they are not as many, or an id occurs twice
     */
    public static Filter bias(int[] ids, float[] values) {
        return new Bias(Bias.map(ids, values));
    }

    /** Removes tokens. */
    public static Filter ban(int... ids) {
        return banned("ban", TokenIds.of("ban", ids), history -> true);
    }

    /** {@link #ban} by the name that it has in Hugging Face Transformers. */
    public static Filter suppress(int... ids) {
        return banned("suppress", TokenIds.of("suppress", ids), history -> true);
    }

    /** Removes tokens as long as none followed the prompt. */
    public static Filter suppressAtBegin(int... ids) {
        return banned("suppress at begin", TokenIds.of("suppress at begin", ids), history -> history.generated() == 0);
    }

    /**
     * Removes the last of the ids where the history, prompt included, ends with the others; a single one always ("bad
     * words"). Unlike in Hugging Face Transformers, which asks for one token more, the others may be the whole history.
     */
    public static Filter banSequence(int... ids) {
        return new BannedSequences(Scope.all(), ids);
    }

    /**
     * {@link #banSequence} for each of several. Costs a comparison for each.
     *
     * @throws IllegalArgumentException if one is empty
     */
    public static Filter banSequences(int[]... sequences) {
        return new BannedSequences(Scope.all(), sequences);
    }

    /** {@link #banSequences(int[][])} that looks for them in a part of the history. */
    public static Filter banSequences(Scope scope, int[]... sequences) {
        return new BannedSequences(scope, sequences);
    }

    /**
     * Removes all other tokens. Costs a bit for each token of the vocabulary.
     *
     * @throws IllegalArgumentException if there is no id
     */
    public static Filter allow(int... ids) {
        TokenIds allowed = TokenIds.some("allow", ids);
        return Named.of("allow " + allowed, (candidates, step) -> {
            allowed.requireIn(candidates);
            TokenMask mask = step.emptyMask(candidates.vocabulary());
            for (int i = 0; i < allowed.size(); i++) {
                mask.allow(allowed.get(i));
            }
            candidates.keepAllowed(mask);
        });
    }

    /**
     * Removes the tokens that end a text until {@code generatedTokens} followed the prompt.
     *
     * @throws IllegalArgumentException if the number is negative or there is no end token
     */
    public static Filter minLength(int generatedTokens, int... endTokens) {
        Check.notNegative("generatedTokens", generatedTokens);
        String name = "at least " + generatedTokens + " tokens before";
        return banned(name, TokenIds.some(name, endTokens), history -> history.generated() < generatedTokens);
    }

    /**
     * Removes the tokens that end a text until it has {@code tokens}, the prompt's included.
     *
     * @throws IllegalArgumentException if the number is negative or there is no end token
     */
    public static Filter minTotalLength(int tokens, int... endTokens) {
        Check.notNegative("tokens", tokens);
        String name = "at least " + tokens + " tokens with the prompt before";
        return banned(name, TokenIds.some(name, endTokens), history -> history.length() < tokens);
    }

    private static Filter banned(String name, TokenIds ids, Predicate<History> when) {
        return Named.of(name + " " + ids, (candidates, step) -> {
            ids.requireIn(candidates);
            if (when.test(step.history())) {
                ids.removeFrom(candidates);
            }
        });
    }

    /**
     * Removes the ids from {@code size} on, with which models are padded beyond their tokenizer: for filters behind it, the
     * vocabulary has this size. Does nothing to logits that are no more.
     *
     * @throws IllegalArgumentException if the size is not positive
     */
    public static Filter vocabulary(int size) {
        Check.positive("size", size);
        return Named.of("vocabulary of " + size, (candidates, step) -> candidates.keepBelow(size));
    }

    /**
     * Classifier-free guidance: with {@code c = log softmax(z)} of the candidates and {@code u = log softmax} of the logits
     * without the prompt, or with one to turn away from, logits become
     *
     * <p>{@code u_i + scale (c_i - u_i)}
     *
     * <p>(Sanchez, Fan, Spangher, Levi, Ammanamanchi and Biderman, Stay on Topic with Classifier-Free Guidance, ICML 2024).
     * Above 1 the prompt counts for more, below 1 for less; 1 does nothing and asks for nothing. Best first in its chain.
     *
     * <p>A token that is masked in z stays so. One that is masked in the unconditional logits alone has {@code u_i = -inf}:
     * below 1 the formula removes it. Above 1 it would give {@code +inf} and force a token for no other reason than a mask;
     * there the token keeps {@code c_i}, as though there were nothing to guide it by.
     *
     * <p>A chain with it belongs to one sequence, whose unconditional logits are supplied. Costs a look at each token.
     *
     * @param unconditional asked once a step, for as many logits as the vocabulary has
     * @throws IllegalArgumentException if the scale is not finite; at a step, if the vocabularies differ in size
     */
    public static Filter guidance(Supplier<Logits> unconditional, double scale) {
        Check.finite("scale", scale);
        return Named.of("guidance " + scale, (candidates, step) -> {
            if (scale != 1) {
                step.guidance().apply(candidates, unconditional.get(), scale);
            }
        });
    }

    /** Removes what a grammar, or whatever else decides by the history, does not allow. Its name is the constraint's. */
    public static Filter constraint(Constraint constraint) {
        return Named.of("constraint " + constraint, (candidates, step) -> {
            TokenMask mask = step.emptyMask(candidates.vocabulary());
            constraint.allow(step.history(), mask);
            candidates.keepAllowed(mask);
        });
    }
}
