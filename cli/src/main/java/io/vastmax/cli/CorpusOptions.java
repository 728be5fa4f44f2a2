package io.vastmax.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vastmax.djl.LanguageModelFiles;
import io.vastmax.text.Corpus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which text. */
final class CorpusOptions {
    /** Of the default corpus and of folders without parts of their own: the same split for every run. */
    static final long SPLIT_SEED = 1;

    private static final String DEFAULT = "java-sources";

    @Option(
            names = "--corpus",
            paramLabel = "PATH",
            description = {
                "A folder with train, valid and test files in WikiText's format, or with text files, which are then"
                        + " split by file.",
                "Default: the Java sources of lucene-core and guava."
            })
    private @Nullable Path path;

    @Nullable
    Path path() {
        return path;
    }

    Corpus open() throws IOException {
        return open(path);
    }

    static Corpus open(@Nullable Path path) throws IOException {
        if (path != null) {
            return Corpus.open(path, SPLIT_SEED);
        }
        String folder = System.getProperty("vastmax.corpus");
        return Corpus.javaSources(
                Path.of(Objects.requireNonNull(folder, "vastmax.corpus is not set: start with ./vastmax")), SPLIT_SEED);
    }

    /** The text at a path, for a model; for null what it was trained on. */
    static Corpus open(@Nullable Path path, LanguageModelFiles.Loaded model) throws IOException {
        return path != null ? Corpus.open(path, model.tokenizer(), SPLIT_SEED) : open(trainedOn(model));
    }

    /** Its name in reports. */
    static String name(@Nullable Path path, LanguageModelFiles.Loaded model, Corpus corpus) {
        return path == null && trainedOn(model) == null ? DEFAULT : corpus.name();
    }

    private static @Nullable Path trainedOn(LanguageModelFiles.Loaded model) {
        JsonNode corpus = model.training().path("corpus");
        return corpus.isTextual() ? Path.of(corpus.asText()) : null;
    }

    /** The corpus's name in reports. */
    static String name(@Nullable String path, Corpus corpus) {
        return path == null ? DEFAULT : corpus.name();
    }
}
