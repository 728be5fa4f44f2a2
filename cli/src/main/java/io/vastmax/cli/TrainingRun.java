package io.vastmax.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vastmax.OutputLayer;
import io.vastmax.RandomKey;
import io.vastmax.Workspace;
import io.vastmax.djl.LanguageModelFiles;
import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.djl.Trainer;
import io.vastmax.text.Corpus;
import io.vastmax.text.Perplexity;
import io.vastmax.text.Text;
import io.vastmax.text.TokenIds;
import io.vastmax.text.TrainingWindows;
import io.vastmax.text.Vocabulary;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Trains a language model: from a corpus to a model on disk and its perplexity. */
final class TrainingRun {
    private static final long CHECKPOINT_NANOS = 120_000_000_000L;

    private final TrainingSettings settings;
    private final @Nullable Path output;
    private final boolean resume;
    private final Part part;
    private final RunOptions run;
    private final PrintWriter err;

    /**
     * A run.
     *
     * @param output where the model goes; null keeps none
     * @param resume whether to go on with the model in {@code output}
     * @param part what to report the perplexity of
     * @param err told what is happening
     */
    TrainingRun(
            TrainingSettings settings,
            @Nullable Path output,
            boolean resume,
            Part part,
            RunOptions run,
            PrintWriter err) {
        this.settings = settings;
        this.output = output;
        this.resume = resume;
        this.part = part;
        this.run = run;
        this.err = err;
    }

    TrainingResult train() throws IOException {
        Corpus corpus = CorpusOptions.open(settings.corpus() == null ? null : Path.of(settings.corpus()));
        Vocabulary vocabulary = vocabulary(corpus.train());
        try (Interrupts interrupts = new Interrupts();
                Workspace workspace = run.workspace();
                TokenIds train = TokenIds.encode(corpus.train(), vocabulary);
                TokenIds valid = TokenIds.encode(corpus.valid(), vocabulary);
                TokenIds test = TokenIds.encode(corpus.test(), vocabulary);
                RecurrentLanguageModel model = model(vocabulary, workspace)) {
            TrainingWindows windows = TrainingWindows.of(train, settings.batch(), settings.steps());
            err.printf("%s softmax: %s%n", settings.layer(), Layers.describe(model.objective()));
            err.flush();
            long total = Math.max(1, Math.round(settings.epochs() * windows.windows()));
            Trainer trainer = new Trainer(
                    model,
                    windows,
                    new Trainer.Settings(
                            Trainer.Method.valueOf(settings.optimizer().toUpperCase(Locale.ROOT)),
                            settings.schedule().rate(settings.lr(), settings.warmUp(), total),
                            settings.clip(),
                            settings.seed()),
                    workspace);
            if (resume && output != null) {
                LanguageModelFiles.resume(output, trainer);
            }
            Saver saver = trained -> {
                if (output != null) {
                    LanguageModelFiles.save(
                            output, model, vocabulary, corpus.tokenizer(), json(), trained ? null : trainer);
                }
            };
            boolean interrupted = !steps(trainer, total, windows, interrupts, saver);
            saver.save(!interrupted);
            if (interrupted) {
                err.printf(
                        Locale.ROOT,
                        "Interrupted after %.3f epochs.%s%n",
                        trainer.epochs(),
                        output == null ? "" : " The model is saved; --resume goes on with it.");
                err.flush();
            }
            TokenIds evaluated = switch (part) {
                case train -> train;
                case valid -> valid;
                case test -> test;
            };
            return new TrainingResult(
                    new CorpusSummary(
                            CorpusOptions.name(settings.corpus(), corpus), train.size(), valid.size(), test.size()),
                    vocabulary.size(),
                    settings,
                    Layers.describe(model.objective()),
                    trainer.steps(),
                    trainer.epochs(),
                    trainer.seconds(),
                    trainer.tokens() / trainer.seconds(),
                    trainer.layerShare(),
                    part,
                    interrupted
                            ? Double.NaN
                            : perplexity(part.name(), model, evaluated, workspace)
                                    .value(),
                    PeakMemory.bytes().isPresent() ? PeakMemory.bytes().getAsLong() : null,
                    model.parameters().count(),
                    interrupted);
        }
    }

    /** Saves the model; with a checkpoint, while it is not yet fully trained. */
    @FunctionalInterface
    private interface Saver {
        void save(boolean trained) throws IOException;
    }

    /** Returns whether the training came to its end, by epochs or by time. */
    private boolean steps(Trainer trainer, long total, TrainingWindows windows, Interrupts interrupts, Saver saver)
            throws IOException {
        double limit = settings.minutes() == null ? Double.POSITIVE_INFINITY : settings.minutes() * 60;
        double smooth = Double.NaN;
        long saved = System.nanoTime();
        try (Progress progress = Progress.of("train", total * windows.rows(), trainer.tokens())) {
            while (trainer.steps() < total && trainer.seconds() < limit) {
                if (interrupts.requested()) {
                    return false;
                }
                double loss = trainer.step();
                smooth = Double.isNaN(smooth) ? loss : 0.98 * smooth + 0.02 * loss;
                progress.advance(windows.rows(), smooth);
                if (System.nanoTime() - saved > CHECKPOINT_NANOS) {
                    saver.save(false);
                    saved = System.nanoTime();
                }
                if (trainer.steps() % 500 == 0) {
                    log(trainer, total, smooth);
                }
            }
        }
        return true;
    }

    /** A line now and then for those who keep a log instead of watching a bar. */
    private void log(Trainer trainer, long total, double loss) {
        if (!Progress.isShown()) {
            err.printf(
                    Locale.ROOT,
                    "step %,d of %,d: loss %.3f, %,.0f tokens/s%n",
                    trainer.steps(),
                    total,
                    loss,
                    trainer.tokens() / trainer.seconds());
            err.flush();
        }
    }

    private Vocabulary vocabulary(Text text) throws IOException {
        if (resume && output != null) {
            return LanguageModelFiles.vocabulary(output);
        }
        return count(text, settings.minCount());
    }

    /** The words of a text with their counts. */
    static Vocabulary count(Text text, int minCount) throws IOException {
        Vocabulary.Counter counter = new Vocabulary.Counter();
        text.forEachToken(counter::add);
        return counter.build(minCount);
    }

    private RecurrentLanguageModel model(Vocabulary vocabulary, Workspace workspace) throws IOException {
        if (resume && output != null) {
            return LanguageModelFiles.load(
                            output, (layer, words, learned) -> layers(words).objective(layer, learned))
                    .model();
        }
        RandomKey key = RandomKey.of(settings.seed());
        Layers layers = layers(vocabulary);
        OutputLayer layer = layers.create(settings.dim(), settings.batch() * settings.steps(), key, workspace);
        return new RecurrentLanguageModel(
                new RecurrentLanguageModel.Settings(settings.dim(), settings.layers(), settings.dropout()),
                Layers.input(settings.input(), layer, settings.layerSettings(), key),
                layers.objective(layer, List.of()),
                key);
    }

    private Layers layers(Vocabulary vocabulary) {
        return new Layers(settings.layer(), settings.layerSettings(), settings.objective(), vocabulary);
    }

    private ObjectNode json() throws IOException {
        return Json.read(Json.write(settings), ObjectNode.class);
    }

    static Perplexity perplexity(String part, RecurrentLanguageModel model, TokenIds text, Workspace workspace) {
        try (Progress progress = Progress.of(part, text.size() - 1)) {
            return model.perplexity(text, workspace, progress::advanceTo);
        }
    }
}
