package io.vastmax.text;

import java.io.IOException;
import java.io.Reader;
import java.util.Arrays;

/**
 * WikiText's format: tokens are what lies between white space, and each line ends in {@link Vocabulary#EOS}, blank lines and a
 * last line without a line feed too. White space is what Python's {@code str.split()} takes for it; a line ends at a line
 * feed only, so that a carriage return before it is white space as well.
 */
public final class WikiTextTokenizer implements Tokenizer {
    /** Its {@link #name}. */
    public static final String NAME = "words";

    private static final int BUFFER = 1 << 14;

    /** The tokenizer; all are alike. */
    public WikiTextTokenizer() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void tokenize(Reader text, TokenConsumer tokens) throws IOException {
        char[] buffer = new char[BUFFER];
        int kept = 0; // characters of a token that the buffer's end has cut, moved to its start
        boolean lineOpen = false;
        for (int read; (read = text.read(buffer, kept, buffer.length - kept)) >= 0; ) {
            int end = kept + read;
            int start = 0;
            for (int i = kept; i < end; i++) {
                char c = buffer[i];
                lineOpen = c != '\n';
                if (WhiteSpace.is(c)) {
                    if (start < i) {
                        tokens.accept(new String(buffer, start, i - start));
                    }
                    if (c == '\n') {
                        tokens.accept(Vocabulary.EOS);
                    }
                    start = i + 1;
                }
            }
            kept = end - start;
            if (kept == buffer.length) {
                buffer = Arrays.copyOf(buffer, Math.multiplyExact(2, kept));
            } else {
                System.arraycopy(buffer, start, buffer, 0, kept);
            }
        }
        if (kept > 0) {
            tokens.accept(new String(buffer, 0, kept));
        }
        if (lineOpen) {
            tokens.accept(Vocabulary.EOS);
        }
    }
}
