package io.vastmax.cli;

import io.vastmax.LogitTransform;
import io.vastmax.Workspace;
import io.vastmax.djl.LanguageModelFiles;
import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.text.Corpus;
import io.vastmax.text.TokenIds;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vastmax calibrate}. */
@Command(
        name = "calibrate",
        description = {
            "Fit the temperature of a model, and report how well it knows what it knows.",
            "",
            "Logits are divided by the temperature T. The T of the lowest loss on the valid part is kept with the model:"
                    + " evaluate and generate use it from then on, and a second calibration begins at it. What a"
                    + " calibrated model says with the probability 0.7 is right in 7 of 10 cases.",
            "",
            "calibration.html shows reliability diagrams before and after, and what is gained by leaving unsure"
                    + " predictions undecided; calibration.json holds the numbers.",
            ""
        },
        footer = {"", "Example:", "  vastmax calibrate --model model --out report"})
final class CalibrateCommand implements Callable<Integer> {
    private static final int MAX_BINS = 1000;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "DIR", required = true, description = "Folder of the model.")
    @SuppressWarnings("NullAway.Init")
    private Path model;

    @Option(
            names = "--corpus",
            paramLabel = "PATH",
            description = "A corpus as for train. Default: what the model was trained on.")
    private @Nullable Path corpus;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder to write calibration.html and calibration.json to. Default: that of the model.")
    private @Nullable Path out;

    @Option(
            names = "--bins",
            paramLabel = "M",
            description = "Bins of equal width that confidences are sorted into. Default: ${DEFAULT-VALUE}.")
    private int bins = 15;

    @Mixin
    private RunOptions run = new RunOptions();

    @Override
    public Integer call() throws IOException {
        if (bins < 1 || bins > MAX_BINS) {
            throw new ParameterException(spec.commandLine(), "--bins " + bins + ": must be from 1 to " + MAX_BINS);
        }
        LanguageModelFiles.Loaded loaded = LanguageModelFiles.load(model);
        Calibration calibration;
        LogitTransform fitted;
        try (RecurrentLanguageModel lm = loaded.model();
                Workspace workspace = run.workspace()) {
            Corpus text = CorpusOptions.open(corpus, loaded);
            try (TokenIds valid = TokenIds.encode(text.valid(), loaded.vocabulary());
                    TokenIds test = TokenIds.encode(text.test(), loaded.vocabulary())) {
                calibration = new Calibrator(
                                lm, bins, workspace, spec.commandLine().getErr())
                        .calibrate(CorpusOptions.name(corpus, loaded, text), valid, test);
            }
            fitted = lm.objective().exact().transform().withTemperature(calibration.temperature());
        }
        Path folder = out != null ? out : model;
        Report.write(folder, "calibration.json", Json.write(calibration));
        Report.write(folder, "calibration.html", CalibrationPage.of(model.toString(), calibration));
        // Last, since what fails above must leave the model as it was
        LanguageModelFiles.transform(model, fitted);
        print(calibration, folder);
        return 0;
    }

    private void print(Calibration calibration, Path folder) throws IOException {
        PrintWriter to = spec.commandLine().getOut();
        if (run.json()) {
            to.print(Json.write(calibration));
        } else {
            CalibrationTable.print(calibration, to);
            to.printf("%nThe temperature is kept with %s. Report: %s%n", model, folder.resolve("calibration.html"));
        }
        to.flush();
    }
}
