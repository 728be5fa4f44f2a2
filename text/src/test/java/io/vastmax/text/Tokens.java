package io.vastmax.text;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;

/** Collects the tokens of small texts. */
final class Tokens {
    private Tokens() {}

    static List<String> of(Tokenizer tokenizer, String text) {
        try {
            return of(tokenizer, new StringReader(text));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static List<String> of(Tokenizer tokenizer, Reader text) throws IOException {
        List<String> tokens = new ArrayList<>();
        tokenizer.tokenize(text, tokens::add);
        return tokens;
    }

    static List<String> of(Text text) throws IOException {
        List<String> tokens = new ArrayList<>();
        text.forEachToken(tokens::add);
        return tokens;
    }
}
