package io.vastmax.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.vastmax.Matrix;
import io.vastmax.Workspace;
import io.vastmax.djl.LanguageModelFiles;
import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.djl.RecurrentState;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Filters;
import io.vastmax.sampling.Sampler;
import io.vastmax.text.Vocabulary;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vastmax generate}. */
@Command(
        name = "generate",
        sortOptions = false,
        description = {
            "Write text with a model, word by word.",
            "",
            "Each word is drawn from the model's distribution by the samplers that are given, in their order;"
                    + " by --top-k 40 --temperature 0.8 if none is. The logits are log-probabilities.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  vastmax generate --model model --prompt \"public static\" --tokens 60 --temperature 0.7"
        })
final class GenerateCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "DIR", required = true, description = "Folder of the model.")
    @SuppressWarnings("NullAway.Init")
    private Path model;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "What the text begins with. Default: the beginning of a line.")
    private String prompt = "";

    @Option(names = "--tokens", paramLabel = "N", description = "How many words to write. Default: ${DEFAULT-VALUE}.")
    private int tokens = 100;

    @Option(names = "--seed", paramLabel = "N", description = "Of the draws. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Mixin
    private RunOptions run = new RunOptions();

    /** The result, for {@code --json}. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    private record Result(String prompt, List<String> tokens, String text) {}

    @Override
    public Integer call() throws IOException {
        if (tokens < 1) {
            throw new ParameterException(spec.commandLine(), "--tokens " + tokens + ": must be at least 1");
        }
        LanguageModelFiles.Loaded loaded = LanguageModelFiles.load(model);
        Vocabulary vocabulary = loaded.vocabulary();
        PrintWriter out = spec.commandLine().getOut();
        List<String> written = new ArrayList<>();
        try (RecurrentLanguageModel lm = loaded.model();
                Workspace workspace = run.workspace()) {
            Chain chain = SamplingOptions.areGiven(spec)
                    ? SamplingOptions.chain(spec, file -> LogitsFile.readBeside(file, 0, vocabulary.size()))
                    : Chain.of(Filters.topK(40), Filters.temperature(0.8));
            Matrix logProbs = Matrix.zeros(1, vocabulary.size());
            RecurrentState state = lm.zeroState(1);
            int[] ids = promptIds(loaded);
            Sampler sampler = chain.sampler(seed).prompt(ids);
            if (!run.json()) {
                out.print(prompt);
            }
            for (int i = 0; i < tokens; i++) {
                Matrix last = lastRow(lm.hidden(ids, ids.length, state));
                lm.objective().exact().logProbs(last, logProbs, workspace);
                int id = sampler.sample(logProbs.array());
                written.add(vocabulary.token(id));
                if (!run.json()) {
                    out.print(text(vocabulary.token(id)));
                    out.flush();
                }
                ids = new int[] {id};
            }
        }
        if (run.json()) {
            StringBuilder text = new StringBuilder(prompt);
            written.forEach(token -> text.append(text(token)));
            out.print(Json.write(new Result(prompt, written, text.toString())));
        } else {
            out.println();
        }
        out.flush();
        return 0;
    }

    /** The prompt after the end of a line, so that there is something to go on from. */
    private int[] promptIds(LanguageModelFiles.Loaded loaded) throws IOException {
        List<String> words = new ArrayList<>(List.of(Vocabulary.EOS));
        loaded.tokenizer().tokenize(new StringReader(prompt), words::add);
        if (words.size() > 1) {
            // The tokenizer ends the prompt's last line, which goes on
            words.removeLast();
        }
        return words.stream().mapToInt(loaded.vocabulary()::id).toArray();
    }

    private static String text(String token) {
        return token.equals(Vocabulary.EOS) ? "\n" : " " + token;
    }

    private static Matrix lastRow(Matrix hidden) {
        Matrix row = Matrix.zeros(1, hidden.columns());
        System.arraycopy(hidden.array(), (hidden.rows() - 1) * hidden.columns(), row.array(), 0, hidden.columns());
        return row;
    }
}
