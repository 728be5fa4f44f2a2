package io.vastmax.cli;

import io.vastmax.onnx.HuggingFaceText;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.TokenIds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * Tokens of a {@code tokenizer.json}.
 *
 * @param text makes them
 */
record HuggingFaceTokens(HuggingFaceText text) implements TextTokens {
    static HuggingFaceTokens open(Path file) throws IOException {
        return new HuggingFaceTokens(HuggingFaceText.open(file));
    }

    @Override
    public int[] prompt(String prompt) {
        return text.encode(prompt);
    }

    /** A file as it is: it has no parts. */
    @Override
    public TokenIds read(Path corpus, Part part) throws IOException {
        if (Files.isDirectory(corpus)) {
            throw new IOException(corpus + " is a folder: a model with a tokenizer.json takes a file of text");
        }
        return TokenIds.of(text.encode(Files.readString(corpus)));
    }

    @Override
    public OptionalInt id(String token) {
        return text.id(token);
    }

    @Override
    public String token(int id) {
        return text.token(id);
    }

    @Override
    public Detokenizer detokenizer() {
        return text.detokenizer();
    }

    @Override
    public void close() {
        text.close();
    }
}
