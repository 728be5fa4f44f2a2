package io.vastmax.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.vastmax.Workspace;
import io.vastmax.djl.LanguageModelFiles;
import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.onnx.OnnxLanguageModel;
import io.vastmax.text.Corpus;
import io.vastmax.text.Perplexity;
import io.vastmax.text.TokenIds;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vastmax evaluate}. */
@Command(
        name = "evaluate",
        sortOptions = false,
        description = {
            "Compute the exact perplexity of a model on a text.",
            "",
            "The text is one stream from a state of zeros, which is carried along. The first token is not predicted,"
                    + " every later one is, <eos> and <unk> too. Perplexity is exp of the mean negative log-likelihood"
                    + " under the full distribution.",
            "",
            "The model is one that train has made, or a language model as ONNX. An ONNX model whose context is limited reads"
                    + " windows of that size, side by side.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  vastmax evaluate --model model --corpus wikitext-2 --part valid",
            "  vastmax evaluate --onnx gpt2 --corpus test.txt",
            "  vastmax evaluate --onnx lstm.onnx --vocab vocab.txt --corpus test.txt \\",
            "      --state h_in=h_out --state c_in=c_out"
        })
final class EvaluateCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "DIR", description = "Folder of a model that train has made.")
    private @Nullable Path model;

    @Mixin
    private OnnxModelOptions onnx = new OnnxModelOptions();

    @Option(
            names = "--corpus",
            paramLabel = "PATH",
            description =
                    "A corpus as for train, or a single file. Default: what the model was trained on; an ONNX model has none.")
    private @Nullable Path corpus;

    @Option(
            names = "--part",
            paramLabel = "PART",
            description = "Which part: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Part part = Part.test;

    @Mixin
    private RunOptions run = new RunOptions();

    /** The result, for {@code --json}. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    private record Result(String corpus, Part part, long tokens, double perplexity, double bitsPerToken) {}

    @Override
    public Integer call() throws IOException {
        onnx.check(spec, model);
        return model == null ? onnx() : trained(model);
    }

    private int trained(Path folder) throws IOException {
        LanguageModelFiles.Loaded loaded = LanguageModelFiles.load(folder);
        try (RecurrentLanguageModel lm = loaded.model();
                Workspace workspace = run.workspace()) {
            Corpus text = CorpusOptions.open(corpus, loaded);
            try (TokenIds ids = TokenIds.encode(part.of(text), loaded.vocabulary())) {
                print(
                        folder,
                        CorpusOptions.name(corpus, loaded, text),
                        TrainingRun.perplexity(part.toString(), lm, ids, workspace));
            }
        }
        return 0;
    }

    private int onnx() throws IOException {
        Path path = corpus;
        if (path == null) {
            throw new ParameterException(spec.commandLine(), "--onnx needs a --corpus");
        }
        try (OnnxLanguageModel lm = onnx.open(run.threads());
                TextTokens tokens = onnx.tokens(spec, lm);
                TokenIds ids = tokens.read(path, part);
                Progress progress = Progress.of(part.toString(), ids.size() - 1)) {
            print(
                    onnx.path(),
                    String.valueOf(path.toAbsolutePath().normalize().getFileName()),
                    Perplexity.of(lm, ids, progress::advanceTo));
        }
        return 0;
    }

    private void print(Path of, String name, Perplexity perplexity) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (run.json()) {
            out.print(Json.write(
                    new Result(name, part, perplexity.tokens(), perplexity.value(), perplexity.bitsPerToken())));
        } else {
            out.printf(
                    Locale.ROOT,
                    "Perplexity of %s on the %s part of %s: %.2f (%.3f bits per token, %,d tokens)%n",
                    of,
                    part,
                    name,
                    perplexity.value(),
                    perplexity.bitsPerToken(),
                    perplexity.tokens());
        }
        out.flush();
    }
}
