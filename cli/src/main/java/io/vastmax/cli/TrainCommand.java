package io.vastmax.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.vastmax.ModelDirectory;
import io.vastmax.djl.LanguageModelFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vastmax train}. */
@Command(
        name = "train",
        description = {
            "Train an LSTM language model on a text.",
            "",
            "The model is saved every two minutes, at the end, and when you press Ctrl-C; --resume goes on where an"
                    + " interrupted training stopped, with its settings, and gives the same model as if nothing had"
                    + " happened.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  vastmax train --output model --minutes 5",
            "  vastmax train --corpus wikitext-2 --output model --epochs 6 --dropout 0.4",
            "  vastmax train --resume --output model"
        })
final class TrainCommand implements Callable<Integer> {
    private static final Set<String> WITH_RESUME =
            Set.of("--resume", "--output", "--threads", "--memory", "--json", "--part", "--verbose");

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Folder to save the model in. Default: it is not kept.")
    private @Nullable Path output;

    @Option(names = "--resume", description = "Go on with the training that was interrupted in the --output folder.")
    private boolean resume;

    @Option(
            names = "--part",
            paramLabel = "PART",
            description = "Report the perplexity of this part: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Part part = Part.valid;

    @Mixin
    private TrainingOptions training = new TrainingOptions();

    @Mixin
    private RunOptions run = new RunOptions();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        TrainingResult result = new TrainingRun(
                        settings(),
                        output,
                        resume,
                        part,
                        run,
                        spec.commandLine().getErr())
                .train();
        if (run.json()) {
            out.print(Json.write(result));
        } else {
            print(result, out);
        }
        out.flush();
        return 0;
    }

    private TrainingSettings settings() throws IOException {
        if (!resume) {
            try {
                TrainingSettings settings = training.settings();
                Layers.check(settings.layer(), settings.layerSettings(), settings.objective(), settings.input());
                return settings;
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), Objects.requireNonNull(e.getMessage()), e);
            }
        }
        if (output == null) {
            throw new ParameterException(spec.commandLine(), "--resume needs --output, the folder of the training");
        }
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            if (!WITH_RESUME.contains(option.longestName())) {
                throw new ParameterException(
                        spec.commandLine(),
                        option.longestName() + " does not go with --resume: a training keeps its settings");
            }
        }
        if (!LanguageModelFiles.canResume(output)) {
            throw new IOException(output + ": this training came to its end, there is nothing to resume");
        }
        JsonNode training = ModelDirectory.open(output).config().path("training");
        return TrainingSettings.saved(training);
    }

    private void print(TrainingResult result, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "Trained %.3f epochs in %.0f s: %,.0f tokens/s, %.0f %% of the time in the output layer%n",
                result.epochs(),
                result.trainSeconds(),
                result.tokensPerSecond(),
                100 * result.layerShare());
        if (!result.interrupted()) {
            out.printf(
                    Locale.ROOT,
                    "Perplexity on the %s part: %.2f (%.3f bits per token)%n",
                    result.part(),
                    result.perplexity(),
                    Math.log(result.perplexity()) / Math.log(2));
        }
        if (output != null) {
            out.printf("Model in %s%n", output);
        }
    }
}
