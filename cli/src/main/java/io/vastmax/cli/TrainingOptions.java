package io.vastmax.cli;

import io.vastmax.djl.Trainer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What to train and how. */
final class TrainingOptions {
    @Mixin
    private CorpusOptions corpus = new CorpusOptions();

    @Option(
            names = "--min-count",
            paramLabel = "N",
            description = "Words that occur less often in the train part become <unk>. Default: ${DEFAULT-VALUE}.")
    private int minCount = 2;

    @Option(
            names = "--layer",
            paramLabel = "NAME",
            description = "The output layer: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Layer layer = Layer.full;

    @Mixin
    private LayerOptions layerOptions = new LayerOptions();

    @Mixin
    private ObjectiveOptions objective = new ObjectiveOptions();

    @Option(
            names = "--dim",
            paramLabel = "D",
            description = "Size of embeddings and hidden states. Default: ${DEFAULT-VALUE}.")
    private int dim = 256;

    @Option(
            names = "--tied",
            description =
                    "Words are read by the vectors that predict them: full and sampled share their matrix, adaptive its"
                            + " head, projections and clusters.")
    private boolean tied;

    @Option(
            names = "--adaptive-input",
            description =
                    "adaptive: rarer words are read by fewer numbers, in the layer's clusters, but not by the layer's own.")
    private boolean adaptiveInput;

    @Option(names = "--layers", paramLabel = "N", description = "LSTM layers. Default: ${DEFAULT-VALUE}.")
    private int layers = 1;

    @Option(
            names = "--dropout",
            paramLabel = "P",
            description = "Probability of dropping an input or output of an LSTM layer. Default: ${DEFAULT-VALUE}.")
    private double dropout = 0.1;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Streams of text side by side. Default: ${DEFAULT-VALUE}.")
    private int batch = 20;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "Tokens of each stream in a step, as far as gradients flow back. Default: ${DEFAULT-VALUE}.")
    private int steps = 35;

    @Option(
            names = "--optimizer",
            paramLabel = "NAME",
            description = "One of ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Trainer.Method optimizer = Trainer.Method.ADAM;

    @Option(names = "--lr", paramLabel = "RATE", description = "Learning rate. Default: ${DEFAULT-VALUE}.")
    private double lr = 0.003;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description =
                    "How the learning rate goes: ${COMPLETION-CANDIDATES}; linear and cosine reach 0 at the end of"
                            + " the last epoch. Default: ${DEFAULT-VALUE}.")
    private Schedule schedule = Schedule.cosine;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "Steps over which linear and cosine schedules rise. Default: ${DEFAULT-VALUE}.")
    private long warmUp = 100;

    @Option(
            names = "--clip",
            paramLabel = "NORM",
            description = "Limit of the gradient's norm. Default: ${DEFAULT-VALUE}.")
    private double clip = 1;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Passes over the train part, with fractions. Default: ${DEFAULT-VALUE}.")
    private double epochs = 1;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            description = "Stop training after so many minutes, even within an epoch.")
    private @Nullable Double minutes;

    @Option(names = "--seed", paramLabel = "N", description = "Of all that is random. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    TrainingSettings settings() {
        Path path = corpus.path();
        return new TrainingSettings(
                path == null ? null : path.toAbsolutePath().normalize().toString(),
                minCount,
                layer,
                layerOptions.settings(),
                objective.settings(),
                Input.of(tied, adaptiveInput),
                dim,
                layers,
                dropout,
                batch,
                steps,
                optimizer.toString(),
                lr,
                schedule,
                warmUp,
                clip,
                epochs,
                minutes,
                seed);
    }
}
