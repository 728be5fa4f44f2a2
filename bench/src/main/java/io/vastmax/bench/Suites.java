package io.vastmax.bench;

import static io.vastmax.bench.Implementation.APART;
import static io.vastmax.bench.Implementation.DJL;
import static io.vastmax.bench.Implementation.FULL_SOFTMAX;
import static io.vastmax.bench.Implementation.JAVA_CACHE;
import static io.vastmax.bench.Implementation.PLAIN_JAVA;
import static io.vastmax.bench.Implementation.PYTORCH;
import static io.vastmax.bench.Implementation.PYTORCH_LOG_SOFTMAX;
import static io.vastmax.bench.Implementation.SESSION_RUN;
import static io.vastmax.bench.Implementation.VASTMAX;

import io.vastmax.adaptive.CostCurve;
import io.vastmax.adaptive.Cutoffs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What there is to measure. */
final class Suites {
    /** The suites' names, in the order in which they are measured. */
    static final List<String> NAMES = List.of(
            "loss",
            "objectives",
            "product",
            "log-softmax",
            "layers",
            "training",
            "scale",
            "top-k",
            "sampling",
            "generation",
            "generation-loop");

    /** A vocabulary of WikiText-2's size. */
    static final Problem WORDS = new Problem(1024, 256, 33_278);

    static final Problem MILLION = new Problem(1024, 128, 1_000_000);

    /** From few classes to many. */
    static final List<Problem> SIZES =
            List.of(new Problem(1024, 128, 10_000), new Problem(1024, 128, 100_000), MILLION);

    static final Layer SAMPLED = new Layer.Sampled(2048);

    static final Layer HIERARCHICAL = new Layer.Hierarchical();

    private static final Work WORDS_LOSS = Work.loss(WORDS, Contender.of(VASTMAX, 2), Contender.of(PYTORCH, 3));
    // Of a million classes PyTorch holds logits, log-probabilities and the gradients of both, 4 GB each
    private static final Work MILLION_LOSS = Work.loss(MILLION, Contender.of(VASTMAX, 3), Contender.of(PYTORCH, 24));
    private static final Work WORDS_PRODUCT = Work.product(WORDS, 2, 2);
    private static final Work MILLION_PRODUCT = Work.product(MILLION, 6, 7);

    private Suites() {}

    /** A suite by its name. */
    static Suite named(String name) {
        return switch (name) {
            case "loss" -> loss();
            case "objectives" -> objectives();
            case "product" -> product();
            case "log-softmax" -> logSoftmax();
            case "layers" -> layers();
            case "training" -> training();
            case "scale" -> scale();
            case "top-k" -> topK();
            case "sampling" -> sampling();
            case "generation" -> generation();
            case "generation-loop" -> generationLoop();
            default -> throw new IllegalArgumentException("There is no suite " + name + ", but " + NAMES);
        };
    }

    static Suite loss() {
        return new Suite(
                "loss",
                "Loss and all gradients of the full softmax",
                2,
                List.of(WORDS_LOSS, MILLION_LOSS),
                List.of(new Share(WORDS_LOSS, WORDS_PRODUCT, 0.80), new Share(MILLION_LOSS, MILLION_PRODUCT, 0.60)),
                List.of(
                        "Gradients of hidden vectors, weights and bias. Each step sets them to zero and adds to them, in"
                                + " both implementations; the time includes that.",
                        "GFLOP/s count three products, 6 N d V, whatever is computed."));
    }

    private static Suite objectives() {
        Layer full = new Layer.Full();
        Layer adaptive = adaptive(Frequencies.of(WORDS.classes()), WORDS.width());
        return new Suite(
                "objectives",
                "What an objective costs over the plain full softmax",
                2,
                List.of(
                        besideFull(new Layer.Trained(full, Training.SMOOTHING_Z_WEIGHTS), 1 / 1.08),
                        besideFull(new Layer.Trained(full, Training.FOCAL), 0),
                        besideFull(new Layer.Trained(full, Training.TEMPERATURE), 0),
                        besideFull(new Layer.Trained(full, Training.SOFT_CAP), 0),
                        besideFull(new Layer.Cosine(), 0),
                        besideFull(new Layer.Spherical(), 0),
                        besideFull(new Layer.Trained(adaptive, Training.SMOOTHING), 0),
                        besideFull(new Layer.Trained(adaptive, Training.PATH_SMOOTHING), 0),
                        besideFull(new Layer.Trained(SAMPLED, Training.SMOOTHING), 0),
                        besideFull(new Layer.Trained(HIERARCHICAL, Training.SMOOTHING), 0),
                        besideFull(new Layer.Trained(HIERARCHICAL, Training.PATH_SMOOTHING), 0)),
                List.of(),
                List.of(
                        "Full softmax: ours, with the mean cross-entropy alone. A ratio of 0.93 is 8 % more time.",
                        "Gradients of hidden vectors and all parameters; each step sets them to zero and adds to them, and"
                                + " the time includes that."));
    }

    private static Work besideFull(Layer layer, double target) {
        return Work.loss(
                layer,
                WORDS,
                Contender.of(VASTMAX, 2),
                Contender.of(FULL_SOFTMAX, 2).target(target));
    }

    private static Suite product() {
        return new Suite(
                "product",
                "The plain matrix product of hidden vectors and weights",
                2,
                List.of(WORDS_PRODUCT, MILLION_PRODUCT),
                List.of(),
                List.of(
                        "Vastmax: the kernel of the full softmax over its tiles, the result kept. 8 MiB at a time: the"
                                + " same, but the result written to the same 8 MiB again and again.",
                        "PyTorch's result is an array of its own each time, freed at once: DJL offers nothing else."));
    }

    private static Suite logSoftmax() {
        List<Work> works = new ArrayList<>();
        for (int classes : new int[] {10_000, 33_278, 131_072}) {
            works.add(Work.logSoftmax(1, classes, 1, 1.4));
        }
        for (int classes : new int[] {10_000, 33_278, 131_072}) {
            works.add(Work.logSoftmax(32, classes, 2, 1.8));
        }
        return new Suite(
                "log-softmax",
                "Log-softmax",
                1,
                works,
                List.of(),
                List.of(
                        "Vastmax writes to an array that is there. PyTorch's result is an array of its own each time, freed"
                                + " at once: DJL offers nothing else."));
    }

    private static Suite layers() {
        Frequencies frequencies = Frequencies.given(WORDS.classes());
        Problem problem = new Problem(WORDS.rows(), WORDS.width(), frequencies.classes());
        return new Suite(
                "layers",
                "Loss and all gradients of the layers that need not visit every class",
                2,
                List.of(
                        against(adaptive(frequencies, problem.width()), problem, 10, 2.5),
                        against(SAMPLED, problem, 10, 2.5),
                        against(HIERARCHICAL, problem, 100, 5)),
                List.of(),
                List.of(
                        "Targets are drawn from " + frequencies.source() + ".",
                        "Gradients of hidden vectors and all parameters; each step sets them to zero and adds to them, in"
                                + " every implementation, and the time includes that. Full softmax: ours, on the same"
                                + " batch.",
                        "PyTorch: the same layer in PyTorch's operations, which give dense gradients. Indices, signs and"
                                + " masks are made beforehand, the negatives too: Vastmax draws them in each step."));
    }

    private static Work against(Layer layer, Problem problem, double full, double pytorch) {
        return Work.loss(
                layer,
                problem,
                Contender.of(VASTMAX, 2),
                Contender.of(FULL_SOFTMAX, 2).target(full),
                Contender.of(PYTORCH, 3).target(pytorch));
    }

    private static Suite training() {
        Frequencies frequencies = Frequencies.given(WORDS.classes());
        Layer adaptive = adaptive(frequencies, WORDS.width());
        Contender djl = Contender.of(DJL, 3);
        return new Suite(
                "training",
                "A step of training a word model with DJL's EasyTrain",
                2,
                List.of(
                        Work.training(
                                adaptive,
                                false,
                                Contender.of(VASTMAX, 2),
                                Contender.of(APART, 2).target(0.91),
                                djl.target(4)),
                        Work.training(adaptive, true, Contender.of(VASTMAX, 2), djl),
                        Work.training(SAMPLED, false, Contender.of(VASTMAX, 2), djl),
                        Work.training(new Layer.Full(), false, Contender.of(VASTMAX, 2), djl),
                        Work.crossing(WORDS)),
                List.of(),
                List.of(
                        "An embedding of DJL's unless it is tied, one LSTM layer of DJL's, d = 256, then the layer; 32 windows of"
                                + " 32 words; Adam. V = %,d, %s."
                                        .formatted(
                                                frequencies.classes(),
                                                Given.corpus() == null
                                                        ? "drawn from " + frequencies.source()
                                                        : "the beginning of the training text"),
                        "Body and layer apart: the same body with a loss that costs nothing, then the layer's loss, gradients and"
                                + " step without DJL. A ratio of 0.91 is 10 % more time than both.",
                        "DJL: its linear block and its softmax cross-entropy over the same body.",
                        "Across and back: loss and backward pass of a layer that computes nothing; it is in the times above."));
    }

    private static Suite scale() {
        List<Work> works = new ArrayList<>();
        List<Comparison> growths = new ArrayList<>();
        for (Layer layer : List.of(SAMPLED, HIERARCHICAL)) {
            List<Work> rows = SIZES.stream()
                    .map(problem -> Work.loss(layer, problem, Contender.of(VASTMAX, 3)))
                    .toList();
            works.addAll(rows);
            String what = "%s, V = %,d to %,d"
                    .formatted(
                            layer.label(),
                            SIZES.getFirst().classes(),
                            SIZES.getLast().classes());
            growths.add(new Growth(what, rows.getFirst(), rows.getLast(), 1.5));
        }
        Frequencies frequencies = Frequencies.of(MILLION.classes());
        works.add(Work.loss(adaptive(frequencies, MILLION.width()), MILLION, Contender.of(VASTMAX, 2)));
        works.add(Work.loss(new Layer.Full(), MILLION, Contender.of(VASTMAX, 3)));
        return new Suite(
                "scale",
                "Loss and all gradients with the number of classes",
                2,
                works,
                growths,
                List.of(
                        "Targets are drawn from " + frequencies.source() + ".",
                        "Gradients of hidden vectors and all parameters; each step sets them to zero and adds to them, and"
                                + " the time includes that. Nodes: those on the paths of the batch, each as often as it"
                                + " is on one."));
    }

    /** The adaptive softmax for classes of these frequencies and hidden vectors of this width, cutoffs chosen by itself. */
    private static Layer adaptive(Frequencies frequencies, int width) {
        int[] cutoffs = Cutoffs.choose(
                frequencies.counts(),
                width,
                Layer.Adaptive.DIV_VALUE,
                WORDS.rows(),
                Cutoffs.SHARE,
                CostCurve.standard());
        return new Layer.Adaptive(Arrays.stream(cutoffs).boxed().toList());
    }

    private static Suite topK() {
        return new Suite(
                "top-k",
                "The 40 likeliest classes of one hidden vector, exactly",
                1,
                List.of(
                        Work.topK(
                                "full",
                                Contender.of(VASTMAX, 1).unless(missing("full")),
                                Contender.of(PYTORCH, 1).unless(missing("full"))),
                        Work.topK(
                                "adaptive",
                                Contender.of(VASTMAX, 1).unless(missing("adaptive")),
                                Contender.of(FULL_SOFTMAX, 1)
                                        .unless(missing("full"))
                                        .target(4)),
                        Work.topK(
                                "hierarchical",
                                Contender.of(VASTMAX, 1).unless(missing("hierarchical")),
                                Contender.of(FULL_SOFTMAX, 1)
                                        .unless(missing("full"))
                                        .target(3))),
                List.of(),
                List.of(
                        "Models trained by `vastmax train`; %d hidden vectors of each, made from the validation text and"
                                        .formatted(TrainedLayer.VECTORS)
                                + " taken in turns. Full softmax: the model \"full\", on its own hidden vectors.",
                        "PyTorch: the same model's linear, log-softmax and top-k."));
    }

    private static Suite sampling() {
        List<Work> works = new ArrayList<>();
        List<Comparison> units = new ArrayList<>();
        for (int classes : new int[] {131_072, 32_000, 262_144}) {
            Work unit = null;
            for (Sampling sampling : Sampling.values()) {
                List<Contender> contenders = new ArrayList<>(List.of(Contender.of(VASTMAX, 1)));
                if (classes == 131_072) {
                    contenders.add(Contender.of(PLAIN_JAVA, 1));
                    contenders.add(Contender.of(PYTORCH, 1));
                }
                if (unit == null) {
                    contenders.add(Contender.of(PYTORCH_LOG_SOFTMAX, 1));
                }
                Work work = Work.sampling(sampling, classes, contenders.toArray(Contender[]::new));
                unit = unit == null ? work : unit;
                works.add(work);
                units.add(new Units(work, unit, sampling.most()));
            }
        }
        return new Suite(
                "sampling",
                "The next token from logits",
                1,
                works,
                units,
                List.of(
                        "One thread. The logits are normal with a deviation of 3, the same in each call. A unit is the time"
                                + " that PyTorch's log-softmax of the same row takes; targets are for V = 131,072.",
                        "Plain Java: an object for each token, sorted by probability, and a loop; the draw by a running sum."
                                + " PyTorch: topk, sort and multinomial, in one TorchScript function."));
    }

    private static Suite generation() {
        List<Work> works = new ArrayList<>();
        for (int context : new int[] {16, 256, 512}) {
            works.add(Work.generation(
                    context,
                    GenerationBenchmark.HEAD_SIZE,
                    Contender.of(VASTMAX, 2),
                    Contender.of(SESSION_RUN, 2).target(0.95),
                    Contender.of(JAVA_CACHE, 2)));
        }
        return new Suite(
                "generation",
                "%d tokens of text with ONNX Runtime".formatted(GenerationBenchmark.TOKENS),
                2,
                works,
                List.of(),
                List.of(
                        GenerationBenchmark.description(GenerationBenchmark.HEAD_SIZE),
                        "Vastmax: the generation loop with top-k 40, top-p 0.95 and temperature 0.8, text and end tokens"
                                + " included, from the token after the prompt on. session.run alone: the same runs, outputs"
                                + " to inputs, whose logits nobody reads. A ratio of 0.95 is 5 % more time.",
                        "Cache through Java: the cache of each run as nested arrays, of which the next run's tensors are made;"
                                + " the likeliest token."));
    }

    private static Suite generationLoop() {
        List<Work> works = new ArrayList<>();
        List<Comparison> overheads = new ArrayList<>();
        for (int context : new int[] {16, 512}) {
            Work work = Work.generation(
                    context,
                    GenerationBenchmark.SMALL_HEAD_SIZE,
                    Contender.of(VASTMAX, 1),
                    Contender.of(SESSION_RUN, 1));
            works.add(work);
            overheads.add(new Overhead(work, 5e-3, 0.05));
        }
        return new Suite(
                "generation-loop",
                "What the generation loop takes beyond session.run",
                2,
                works,
                overheads,
                List.of(
                        GenerationBenchmark.description(GenerationBenchmark.SMALL_HEAD_SIZE)
                                + " As many inputs, outputs and logits as in `generation`, and as little work as possible: so the"
                                + " difference can be seen on a machine whose times drift.",
                        "%d tokens with top-k 40, top-p 0.95 and temperature 0.8, text and end tokens included, against the same"
                                        .formatted(GenerationBenchmark.TOKENS)
                                + " runs alone."));
    }

    /** Why a trained model cannot be run; empty if it can. */
    private static String missing(String layer) {
        Path models = Given.models();
        if (models == null || Given.corpus() == null) {
            return "not run: needs --models DIR and --corpus DIR";
        }
        return Files.isDirectory(models.resolve(layer)) ? "" : "not run: there is no model " + layer;
    }
}
