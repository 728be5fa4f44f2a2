package io.vastmax.text;

/**
 * A language model that gives the logits of the next token after any sequence of tokens. Whatever runs it is behind this:
 * what a {@link Generator} needs to know of a model.
 *
 * <p>Whether several decodings may run at once, and on which threads, is the implementation's to say.
 */
public interface CausalLanguageModel {
    /** The number of tokens, V: ids are from 0 to below it, and a row of logits has one for each. */
    int vocabularySize();

    /** The most tokens of a sequence, the prompt included; {@link Integer#MAX_VALUE} if there is no limit. */
    int maxLength();

    /**
     * Starts sequences that have no tokens yet.
     *
     * @param sequences how many, at least one
     */
    Decoding start(int sequences);
}
