package io.vastmax.bench;

import java.util.List;
import java.util.Map;

/**
 * A piece of work: a row of a table.
 *
 * @param label what it is, for people
 * @param benchmark the class that does it
 * @param params the benchmark's parameters but for the implementation
 * @param contenders who does it, ours first
 * @param tokens in it; 0 where it has none to speak of
 * @param flop in it; 0 where time is bound by something else
 * @param nodes of a tree that it visits; 0 where there is none
 */
record Work(
        String label,
        Class<?> benchmark,
        Map<String, String> params,
        List<Contender> contenders,
        double tokens,
        double flop,
        double nodes) {

    /** Loss and all gradients of the full softmax. */
    static Work loss(Problem problem, Contender... contenders) {
        return loss(new Layer.Full(), problem, problem.toString(), 3 * problem.productFlop(), contenders);
    }

    /** Loss and all gradients of a layer. */
    static Work loss(Layer layer, Problem problem, Contender... contenders) {
        return loss(layer, problem, layer.label() + ": " + problem, 0, contenders);
    }

    private static Work loss(Layer layer, Problem problem, String label, double flop, Contender... contenders) {
        return new Work(
                label + ", 2 threads",
                LossBenchmark.class,
                Map.of("layer", layer.text(), "problem", problem.text(), "threads", "2"),
                List.of(contenders),
                problem.rows(),
                flop,
                layer instanceof Layer.Hierarchical hierarchical ? hierarchical.nodes(problem) : 0);
    }

    static Work product(Problem problem, int ours, int pytorch) {
        return new Work(
                problem + ", 2 threads",
                ProductBenchmark.class,
                Map.of("problem", problem.text(), "threads", "2"),
                List.of(
                        Contender.of(Implementation.VASTMAX, ours),
                        Contender.of(Implementation.VASTMAX_SECTIONS, 2),
                        Contender.of(Implementation.PYTORCH, pytorch)),
                0,
                problem.productFlop(),
                0);
    }

    static Work logSoftmax(int rows, int classes, int threads, double target) {
        return new Work(
                "%d %s, V = %,d, %d %s"
                        .formatted(
                                rows,
                                rows == 1 ? "row" : "rows",
                                classes,
                                threads,
                                threads == 1 ? "thread" : "threads"),
                LogSoftmaxBenchmark.class,
                Map.of("rows", "" + rows, "classes", "" + classes, "threads", "" + threads),
                List.of(
                        Contender.of(Implementation.VASTMAX, 1),
                        Contender.of(Implementation.PYTORCH, 1).target(target)),
                0,
                0,
                0);
    }

    /** A step of training a word model through DJL. */
    static Work training(Layer layer, boolean tied, Contender... contenders) {
        return new Work(
                layer.label() + (tied ? ", tied to the input" : "") + ", 2 threads",
                TrainingBenchmark.class,
                Map.of("layer", layer.text(), "tied", "" + tied, "threads", "2"),
                List.of(contenders),
                TrainingStep.BATCH * TrainingStep.STEPS,
                0,
                0);
    }

    /** Hidden states to a layer, and their gradients back. */
    static Work crossing(Problem problem) {
        return new Work(
                "Hidden states across and back: N = %,d, d = %d".formatted(problem.rows(), problem.width()),
                CrossingBenchmark.class,
                Map.of("problem", problem.text(), "threads", "2"),
                List.of(Contender.of(Implementation.VASTMAX, 1)),
                0,
                0,
                0);
    }

    /** The likeliest classes of one hidden vector, in a trained model. */
    static Work topK(String layer, Contender... contenders) {
        return new Work(
                "The model \"" + layer + "\", 2 threads",
                TopKBenchmark.class,
                Map.of("layer", layer, "threads", "2"),
                List.of(contenders),
                0,
                0,
                0);
    }

    /** A token from logits. */
    static Work sampling(Sampling sampling, int classes, Contender... contenders) {
        return new Work(
                "V = %,d: %s".formatted(classes, sampling.label()),
                SamplingBenchmark.class,
                Map.of("sampling", sampling.name(), "classes", "" + classes),
                List.of(contenders),
                0,
                0,
                0);
    }

    /** Tokens of a text behind a prompt, with ONNX Runtime. */
    static Work generation(int context, int headSize, Contender... contenders) {
        return new Work(
                "%d tokens of context, 2 threads".formatted(context),
                GenerationBenchmark.class,
                Map.of("context", "" + context, "headSize", "" + headSize, "threads", "2"),
                List.of(contenders),
                GenerationBenchmark.TOKENS,
                0,
                0);
    }

    /** Who does it, ours first. */
    List<Implementation> implementations() {
        return contenders.stream().map(Contender::implementation).toList();
    }

    /** How many times as long as ours an implementation should take; 0 for no target. */
    double target(Implementation implementation) {
        return contenders.stream()
                .filter(contender -> contender.implementation() == implementation)
                .mapToDouble(Contender::target)
                .sum();
    }
}
