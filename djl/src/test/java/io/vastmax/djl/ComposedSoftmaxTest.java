package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.DataType;
import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import io.vastmax.sampled.ClassDistribution;
import io.vastmax.sampled.NegativeSampler;
import io.vastmax.sampled.SampledSoftmax;
import io.vastmax.testkit.Budget;
import io.vastmax.testkit.Point;
import io.vastmax.testkit.Precision;
import io.vastmax.testkit.Problem;
import io.vastmax.testkit.Reference;
import io.vastmax.testkit.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The composed layers are ours, number by number: the oracle of our kernels, and held to the same budget themselves. */
class ComposedSoftmaxTest {
    private static final int IGNORED = -100;
    private static final int AT_ONCE = Integer.MAX_VALUE;
    private static final LogitTransform BOTH = new LogitTransform(2, 0.7);

    /** A layer and how it is composed. */
    record Case(String name, Objective objective, int rows, int chunk) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        List<Case> all = new ArrayList<>();
        for (Shape shape :
                List.of(new Shape(1, 7, 2), new Shape(2, 1, 33), new Shape(129, 7, 1), new Shape(300, 20, 40))) {
            for (Setting setting : SETTINGS) {
                for (int chunk : new int[] {AT_ONCE, 1 + shape.classes() / 3, 128}) {
                    add(all, "full, chunks of " + chunk, shape, setting, full(shape, true), chunk);
                }
                add(all, "full without bias", shape, setting, full(shape, false), 100);
                add(all, "adaptive", shape, setting, adaptive(shape, true), AT_ONCE);
                add(all, "adaptive without bias in chunks", shape, setting, adaptive(shape, false), 11);
                add(all, "Huffman", shape, setting, tree(shape, Tree.huffman(skewed(shape)), true), 1);
                add(all, "5-ary", shape, setting, tree(shape, Tree.huffman(skewed(shape), 5), true), 1);
                add(all, "two levels", shape, setting, tree(shape, Tree.twoLevel(skewed(shape)), false), 1);
                for (NegativeSampler sampler : samplers(shape.classes())) {
                    for (boolean correcting : new boolean[] {false, true}) {
                        add(
                                all,
                                sampler.getClass().getSimpleName() + (correcting ? ", correcting" : ""),
                                shape,
                                setting,
                                SampledSoftmax.of(full(shape, !correcting), sampler)
                                        .correctingTargets(correcting),
                                AT_ONCE);
                    }
                }
            }
        }
        return all.stream();
    }

    /** What is minimised, and of which logits. */
    private record Setting(CrossEntropy crossEntropy, LogitTransform transform) {}

    private static final List<Setting> SETTINGS = List.of(
            new Setting(CrossEntropy.MEAN, LogitTransform.IDENTITY),
            new Setting(CrossEntropy.MEAN.ignoring(IGNORED), LogitTransform.IDENTITY.withTemperature(1.7)),
            new Setting(CrossEntropy.MEAN.summed(), BOTH),
            new Setting(CrossEntropy.MEAN.smoothing(0.1).ignoring(IGNORED), BOTH));

    /** Where the layer takes the setting. */
    private static void add(List<Case> all, String name, Shape shape, Setting setting, Objective layer, int chunk) {
        CrossEntropy crossEntropy = setting.crossEntropy();
        LogitTransform transform = setting.transform();
        boolean smooths = layer instanceof FullSoftmax || crossEntropy.labelSmoothing() == 0;
        boolean caps = !(layer instanceof SampledSoftmax) || !transform.isCapped();
        if (!smooths || !caps) {
            return;
        }
        Objective with = switch (layer) {
            case FullSoftmax full -> full.transforming(transform).minimising(crossEntropy);
            case AdaptiveSoftmax adaptive -> adaptive.transforming(transform).minimising(crossEntropy);
            case HierarchicalSoftmax tree -> tree.transforming(transform).minimising(crossEntropy);
            case SampledSoftmax sampled ->
                SampledSoftmax.of(sampled.exact().transforming(transform), sampled.sampler())
                        .correctingTargets(sampled.correctsTargets())
                        .minimising(crossEntropy);
            default -> throw new AssertionError(layer);
        };
        all.add(new Case(name + ", " + crossEntropy + ", " + transform + ", " + shape, with, shape.rows(), chunk));
    }

    private static FullSoftmax full(Shape shape, boolean bias) {
        FullSoftmax layer = FullSoftmax.create(shape.classes(), shape.width(), Problem.KEY);
        return bias ? layer : FullSoftmax.of(layer.weight().value(), null);
    }

    /** With the most clusters that there are classes for, up to three; a batch of one row meets no more than one. */
    private static AdaptiveSoftmax adaptive(Shape shape, boolean bias) {
        int[] cutoffs = Arrays.stream(new int[] {shape.classes() / 10, shape.classes() / 4, shape.classes() / 2})
                .filter(cutoff -> cutoff > 0)
                .distinct()
                .toArray();
        FrequencyClusters clusters = FrequencyClusters.of(skewed(shape), cutoffs);
        return AdaptiveSoftmax.create(clusters, shape.width(), shape.width() < 20 ? 1 : 2.5, bias, Problem.KEY);
    }

    private static HierarchicalSoftmax tree(Shape shape, Tree tree, boolean bias) {
        return HierarchicalSoftmax.of(
                tree, Matrix.zeros(tree.rows(), shape.width()), bias ? Matrix.zeros(tree.rows(), 1) : null);
    }

    private static long[] skewed(Shape shape) {
        SplittableRandom random = new SplittableRandom(shape.classes());
        return random.ints(shape.classes(), 1, shape.classes() + 1)
                .mapToLong(rank -> 1_000_000L / ((long) rank * rank))
                .toArray();
    }

    /** Of few classes most rows find their target among the negatives, with replacement more than once. */
    private static List<NegativeSampler> samplers(int classes) {
        return List.of(
                NegativeSampler.distinct(ClassDistribution.logUniform(classes), Math.ceilDiv(classes, 2)),
                NegativeSampler.withReplacement(ClassDistribution.uniform(classes), 100),
                NegativeSampler.ofBatch(ClassDistribution.uniform(classes)));
    }

    private static Problem<Objective> problem(Case each) {
        Problem<Objective> problem = Problem.of(each.objective(), each.rows());
        if (!each.objective().exact().objective().ignores(IGNORED)) {
            return problem;
        }
        int[] ids = ids(problem.targets());
        for (int n = 0; n < ids.length; n += 3) {
            ids[n] = IGNORED;
        }
        return new Problem<>(each.objective(), problem.hidden(), Targets.of(ids));
    }

    private static int[] ids(Targets targets) {
        int[] ids = new int[targets.size()];
        Arrays.setAll(ids, targets::id);
        return ids;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void lossesAndGradientsAreOurs(Case each) {
        Problem<Objective> problem = problem(each);
        int[] ids = ids(problem.targets());
        Composed reference = Composed.of(each.objective(), problem.hidden(), ids, each.chunk(), DataType.FLOAT64);
        Composed composed = Composed.of(each.objective(), problem.hidden(), ids, each.chunk(), DataType.FLOAT32);
        try (Workspace workspace = Workspace.ofThreads(1)) {
            Problem.Evaluation ours = problem.evaluate(workspace);
            same(
                    "loss",
                    new double[] {ours.loss()},
                    new double[] {composed.loss()},
                    new double[] {reference.loss()},
                    reference.loss());
            assertThat(ours.gradients().keySet())
                    .isEqualTo(reference.gradients().keySet());
            reference.gradients().forEach((name, expected) -> {
                double[] of = Composed.doubles(ours.gradient(name).array());
                double magnitude = Math.max(largest(expected), terms(problem, name));
                same("gradient of " + name, of, composed.gradient(name), expected, magnitude);
            });
        }
    }

    /** Each within a budget that the other one's error makes. */
    private static void same(String what, double[] ours, double[] composed, double[] reference, double magnitude) {
        Budget.check("our " + what, ours, composed, reference, magnitude);
        Budget.check("composed " + what, composed, ours, reference, magnitude);
    }

    /**
     * What the terms of a gradient's sum may come to before they cancel: a row's derivatives by the logits of a softmax are at
     * most 2 together, each times a number of the hidden vectors, or of the weights.
     */
    private static double terms(Problem<?> problem, String name) {
        CrossEntropy crossEntropy = problem.objective().exact().objective();
        int rows = problem.targets().size();
        double slopes = 2 / problem.objective().exact().transform().temperature() / (crossEntropy.isSum() ? 1 : rows);
        if (name.endsWith(".bias")) {
            return slopes * rows;
        }
        if (name.equals(Point.HIDDEN)) {
            return slopes
                    * StreamSupport.stream(problem.objective().parameters().spliterator(), false)
                            .mapToDouble(parameter ->
                                    largest(Composed.doubles(parameter.value().array())))
                            .max()
                            .orElseThrow();
        }
        return slopes * rows * largest(Composed.doubles(problem.hidden().array()));
    }

    private static double largest(double[] numbers) {
        return Arrays.stream(numbers).map(Math::abs).max().orElse(0);
    }

    /** By itself, against plain code: so the double precision of the test above is worth something. */
    @ParameterizedTest
    @MethodSource(Shape.ODD)
    void aFullSoftmaxIsThatOfPlainCode(Shape shape) {
        boolean bias = shape.rows() % 2 == 0;
        int chunk = shape.width() % 2 == 0 ? 1 + shape.classes() / 3 : AT_ONCE;
        Problem<FullSoftmax> problem = Problem.of(full(shape, bias), shape.rows());
        Targets targets = problem.targets();
        int[] ids = ids(targets);
        Map<String, double[]> exact = gradients(Reference.of(problem.at(Precision.DOUBLE)), targets, bias);
        Map<String, double[]> naive = gradients(Reference.of(problem.at(Precision.SINGLE)), targets, bias);
        Composed single = Composed.of(problem.objective(), problem.hidden(), ids, chunk, DataType.FLOAT32);
        Composed twice = Composed.of(problem.objective(), problem.hidden(), ids, chunk, DataType.FLOAT64);
        assertThat(single.gradients().keySet()).isEqualTo(exact.keySet());
        exact.forEach((name, reference) -> {
            Budget.check(
                    "gradient of " + name,
                    single.gradient(name),
                    Composed.of(name, naive),
                    reference,
                    Math.max(largest(reference), terms(problem, name)));
            assertThat(twice.gradient(name))
                    .as("gradient of %s in double precision", name)
                    .containsExactly(reference, within(1e-14));
        });
        double loss = Reference.of(problem.at(Precision.DOUBLE)).loss(targets);
        assertThat(twice.loss()).isCloseTo(loss, within(1e-13 * (1 + loss)));
        assertThat(single.loss()).isCloseTo(loss, within(1e-6 * (1 + loss)));
    }

    private static Map<String, double[]> gradients(Reference reference, Targets targets, boolean bias) {
        Map<String, double[]> gradients = new LinkedHashMap<>();
        gradients.put(Point.HIDDEN, flat(reference.hiddenGradient(targets)));
        gradients.put("softmax.weight", flat(reference.weightGradient(targets)));
        if (bias) {
            gradients.put("softmax.bias", flat(reference.biasGradient(targets)));
        }
        return gradients;
    }

    private static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    /** The loss is 0, and so are the gradients, which are there. */
    @Test
    void ofABatchWhoseRowsAreAllIgnored() {
        Shape shape = new Shape(30, 6, 4);
        CrossEntropy ignoring = CrossEntropy.MEAN.ignoring(IGNORED);
        for (Objective layer : List.of(
                full(shape, true).minimising(ignoring),
                adaptive(shape, true).minimising(ignoring),
                tree(shape, Tree.huffman(skewed(shape), 3), true).minimising(ignoring),
                SampledSoftmax.of(full(shape, true), samplers(30).getLast()).minimising(ignoring))) {
            for (int chunk : new int[] {AT_ONCE, 7}) {
                Matrix hidden = Problem.of(layer, 4).hidden();
                int[] ids = {IGNORED, IGNORED, IGNORED, IGNORED};
                Composed composed = Composed.of(layer, hidden, ids, chunk, DataType.FLOAT32);
                assertThat(composed.loss()).isZero();
                composed.gradients()
                        .forEach((name, gradient) ->
                                assertThat(gradient).as(name).containsOnly(0));
            }
        }
    }
}
