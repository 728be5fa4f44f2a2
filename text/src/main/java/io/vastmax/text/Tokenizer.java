package io.vastmax.text;

import java.io.IOException;
import java.io.Reader;

/**
 * Cuts a document into tokens and marks the ends of its lines with {@link Vocabulary#EOS}. A tokenizer has no state: it is
 * safe for use by several threads.
 */
public interface Tokenizer {
    /**
     * The name under which a model keeps its tokenizer and {@link #named} finds it again: {@code words} or {@code java}, or
     * the caller's own.
     */
    String name();

    /**
     * Reads one document to its end. It is read as a stream: memory depends on the longest token (or line), not on the text.
     *
     * @param text the document, which the caller closes
     * @param tokens takes the tokens in their order, none empty, none with white space
     * @throws IOException if reading fails or {@code tokens} throws it
     */
    void tokenize(Reader text, TokenConsumer tokens) throws IOException;

    /**
     * The tokenizer of this library with the given name.
     *
     * @throws IllegalArgumentException if there is none
     */
    static Tokenizer named(String name) {
        return switch (name) {
            case WikiTextTokenizer.NAME -> new WikiTextTokenizer();
            case JavaTokenizer.NAME -> new JavaTokenizer();
            default ->
                throw new IllegalArgumentException(
                        "name must be %s or %s, not %s".formatted(WikiTextTokenizer.NAME, JavaTokenizer.NAME, name));
        };
    }
}
