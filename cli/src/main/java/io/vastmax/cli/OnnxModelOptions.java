package io.vastmax.cli;

import io.vastmax.onnx.OnnxLanguageModel;
import io.vastmax.onnx.OnnxModel;
import io.vastmax.onnx.OnnxOptions;
import io.vastmax.text.Tokenizer;
import io.vastmax.text.Vocabulary;
import io.vastmax.text.WikiTextTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** A model of ONNX Runtime in the place of one that {@code train} has made, and what its files do not say. */
final class OnnxModelOptions {
    @Option(
            names = "--onnx",
            paramLabel = "PATH",
            description = "A language model as ONNX, its file or its folder, in place of --model.")
    private @Nullable Path onnx;

    @Option(
            names = "--tokenizer",
            paramLabel = "FILE",
            description = "Its tokenizer.json. Default: the one beside the model, if there is one.")
    private @Nullable Path tokenizer;

    @Option(
            names = "--vocab",
            paramLabel = "FILE",
            description =
                    "Its vocabulary if its tokens are words: a word a line. Default: what the model itself says, else"
                            + " the vocab.txt beside it.")
    private @Nullable Path vocabulary;

    @Option(
            names = "--state",
            paramLabel = "IN=OUT",
            description =
                    "A state: the input of the model that takes what the output has given in the step before. For names"
                            + " that do not show it, as past_x and present_x do. May be given again.")
    private Map<String, String> states = Map.of();

    @Option(
            names = "--context",
            paramLabel = "N",
            description =
                    "The most tokens that the model takes, prompt and text together. Default: what the configuration"
                            + " beside it says, else no limit.")
    private @Nullable Integer context;

    Path path() {
        if (onnx == null) {
            throw new IllegalStateException("no --onnx");
        }
        return onnx;
    }

    /** Refuses both kinds of models at once, none, and options without their model. */
    void check(CommandSpec spec, @Nullable Path model) {
        if ((model == null) == (onnx == null)) {
            throw new ParameterException(
                    spec.commandLine(),
                    model == null ? "Give a model: --model DIR or --onnx PATH" : "Give --model or --onnx, not both");
        }
        if (model != null && Files.isRegularFile(model)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--model " + model + ": is a file, must be a folder of train; an ONNX model goes with --onnx");
        }
        for (String option : List.of("--tokenizer", "--vocab", "--state", "--context")) {
            if (onnx == null && spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(spec.commandLine(), option + " goes with --onnx");
            }
        }
        if (tokenizer != null && vocabulary != null) {
            throw new ParameterException(spec.commandLine(), "Give --tokenizer or --vocab, not both");
        }
        if (context != null && context < 2) {
            throw new ParameterException(spec.commandLine(), "--context " + context + ": must be at least 2");
        }
    }

    /** Opens a model that needs no options of its own. */
    static OnnxLanguageModel open(Path path, int threads) throws IOException {
        return OnnxLanguageModel.open(path, OnnxOptions.DEFAULT.withThreads(threads));
    }

    OnnxLanguageModel open(int threads) throws IOException {
        OnnxOptions options = OnnxOptions.DEFAULT.withThreads(threads);
        for (Map.Entry<String, String> state : states.entrySet()) {
            options = options.withState(state.getKey(), state.getValue());
        }
        return OnnxLanguageModel.open(path(), context == null ? options : options.withMaxLength(context));
    }

    /**
     * What makes tokens of text for it: as was said, or as the model or the files beside it say.
     *
     * @throws IOException if these are none, or do not fit the model
     */
    TextTokens tokens(CommandSpec spec, OnnxLanguageModel model) throws IOException {
        if (vocabulary != null) {
            return words(vocabulary, model);
        }
        if (tokenizer != null) {
            return HuggingFaceTokens.open(tokenizer, model);
        }
        String own = model.metadata().get(OnnxModel.VOCABULARY);
        if (own != null) {
            return words(path(), Vocabulary.of(own.lines().toList()), model);
        }
        Optional<Path> file = model.beside("tokenizer.json");
        if (file.isPresent()) {
            return HuggingFaceTokens.open(file.get(), model);
        }
        file = model.beside("vocab.txt");
        if (file.isPresent()) {
            return words(file.get(), model);
        }
        throw new ParameterException(
                spec.commandLine(),
                path() + " does not say what its tokens are: give --tokenizer tokenizer.json or --vocab vocab.txt");
    }

    private static TextTokens words(Path file, OnnxLanguageModel model) throws IOException {
        return words(file, Vocabulary.read(file), model);
    }

    private static TextTokens words(Path source, Vocabulary vocabulary, OnnxLanguageModel model) throws IOException {
        if (vocabulary.size() != model.vocabularySize()) {
            throw new IOException(source + " has " + vocabulary.size() + " words, but the model has logits for "
                    + model.vocabularySize());
        }
        String tokenizer = model.metadata().getOrDefault(OnnxModel.TOKENIZER, WikiTextTokenizer.NAME);
        return new WordTokens(vocabulary, Tokenizer.named(tokenizer));
    }
}
