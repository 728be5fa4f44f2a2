package io.vastmax.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.vastmax.RandomKey;
import io.vastmax.Workspace;
import io.vastmax.text.Vocabulary;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vastmax compare}. */
@Command(
        name = "compare",
        description = {
            "Train the same language model with each output layer for the same time, and compare them.",
            "",
            "Each layer trains in a process of its own, so that its peak memory is its own. Perplexity is that of the test"
                    + " part, under the exact distribution.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  vastmax compare",
            "  vastmax compare --corpus wikitext-2 --minutes 10 --out report",
            "  vastmax compare --quick"
        })
final class CompareCommand implements Callable<Integer> {
    private static final double QUICK_MINUTES = 0.05;
    private static final double MINUTES = 0.6;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    private CorpusOptions corpus = new CorpusOptions();

    @Option(
            names = "--quick",
            description =
                    "A small model (--dim 64, --min-count 5) for three seconds a layer: to see that everything works.")
    private boolean quick;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            description = "Minutes of training for each layer. Default: 0.6, with --quick 0.05.")
    private @Nullable Double minutes;

    @Option(
            names = "--dim",
            paramLabel = "D",
            description = "Size of embeddings and hidden states. Default: 256, with --quick 64.")
    private @Nullable Integer dim;

    @Option(
            names = "--min-count",
            paramLabel = "N",
            description = "Words that occur less often in the train part become <unk>. Default: 2, with --quick 5.")
    private @Nullable Integer minCount;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Streams of text side by side. Default: ${DEFAULT-VALUE}.")
    private int batch = 20;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "Tokens of each stream in a step. Default: ${DEFAULT-VALUE}.")
    private int steps = 35;

    @Option(names = "--seed", paramLabel = "N", description = "Of all that is random. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Option(names = "--out", paramLabel = "DIR", description = "Folder to write results.json to.")
    private @Nullable Path out;

    @Mixin
    private LayerOptions layerOptions = new LayerOptions();

    @Mixin
    private ObjectiveOptions objectiveOptions = new ObjectiveOptions();

    @Mixin
    private RunOptions run = new RunOptions();

    /** The result: {@code results.json}, and what {@code --json} prints. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Result(
            CorpusSummary corpus,
            int vocabulary,
            TrainingSettings settings,
            long seed,
            String jdk,
            Machine machine,
            List<Row> layers) {}

    /** A layer of the comparison. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Row(
            String name,
            String description,
            double trainSeconds,
            double tokensPerSecond,
            double speedUp,
            double layerShare,
            double epochs,
            double testPerplexity,
            double perplexityRatio,
            @Nullable Long peakBytes,
            long parameters) {
        /** That of a result, beside that of the full softmax. */
        static Row of(TrainingResult result, TrainingResult full) {
            return new Row(
                    result.settings().layer().name(),
                    result.layerDescription(),
                    result.trainSeconds(),
                    result.tokensPerSecond(),
                    result.tokensPerSecond() / full.tokensPerSecond(),
                    result.layerShare(),
                    result.epochs(),
                    result.perplexity(),
                    result.perplexity() / full.perplexity(),
                    result.peakBytes(),
                    result.parameters());
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        LayerSettings layerSettings;
        ObjectiveSettings objective;
        try {
            layerSettings = layerOptions.settings();
            objective = objectiveOptions.settings();
            for (Layer layer : Layer.COMPARED) {
                Layers.check(layer, layerSettings, objective, Input.embedding);
            }
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), Objects.requireNonNull(e.getMessage()), e);
        }
        check(layerSettings, objective);
        List<TrainingResult> results = new ArrayList<>();
        for (Layer layer : Layer.COMPARED) {
            err.printf("Training with the %s softmax ...%n", layer);
            err.flush();
            results.add(Json.read(ChildProcess.run(arguments(layer, layerSettings, objective)), TrainingResult.class));
        }
        TrainingResult first = results.getFirst();
        Machine machine = Machine.describe();
        Result result = new Result(
                first.corpus(),
                first.vocabulary(),
                first.settings(),
                seed,
                machine.jdk(),
                machine,
                results.stream().map(each -> Row.of(each, first)).toList());
        if (out != null) {
            Report.write(out, "results.json", Json.write(result));
        }
        PrintWriter to = spec.commandLine().getOut();
        if (run.json()) {
            to.print(Json.write(result));
        } else {
            print(result, to);
        }
        to.flush();
        return 0;
    }

    private List<String> arguments(Layer layer, LayerSettings layerSettings, ObjectiveSettings objective) {
        List<String> arguments = new ArrayList<>(List.of(
                "train",
                "--json",
                "--part=test",
                "--layer=" + layer,
                "--schedule=constant",
                "--epochs=1000",
                "--minutes=" + (minutes != null ? minutes : quick ? QUICK_MINUTES : MINUTES),
                "--dim=" + dim(),
                "--min-count=" + minCount(),
                "--batch=" + batch,
                "--steps=" + steps,
                "--seed=" + seed,
                "--threads=" + run.threads(),
                "--memory=" + run.memory()));
        arguments.addAll(layerSettings.arguments());
        arguments.addAll(objective.arguments());
        if (corpus.path() != null) {
            arguments.add("--corpus=" + corpus.path());
        }
        return arguments;
    }

    /** Makes each layer once, so that settings that do not fit the corpus are refused before any layer is trained. */
    private void check(LayerSettings layerSettings, ObjectiveSettings objective) throws IOException {
        Vocabulary vocabulary =
                TrainingRun.count(CorpusOptions.open(corpus.path()).train(), minCount());
        try (Workspace workspace = run.workspace()) {
            for (Layer layer : Layer.COMPARED) {
                Layers layers = new Layers(layer, layerSettings, objective, vocabulary);
                layers.objective(
                        layers.create(dim(), Math.multiplyExact(batch, steps), RandomKey.of(seed), workspace),
                        List.of());
            }
        }
    }

    private int dim() {
        return dim != null ? dim : quick ? 64 : 256;
    }

    private int minCount() {
        return minCount != null ? minCount : quick ? 5 : 2;
    }

    private static void print(Result result, PrintWriter to) {
        TrainingSettings settings = result.settings();
        to.printf(
                Locale.ROOT,
                "%nCorpus   %s: %,d tokens to train on, %,d to test on; %,d words%n",
                result.corpus().name(),
                result.corpus().trainTokens(),
                result.corpus().testTokens(),
                result.vocabulary());
        to.printf(
                Locale.ROOT,
                "Model    LSTM, %d layer%s, d = %d; %s, learning rate %s; seed %d%n",
                settings.layers(),
                settings.layers() == 1 ? "" : "s",
                settings.dim(),
                settings.optimizer(),
                settings.lr(),
                result.seed());
        Machine machine = result.machine();
        to.printf("Machine  %s, %d cores, %s; %s%n%n", machine.cpu(), machine.cores(), machine.kernels(), result.jdk());
        to.printf(
                "%-12s %7s %9s %9s %11s %7s %15s %9s %8s %11s%n",
                "layer",
                "train s",
                "tokens/s",
                "speed-up",
                "layer share",
                "epochs",
                "test perplexity",
                "of full's",
                "memory",
                "parameters");
        for (Row row : result.layers()) {
            to.printf(
                    Locale.ROOT,
                    "%-12s %7.1f %,9.0f %8.1fx %10.0f%% %7.2f %15.2f %9.3f %8s %,11d%n",
                    row.name(),
                    row.trainSeconds(),
                    row.tokensPerSecond(),
                    row.speedUp(),
                    100 * row.layerShare(),
                    row.epochs(),
                    row.testPerplexity(),
                    row.perplexityRatio(),
                    row.peakBytes() == null ? "unknown" : String.format(Locale.ROOT, "%.2f GB", row.peakBytes() / 1e9),
                    row.parameters());
        }
    }
}
