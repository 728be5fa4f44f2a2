package io.vastmax.cli;

import io.vastmax.text.Detokenizer;
import io.vastmax.text.TokenIds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;

/** Makes tokens of a text, and text of a model's tokens. */
interface TextTokens extends AutoCloseable {
    /** The tokens of what a text is to follow. */
    int[] prompt(String text) throws IOException;

    /** A part of a corpus. */
    TokenIds read(Path corpus, Part part) throws IOException;

    /** The id of a token as it is written; empty if there is none. */
    OptionalInt id(String token);

    /** A token as it is written. */
    String token(int id);

    /** Makes text of them. */
    Detokenizer detokenizer();

    @Override
    void close();
}
