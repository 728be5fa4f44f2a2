package io.vastmax.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;

/**
 * Java sources as words: identifiers and keywords, numbers, and every other character on its own. Comments and strings are
 * cut the same way, so that their words count as words. A line that holds a token ends in {@link Vocabulary#EOS}; blank lines
 * leave no trace.
 *
 * <p>A number starts with a digit and goes on through letters, digits, underscores and each point that a digit follows:
 * {@code 0x7fL}, {@code 1.5e3f} and {@code 10.3.1} are one token.
 *
 * <p>The licence header is left out: the ordinary comments, {@code /* *}{@code /} and {@code //}, before anything else. It
 * ends at the first code or at the javadoc that stands above it, as in {@code package-info.java}.
 */
public final class JavaTokenizer implements Tokenizer {
    static final String NAME = "java";

    /** The tokenizer; all are alike. */
    public JavaTokenizer() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void tokenize(Reader text, TokenConsumer tokens) throws IOException {
        BufferedReader lines = new BufferedReader(text);
        Header header = new Header();
        for (String line; (line = lines.readLine()) != null; ) {
            if (words(line, header.skip(line), tokens)) {
                tokens.accept(Vocabulary.EOS);
            }
        }
    }

    /** The tokens of {@code line} from {@code start} on; returns whether there are any. */
    private static boolean words(String line, int start, TokenConsumer tokens) throws IOException {
        boolean any = false;
        for (int i = start; i < line.length(); ) {
            if (WhiteSpace.is(line.charAt(i))) {
                i++;
                continue;
            }
            int end = tokenEnd(line, i);
            tokens.accept(line.substring(i, end));
            any = true;
            i = end;
        }
        return any;
    }

    private static int tokenEnd(String line, int start) {
        int first = line.codePointAt(start);
        int i = start + Character.charCount(first);
        boolean number = Character.isDigit(first);
        if (!number && !Character.isJavaIdentifierStart(first)) {
            return i;
        }
        while (i < line.length()) {
            int next = line.codePointAt(i);
            if (!Character.isJavaIdentifierPart(next) && !(number && isPointInNumber(line, i))) {
                break;
            }
            i += Character.charCount(next);
        }
        return i;
    }

    private static boolean isPointInNumber(String line, int i) {
        return line.charAt(i) == '.' && i + 1 < line.length() && Character.isDigit(line.charAt(i + 1));
    }

    /** Where a document is in its licence header. Mutable. */
    private static final class Header {
        private boolean over;
        private boolean inComment;

        /** Where the text begins in the next line: its length, where all of it is header. */
        int skip(String line) {
            int i = 0;
            while (!over && i < line.length()) {
                if (inComment) {
                    int close = line.indexOf("*/", i);
                    inComment = close < 0;
                    i = inComment ? line.length() : close + 2;
                } else if (WhiteSpace.is(line.charAt(i))) {
                    i++;
                } else if (line.startsWith("//", i)) {
                    i = line.length();
                } else if (line.startsWith("/*", i) && !isJavadoc(line, i)) {
                    inComment = true;
                    i += 2;
                } else {
                    over = true;
                }
            }
            return i;
        }

        private static boolean isJavadoc(String line, int i) {
            return line.startsWith("/**", i) && !line.startsWith("/**/", i);
        }
    }
}
