package io.vastmax.cli;

import io.vastmax.text.Corpus;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.TokenIds;
import io.vastmax.text.Tokenizer;
import io.vastmax.text.Vocabulary;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Words.
 *
 * @param vocabulary of the model
 * @param tokenizer what cuts a text into them
 */
record WordTokens(Vocabulary vocabulary, Tokenizer tokenizer) implements TextTokens {
    /**
     * The prompt after the end of a line, so that there is something to go on from, without an end of its last line, which goes
     * on. It stands between two words that are dropped: a tokenizer ends every line, and may take the first for a header.
     */
    @Override
    public int[] prompt(String text) throws IOException {
        List<String> words = new ArrayList<>();
        tokenizer.tokenize(new StringReader(".\n" + text + " ."), words::add);
        return words.subList(1, words.size() - 2).stream()
                .mapToInt(vocabulary::id)
                .toArray();
    }

    @Override
    public TokenIds read(Path corpus, Part part) throws IOException {
        return TokenIds.encode(part.of(Corpus.open(corpus, tokenizer, CorpusOptions.SPLIT_SEED)), vocabulary);
    }

    @Override
    public OptionalInt id(String token) {
        int id = vocabulary.id(token);
        return id == vocabulary.unkId() && !token.equals(Vocabulary.UNK) ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public String token(int id) {
        return vocabulary.token(id);
    }

    @Override
    public Detokenizer detokenizer() {
        return Detokenizer.words(vocabulary);
    }

    @Override
    public void close() {
        // There is nothing to free
    }
}
