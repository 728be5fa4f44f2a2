package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WikiTextTokenizerTest {
    private final Tokenizer tokenizer = new WikiTextTokenizer();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                        | ''",
                "a b                       | a b <eos>",
                "a b\\n                    | a b <eos>",
                "a b\\r\\nc\\r\\n          | a b <eos> c <eos>",
                "\\n\\na                   | <eos> <eos> a <eos>",
                "' a\\t\\tb  '             | a b <eos>",
                "'  '                      | <eos>",
                "a\\n                      | a <eos>",
                "a <unk> @-@ b             | a <unk> @-@ b <eos>",
                "a\u00a0b\u3000c\u0085d | a b c d <eos>",
                "a\u200bb\ufeff          | a\u200bb\ufeff <eos>",
            })
    void splitsAtWhiteSpaceAndEndsLines(String text, String tokens) {
        assertThat(String.join(" ", Tokens.of(tokenizer, text.translateEscapes())))
                .isEqualTo(tokens);
    }

    @Property(tries = 300)
    void agreesWithSplittingLines(
            @ForAll @StringLength(max = 60) @Chars({' ', '\t', '\n', '\r'}) @CharRange(from = 'a', to = 'c')
                    String text,
            @ForAll @IntRange(min = 1, max = 7) int chunk)
            throws IOException {
        assertThat(Tokens.of(tokenizer, new Chunks(text, chunk))).isEqualTo(reference(text));
    }

    private static List<String> reference(String text) {
        List<String> tokens = new ArrayList<>();
        for (String line :
                text.isEmpty() ? new String[0] : text.replaceFirst("\n\\z", "").split("\n", -1)) {
            for (String token : line.split("\\s+", -1)) {
                if (!token.isEmpty()) {
                    tokens.add(token);
                }
            }
            tokens.add(Vocabulary.EOS);
        }
        return tokens;
    }

    @Test
    void keepsTokensThatTheBufferCuts() {
        String longToken = "0123456789".repeat(10_000);
        String text = ("word " + longToken + "\n").repeat(3);
        assertThat(Tokens.of(tokenizer, text))
                .containsExactly("word", longToken, "<eos>", "word", longToken, "<eos>", "word", longToken, "<eos>");
    }

    /** Gives at most {@code chunk} characters a read. */
    private static final class Chunks extends FilterReader {
        private final int chunk;

        Chunks(String text, int chunk) {
            super((Reader) new StringReader(text));
            this.chunk = chunk;
        }

        @Override
        public int read(char[] into, int from, int length) throws IOException {
            return super.read(into, from, Math.min(length, chunk));
        }
    }
}
