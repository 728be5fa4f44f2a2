package io.vastmax.cli;

import io.vastmax.OutputLayer;
import io.vastmax.Predictions;
import io.vastmax.TopK;
import io.vastmax.Workspace;
import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.djl.TemperatureFit;
import io.vastmax.text.Perplexity;
import io.vastmax.text.TokenIds;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Fits the temperature of a model, which it leaves as it is, and measures what the fit is worth. */
final class Calibrator {
    private final RecurrentLanguageModel model;
    private final OutputLayer layer;
    private final int bins;
    private final Workspace workspace;
    private final PrintWriter err;

    /**
     * That of a model.
     *
     * @param bins of the reliability diagrams
     * @param err told each loss
     */
    Calibrator(RecurrentLanguageModel model, int bins, Workspace workspace, PrintWriter err) {
        this.model = model;
        this.layer = model.objective().exact();
        this.bins = bins;
        this.workspace = workspace;
        this.err = err;
    }

    /**
     * Fits T on one text, and measures on both.
     *
     * @param corpus its name
     * @throws IllegalArgumentException if the layer has no temperature
     */
    Calibration calibrate(String corpus, TokenIds valid, TokenIds test) {
        double before = layer.transform().temperature();
        // Refused at once by a layer that takes no other, and not after the first reading
        try {
            at(2 * before);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("The model's layer has no temperature to fit", e);
        }
        HiddenStates hidden = hiddenStates(valid);
        TemperatureFit fit = TemperatureFit.of(temperature -> loss(hidden, temperature), before);
        if (fit.atEnd()) {
            err.printf(
                    Locale.ROOT,
                    "T = %.4f is an end of the range that was searched: the loss falls on beyond it.%n",
                    fit.temperature());
            err.flush();
        }
        return new Calibration(
                corpus,
                before,
                fit.temperature(),
                fit.atEnd(),
                fit.evaluations(),
                List.of(
                        measure(Part.valid, hidden, before, fit.temperature()),
                        measure(Part.test, hiddenStates(test), before, fit.temperature())));
    }

    /** An eighth of what Java may take for each text: with the model, the predictions and PyTorch there is room. */
    private HiddenStates hiddenStates(TokenIds text) {
        return new HiddenStates(model, text, Runtime.getRuntime().maxMemory() / 8);
    }

    private double loss(HiddenStates hidden, double temperature) {
        double loss =
                read("fit", hidden, at(temperature), (states, targets) -> {}).loss();
        err.printf(Locale.ROOT, "T = %.4f: loss %.5f%n", temperature, loss);
        err.flush();
        return loss;
    }

    private Calibration.OfPart measure(Part part, HiddenStates hidden, double before, double after) {
        return new Calibration.OfPart(
                part,
                hidden.tokens(),
                quality(part + " before", hidden, before),
                quality(part + " after", hidden, after));
    }

    private Calibration.Quality quality(String task, HiddenStates hidden, double temperature) {
        OutputLayer tempered = at(temperature);
        Predictions predictions = new Predictions();
        Perplexity perplexity = read(task, hidden, tempered, (states, targets) -> {
            TopK top = TopK.of(targets.length, 1);
            tempered.topK(states, top, workspace);
            predictions.addAll(top, targets);
        });
        return Calibration.Quality.of(temperature, perplexity, predictions, bins);
    }

    /** The perplexity of a text, of which each stretch goes on to {@code sink}. */
    private Perplexity read(
            String task, HiddenStates hidden, OutputLayer tempered, RecurrentLanguageModel.Stretch sink) {
        Perplexity[] sum = {new Perplexity(0, 0)};
        try (Progress progress = Progress.of(task, hidden.tokens())) {
            hidden.forEachStretch((states, targets) -> {
                sum[0] = sum[0].and(tempered, states, targets, workspace);
                sink.accept(states, targets);
                progress.advance(targets.length, sum[0].loss());
            });
        }
        return sum[0];
    }

    private OutputLayer at(double temperature) {
        return layer.transforming(layer.transform().withTemperature(temperature));
    }
}
