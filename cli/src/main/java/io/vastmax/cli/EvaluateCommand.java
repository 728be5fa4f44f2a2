package io.vastmax.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.vastmax.Workspace;
import io.vastmax.djl.LanguageModelFiles;
import io.vastmax.djl.RecurrentLanguageModel;
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
import picocli.CommandLine.Spec;

/** {@code vastmax evaluate}. */
@Command(
        name = "evaluate",
        description = {
            "Compute the exact perplexity of a model on a text.",
            "",
            "The text is one stream from a state of zeros, which is carried along. The first token is not predicted,"
                    + " every later one is, <eos> and <unk> too. Perplexity is exp of the mean negative log-likelihood"
                    + " under the full distribution.",
            ""
        },
        footer = {"", "Example:", "  vastmax evaluate --model model --corpus wikitext-2 --part valid"})
final class EvaluateCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "DIR", required = true, description = "Folder of the model.")
    @SuppressWarnings("NullAway.Init")
    private Path model;

    @Option(
            names = "--corpus",
            paramLabel = "PATH",
            description = "A corpus as for train, or a single file. Default: what the model was trained on.")
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
        LanguageModelFiles.Loaded loaded = LanguageModelFiles.load(model);
        try (RecurrentLanguageModel lm = loaded.model();
                Workspace workspace = run.workspace()) {
            Corpus text = CorpusOptions.open(corpus, loaded);
            try (TokenIds ids = TokenIds.encode(part.of(text), loaded.vocabulary())) {
                print(
                        CorpusOptions.name(corpus, loaded, text),
                        TrainingRun.perplexity(part.toString(), lm, ids, workspace));
            }
        }
        return 0;
    }

    private void print(String name, Perplexity perplexity) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (run.json()) {
            out.print(Json.write(
                    new Result(name, part, perplexity.tokens(), perplexity.value(), perplexity.bitsPerToken())));
        } else {
            out.printf(
                    Locale.ROOT,
                    "Perplexity of %s on the %s part of %s: %.2f (%.3f bits per token, %,d tokens)%n",
                    model,
                    part,
                    name,
                    perplexity.value(),
                    perplexity.bitsPerToken(),
                    perplexity.tokens());
        }
        out.flush();
    }
}
