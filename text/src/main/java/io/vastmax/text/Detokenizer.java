package io.vastmax.text;

import java.util.function.Function;
import java.util.function.IntFunction;

/** Makes text of tokens, one after the other. Immutable, if what it was made of is. */
public interface Detokenizer {
    /** The text of one sequence as its tokens come. Mutable; one thread at a time. */
    interface Stream {
        /** The text that became certain by another token: empty as long as its last character is not whole. */
        String append(int id);

        /** What is left at the end: for a character that was never completed, U+FFFD. */
        String finish();
    }

    /**
     * Begins the text that follows a prompt.
     *
     * @param prompt its tokens, which are not part of the text, but may decide whether a space begins it
     */
    Stream start(int... prompt);

    /**
     * Refuses a model with other tokens.
     *
     * @throws IllegalArgumentException if it knows its tokens, and the model has not as many
     */
    default void requireFit(int vocabularySize) {}

    /** The whole text of tokens that follow a prompt. */
    default String text(int[] prompt, int... ids) {
        Stream stream = start(prompt);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(stream.append(id));
        }
        return text.append(stream.finish()).toString();
    }

    /** Words, a space before each; {@link Vocabulary#EOS} is the end of a line. */
    static Detokenizer words(Vocabulary vocabulary) {
        return new WordText(vocabulary);
    }

    /**
     * Tokens that are bytes of UTF-8, as in byte-level models and byte-level BPE.
     *
     * @param bytes those of a token
     */
    static Detokenizer bytes(IntFunction<byte[]> bytes) {
        return prompt -> new ByteText(bytes);
    }

    /**
     * With a function that knows no streams, such as the {@code decode} of DJL's Hugging Face tokenizers: the text of a token
     * is what the text of the last few tokens gains by it.
     *
     * @param decode the text of tokens, with U+FFFD where their bytes are no whole character
     */
    static Detokenizer of(Function<int[], String> decode) {
        return prompt -> new DecodedText(decode, prompt);
    }
}
