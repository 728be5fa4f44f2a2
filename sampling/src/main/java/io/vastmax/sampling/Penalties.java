package io.vastmax.sampling;

/**
 * Filters that make tokens less likely for having occurred. Each looks at a {@link Scope} of the history; a window counts
 * from its end, prompt included, and without one it is the whole history. As others have it:
 *
 * <ul>
 *   <li>Hugging Face Transformers: {@code repetition(r)}, {@code noRepeatNgram(n)};
 *   <li>vLLM and OpenAI: {@code repetition(r)}, {@code frequency(f, generated())}, {@code presence(p, generated())};
 *   <li>llama.cpp: {@code repetition(r, 64)}, {@code frequency(f, 64)}, {@code presence(p, 64)}, {@code dry(...)}.
 * </ul>
 *
 * <p>They belong before a temperature, on the logits of the model. A penalty moves logits and masks nothing: what would pass
 * the largest float stops there. Tokens of the history beyond the vocabulary, such as a prompt's images, are no candidates
 * and have no effect. Each costs time linear in the tokens looked at.
 */
public final class Penalties {
    private Penalties() {}

    /** {@link #repetition(double, Scope)} over the whole history. */
    public static Filter repetition(double r) {
        return repetition(r, Scope.all());
    }

    /** {@link #repetition(double, Scope)} over the last tokens. */
    public static Filter repetition(double r, int window) {
        return repetition(r, Scope.last(window));
    }

    /**
     * Divides the positive logits of tokens that occurred, however often, by r, and multiplies the others by it:
     * {@code z_i / r} or {@code z_i r} (Keskar, McCann, Varshney, Xiong and Socher, CTRL: A Conditional Transformer Language
     * Model for Controllable Generation, 2019; for negative logits as in Hugging Face Transformers). Above 1 it makes
     * repetition less likely, below 1 likelier; 1 does nothing. It depends on where the logits' zero is.
     *
     * @throws IllegalArgumentException if r is not positive and finite
     */
    public static Filter repetition(double r, Scope scope) {
        Check.positive("r", r);
        return counted("repetition penalty " + r, scope, r == 1, (z, count) -> z > 0 ? z / r : z * r);
    }

    /** {@link #frequency(double, Scope)} over the whole history. */
    public static Filter frequency(double f) {
        return frequency(f, Scope.all());
    }

    /** {@link #frequency(double, Scope)} over the last tokens. */
    public static Filter frequency(double f, int window) {
        return frequency(f, Scope.last(window));
    }

    /**
     * Subtracts f for each time that a token occurred: {@code z_i - f count_i} (OpenAI API). Negative f rewards; 0 does
     * nothing.
     *
     * @throws IllegalArgumentException if f is not finite
     */
    public static Filter frequency(double f, Scope scope) {
        Check.finite("f", f);
        return counted("frequency penalty " + f, scope, f == 0, (z, count) -> z - f * count);
    }

    /** {@link #presence(double, Scope)} over the whole history. */
    public static Filter presence(double p) {
        return presence(p, Scope.all());
    }

    /** {@link #presence(double, Scope)} over the last tokens. */
    public static Filter presence(double p, int window) {
        return presence(p, Scope.last(window));
    }

    /**
     * Subtracts p from the logits of tokens that occurred, however often: {@code z_i - p} (OpenAI API). Negative p rewards;
     * 0 does nothing.
     *
     * @throws IllegalArgumentException if p is not finite
     */
    public static Filter presence(double p, Scope scope) {
        Check.finite("p", p);
        return counted("presence penalty " + p, scope, p == 0, (z, count) -> z - p);
    }

    private static Filter counted(String name, Scope scope, boolean idle, Tally.Penalty penalty) {
        return Named.of(name + " over " + scope, (candidates, step) -> {
            if (!idle) {
                Tally tally = candidates.tally();
                tally.count(step.history(), scope);
                tally.apply(penalty, candidates);
            }
        });
    }

    /** {@link #noRepeatNgram(int, Scope)} over the whole history. */
    public static Filter noRepeatNgram(int n) {
        return noRepeatNgram(n, Scope.all());
    }

    /**
     * Removes each token that would complete an n-gram that occurred (Paulus, Xiong and Socher, A Deep Reinforced Model for
     * Abstractive Summarization, ICLR 2018; as in Hugging Face Transformers). 1 removes all tokens that occurred. It may
     * remove all candidates.
     *
     * @throws IllegalArgumentException if n is not positive
     */
    public static Filter noRepeatNgram(int n, Scope scope) {
        Check.positive("n", n);
        return Named.of("no repeated " + n + "-gram over " + scope, (candidates, step) -> {
            History history = step.history();
            int size = scope.length(history);
            SuffixMatches matches = step.matches();
            matches.begin(history, size, n - 1);
            for (int k = 1; k <= size - n + 1; k++) {
                int id = history.last(k - 1);
                if (matches.next() == n - 1 && candidates.covers(id)) {
                    candidates.setLogit(id, Float.NEGATIVE_INFINITY);
                }
            }
            candidates.settle();
        });
    }

    /**
     * DRY, "don't repeat yourself": a token that would continue the end of the text as an earlier part of it went on loses
     *
     * <p>{@code multiplier base^(n - allowedLength)}
     *
     * <p>where n is the length of the longest such match, without the token, if it is at least {@code allowedLength}
     * (p-e-w, text-generation-webui pull request 5677, 2024). As there, matches count to 50 tokens, do not reach beyond a
     * breaker, such as the token of a line's end, and breakers themselves lose nothing; llama.cpp counts further where the
     * power stays finite, and knows breakers of several tokens. Usual: multiplier 0.8, base 1.75, allowed length 2.
     *
     * @param multiplier 0 does nothing
     * @param breakers tokens at which matches end
     * @throws IllegalArgumentException if the multiplier is negative, the base is below 1, one of them is not finite, the
     *     allowed length is not from 1 to 50 or a breaker is negative; at a step, if a breaker is not below the vocabulary
     */
    public static Filter dry(double multiplier, double base, int allowedLength, Scope scope, int... breakers) {
        return new Dry(multiplier, base, allowedLength, scope, breakers);
    }
}
