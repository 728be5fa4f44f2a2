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
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** A model of ONNX Runtime in the place of one that {@code train} has made, and what its files do not say. */
final class OnnxModelOptions {
    @Option(
            names = "--onnx",
            paramLabel = "PATH",
            description = "A language model as ONNX, or the folder of one, in place of --model.")
    private @Nullable Path onnx;

    @Option(
            names = "--tokenizer",
            paramLabel = "FILE",
            description = "Its tokenizer.json. Default: the one beside the model, if there is one.")
    private @Nullable Path tokenizer;

    @Option(
            names = "--vocab",
            paramLabel = "FILE",
            description = "Of a model of words: vocab.txt, a word a line. Default: what the model itself says.")
    private @Nullable Path vocabulary;

    @Option(
            names = "--state",
            paramLabel = "IN=OUT",
            description =
                    "An input of the model that takes what an output has given in the step before, where their names"
                            + " do not show it. May be given again.")
    private Map<String, String> states = Map.of();

    @Option(
            names = "--context",
            paramLabel = "N",
            description =
                    "The most tokens that the model can take. Default: what its configuration says, else no limit.")
    private @Nullable Integer context;

    /** Whether a model of ONNX Runtime is asked for. */
    boolean isGiven() {
        return onnx != null;
    }

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
        boolean more = tokenizer != null || vocabulary != null || !states.isEmpty() || context != null;
        if (onnx == null && more) {
            throw new ParameterException(
                    spec.commandLine(), "--tokenizer, --vocab, --state and --context go with --onnx");
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

    /** What makes tokens of text for it: as was said, or as the model or the files beside it say. */
    TextTokens tokens(CommandSpec spec, OnnxLanguageModel model) throws IOException {
        String words = model.metadata().get(OnnxModel.VOCABULARY);
        Path folder = Files.isDirectory(path()) ? path() : path().resolveSibling("");
        Path besideTokenizer = folder.resolve("tokenizer.json");
        Path besideWords = folder.resolve("vocab.txt");
        if (vocabulary != null) {
            return words(Vocabulary.read(vocabulary), model);
        }
        if (tokenizer != null) {
            return HuggingFaceTokens.open(tokenizer);
        }
        if (words != null) {
            return words(Vocabulary.of(words.lines().toList()), model);
        }
        if (Files.exists(besideTokenizer)) {
            return HuggingFaceTokens.open(besideTokenizer);
        }
        if (Files.exists(besideWords)) {
            return words(Vocabulary.read(besideWords), model);
        }
        throw new ParameterException(
                spec.commandLine(),
                path() + " does not say what its tokens are: give --tokenizer tokenizer.json or --vocab vocab.txt");
    }

    private static TextTokens words(Vocabulary vocabulary, OnnxLanguageModel model) {
        String tokenizer = model.metadata().getOrDefault(OnnxModel.TOKENIZER, WikiTextTokenizer.NAME);
        return new WordTokens(vocabulary, Tokenizer.named(tokenizer));
    }
}
