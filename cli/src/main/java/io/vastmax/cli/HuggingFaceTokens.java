package io.vastmax.cli;

import io.vastmax.onnx.HuggingFaceText;
import io.vastmax.onnx.OnnxLanguageModel;
import io.vastmax.text.Corpus;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.TokenConsumer;
import io.vastmax.text.TokenIds;
import io.vastmax.text.Tokenizer;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Tokens of a {@code tokenizer.json}.
 *
 * @param text makes them
 */
record HuggingFaceTokens(HuggingFaceText text) implements TextTokens {
    /** Opens a file, if its tokens are the model's. */
    static HuggingFaceTokens open(Path file, OnnxLanguageModel model) throws IOException {
        HuggingFaceText text = HuggingFaceText.open(file);
        try {
            text.detokenizer().requireFit(model.vocabularySize());
            return new HuggingFaceTokens(text);
        } catch (RuntimeException | Error e) {
            text.close();
            throw e;
        }
    }

    @Override
    public int[] prompt(String prompt) {
        return text.encode(prompt);
    }

    @Override
    public TokenIds read(Path corpus, Part part) throws IOException {
        List<int[]> documents = new ArrayList<>();
        part.of(Corpus.open(corpus, new WholeDocument(), CorpusOptions.SPLIT_SEED))
                .forEachToken(document -> documents.add(text.encode(document)));
        return TokenIds.of(documents.stream().flatMapToInt(Arrays::stream).toArray());
    }

    /** A document in one piece, white space and all: a tokenizer.json says itself how it is cut. */
    private static final class WholeDocument implements Tokenizer {
        @Override
        public String name() {
            return "whole";
        }

        @Override
        public void tokenize(Reader document, TokenConsumer tokens) throws IOException {
            tokens.accept(document.readAllAsString());
        }
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
