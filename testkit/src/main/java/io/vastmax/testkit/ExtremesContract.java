package io.vastmax.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.CrossEntropy;
import io.vastmax.LogitTransform;
import io.vastmax.Margin;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Parameter;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What must hold under everything that can be trained for, and at its edges: no NaN, nothing from nothing, the same bits on
 * any number of threads. A test of an objective extends this class; what the objective refuses is left out.
 */
public abstract class ExtremesContract<L extends Objective> {
    private static final long PLENTY = 1 << 28;
    private static final long LITTLE = 1 << 20;

    /** For tests to extend. */
    protected ExtremesContract() {}

    /** An objective with this many classes and this length of hidden vectors. Its parameters may be overwritten. */
    protected abstract L create(int classes, int width, RandomKey key);

    /** The same parameters under another objective. */
    protected abstract L minimising(L objective, CrossEntropy crossEntropy);

    /** The same parameters with other logits. */
    protected abstract L transforming(L objective, LogitTransform transform);

    /**
     * What is trained for.
     *
     * @param name of the case
     * @param objective what is minimised
     * @param transform of the logits
     */
    record Training(String name, CrossEntropy objective, LogitTransform transform) {
        Training(String name, CrossEntropy objective) {
            this(name, objective, LogitTransform.IDENTITY);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Training> trainings() {
        CrossEntropy mean = CrossEntropy.MEAN;
        CrossEntropy smooth = mean.smoothing(0.1);
        LogitTransform same = LogitTransform.IDENTITY;
        return Stream.of(
                new Training("mean", mean),
                new Training("sum", mean.summed()),
                new Training("smoothed labels", smooth),
                new Training("hardly any label", mean.smoothing(0.999)),
                new Training("smoothed along the path", mean.smoothingPath(0.3)),
                new Training("a focus", mean.focusing(2)),
                new Training("a focus below 1", mean.focusing(0.1)),
                new Training("a focus of 100", mean.focusing(100)),
                new Training("z-loss", smooth.withZLoss(1e-4)),
                new Training("noise", mean.withMargin(Margin.noise(0.5))),
                new Training("margin", smooth.withMargin(Margin.additive(0.35))),
                new Training("angular margin", mean.withMargin(Margin.additiveAngular(0.5))),
                new Training("cold", smooth, same.withTemperature(1e-3)),
                new Training("hot", mean.focusing(2), same.withTemperature(1e6)),
                new Training("capped", smooth, new LogitTransform(30, 0.7)),
                new Training("capped to signs", mean.focusing(2), same.withSoftCap(1e-6)));
    }

    /** The objective itself, or none if it does not take this. */
    private List<L> trained(Training training, L objective, CrossEntropy crossEntropy) {
        try {
            return List.of(minimising(transforming(objective, training.transform), crossEntropy));
        } catch (IllegalArgumentException refused) {
            assertThat(refused).hasMessageContaining("does not take");
            return List.of();
        }
    }

    private List<Problem<L>> problems(Training training, Shape shape) {
        List<Problem<L>> problems = new ArrayList<>();
        for (L each : trained(training, create(shape.classes(), shape.width(), Problem.KEY), training.objective)) {
            problems.add(Problem.of(each, shape.rows()));
        }
        return problems;
    }

    private static Problem.Evaluation evaluate(Problem<?> problem) {
        return evaluate(problem, 2, PLENTY);
    }

    private static Problem.Evaluation evaluate(Problem<?> problem, int threads, long memory) {
        try (Workspace workspace = Workspace.of(threads, memory)) {
            return problem.evaluate(workspace);
        }
    }

    private static void assertZero(String what, Problem<?> problem) {
        Problem.Evaluation evaluation = evaluate(problem);
        assertThat(evaluation.loss()).as(what).isZero();
        evaluation.gradients().forEach((name, gradient) -> assertGradient(what + ": " + name, gradient, 0));
    }

    private static void assertGradient(String what, Matrix gradient, double most) {
        for (float g : gradient.array()) {
            if (!(Math.abs(g) <= most)) {
                assertThat(g).as("gradient of %s", what).isBetween((float) -most, (float) most);
            }
        }
    }

    /** Batches of no rows, of rows that are ignored, and of rows that weigh nothing, by their tokens or classes. */
    @ParameterizedTest
    @MethodSource("trainings")
    void nothingComesOfNothing(Training training) {
        int[] ignored = new int[40];
        Arrays.fill(ignored, -100);
        for (int rows : new int[] {1, 40}) {
            for (Problem<L> problem : problems(training, new Shape(150, 7, rows))) {
                L objective = problem.objective();
                Matrix hidden = problem.hidden();
                Targets targets = problem.targets();
                assertZero("no rows", new Problem<>(objective, Matrix.zeros(0, 7), Targets.of()));
                assertZero("no weight", new Problem<>(objective, hidden, targets.weighted(new float[rows])));
                for (L ignoring : trained(training, objective, training.objective.ignoring(-100))) {
                    Targets none = Targets.of(Arrays.copyOf(ignored, rows));
                    assertZero("ignored", new Problem<>(ignoring, hidden, none));
                    assertZero("ignored", new Problem<>(ignoring, hidden, none, new float[rows]));
                }
                for (L weightless : trained(training, objective, training.objective.weighing(new float[150]))) {
                    assertZero("weightless classes", new Problem<>(weightless, hidden, targets));
                }
            }
        }
    }

    /** Loss and gradients are numbers however large the logits, which with a projection are 1e16, and where all are 0. */
    @ParameterizedTest
    @MethodSource("trainings")
    void hugeLogitsAreNoTrouble(Training training) {
        for (double size : new double[] {0, 1e-30, 1e4, 1e8}) {
            for (Problem<L> problem : problems(training, new Shape(150, 7, 40))) {
                for (Parameter parameter : problem.objective().parameters()) {
                    float[] values = parameter.value().array();
                    for (int i = 0; i < values.length; i++) {
                        values[i] *= (float) size;
                    }
                }
                Problem.Evaluation evaluation = evaluate(problem);
                assertThat(evaluation.loss()).as("parameters times %s", size).isFinite();
                evaluation
                        .gradients()
                        .forEach(
                                (name, gradient) -> assertGradient(name + " times " + size, gradient, Float.MAX_VALUE));
            }
        }
    }

    /** It is certain: nothing can be learnt, but for a z-loss. */
    @ParameterizedTest
    @MethodSource("trainings")
    void aSingleClassIsCertain(Training training) {
        for (int rows : new int[] {1, 40}) {
            for (Problem<L> problem : problems(training, new Shape(1, 7, rows))) {
                Problem.Evaluation evaluation = evaluate(problem);
                if (training.objective.zLoss() > 0) {
                    assertThat(evaluation.loss()).isFinite();
                } else {
                    double noise = 1e-6 / training.transform.temperature();
                    assertThat(evaluation.loss()).isCloseTo(0, within(noise));
                    evaluation.gradients().forEach((name, gradient) -> assertGradient(name, gradient, noise));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("trainings")
    void trainsWithTheSameBitsOnAnyNumberOfThreads(Training training) {
        for (Shape shape : List.of(new Shape(129, 33, 3), new Shape(1000, 33, 70), new Shape(3000, 5, 300))) {
            for (Problem<L> problem : problems(training, shape)) {
                Problem.Evaluation expected = evaluate(problem, 1, PLENTY);
                for (int threads : new int[] {2, 3, 8}) {
                    Problem.Evaluation actual = evaluate(problem, threads, PLENTY);
                    assertThat(actual.loss())
                            .as("%s, %d threads", shape, threads)
                            .isEqualTo(expected.loss());
                    actual.gradients()
                            .forEach((name, gradient) -> ObjectiveContract.assertSameBits(
                                    gradient.array(), expected.gradient(name).array()));
                }
            }
        }
    }

    /** In one chunk or in many, with logits that are kept or computed again. */
    @ParameterizedTest
    @MethodSource("trainings")
    void littleMemoryHardlyChangesTheResult(Training training) {
        for (Shape shape : List.of(new Shape(3000, 5, 300), new Shape(9000, 3, 70))) {
            for (Problem<L> problem : problems(training, shape)) {
                Problem.Evaluation expected = evaluate(problem, 2, PLENTY);
                Problem.Evaluation actual = evaluate(problem, 2, LITTLE);
                assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-6 * (1 + expected.loss())));
                actual.gradients().forEach((name, gradient) -> {
                    float[] plenty = expected.gradient(name).array();
                    double largest = 0;
                    double difference = 0;
                    for (int i = 0; i < plenty.length; i++) {
                        largest = Math.max(largest, Math.abs(plenty[i]));
                        difference = Math.max(difference, Math.abs(plenty[i] - gradient.array()[i]));
                    }
                    assertThat(difference).as("gradient of %s", name).isLessThanOrEqualTo(1e-5 * largest);
                });
            }
        }
    }
}
