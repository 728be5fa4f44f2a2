package io.vastmax.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.CrossEntropy;
import io.vastmax.Gradient;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Parameter;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every objective must do. A test of one extends this class. */
public abstract class ObjectiveContract<L extends Objective> {
    private static final double STEP = 1e-5;

    private Workspace workspace = Workspace.ofThreads(1);

    /** For tests to extend. */
    protected ObjectiveContract() {}

    /** An objective with this many classes and this length of hidden vectors. Its parameters may be overwritten. */
    protected abstract L create(int classes, int width, RandomKey key);

    /**
     * The loss of each row by the plainest code there is, as a function of what {@code at} holds, in its
     * {@linkplain Point#precision() precision}. The objective gives what no training changes: a tree, clusters, a
     * sampler; its parameters are not to be looked at.
     *
     * @param key that of the step, {@link Problem#KEY}, for what draws classes
     */
    protected abstract double[] losses(L objective, Point at, Targets targets, RandomKey key);

    /** The same parameters under another objective. */
    protected abstract L minimising(L objective, CrossEntropy crossEntropy);

    /** How far a gradient that vanishes may be from 0. */
    protected double gradientNoise() {
        return 1e-9;
    }

    /** The workspace to test with. */
    protected Workspace workspace(int threads) {
        return Workspace.ofThreads(threads);
    }

    @BeforeEach
    final void openWorkspace() {
        workspace = workspace(2);
    }

    @AfterEach
    final void closeWorkspace() {
        workspace.close();
    }

    /** The workspace of this test, of two threads. */
    protected final Workspace workspace() {
        return workspace;
    }

    /** An objective and a batch, see {@link Problem#of}. */
    protected final Problem<L> problem(Shape shape) {
        return Problem.of(create(shape.classes(), shape.width(), Problem.KEY), shape.rows());
    }

    /** An objective and a batch of ordinary sizes. */
    protected final Problem<L> problem() {
        return problem(new Shape(300, 20, 40));
    }

    @Test
    void parametersHaveZerosForGradients() {
        L objective = problem().objective();
        List<Parameter> parameters = new ArrayList<>();
        objective.parameters().forEach(parameters::add);
        List<Parameter> ofGradients = new ArrayList<>();
        for (Gradient gradient : objective.newGradients()) {
            ofGradients.add(gradient.parameter());
            assertThat(Problem.dense(gradient).array()).containsOnly(0f);
        }
        assertThat(ofGradients).isEqualTo(parameters);
    }

    @ParameterizedTest
    @MethodSource(Shape.ODD)
    void lossKeepsToTheErrorBudget(Shape shape) {
        Problem<L> problem = problem(shape);
        double[] reference = referenceLosses(problem, Precision.DOUBLE);
        Budget.check("loss", problem.losses(workspace), referenceLosses(problem, Precision.SINGLE), reference);
        double mean = Arrays.stream(reference).average().orElseThrow();
        assertThat(problem.evaluate(workspace).loss()).isCloseTo(mean, within(1e-6 * (1 + mean)));
    }

    @Test
    void lossAndGradientsReturnsTheMeanOfLoss() {
        Problem<L> problem = problem();
        double mean = Arrays.stream(problem.losses(workspace)).average().orElseThrow();
        assertThat(problem.evaluate(workspace).loss()).isCloseTo(mean, within(1e-9 * mean));
    }

    @Test
    void theSinkTakesTheRowsInOrderOnTheCallersThread() {
        Problem<L> problem = problem(new Shape(50, 4, 2100));
        List<Integer> rows = new ArrayList<>();
        Thread caller = Thread.currentThread();
        problem.objective().loss(problem.hidden(), problem.targets(), step(workspace), (row, loss, lse, weight) -> {
            rows.add(row);
            assertThat(Thread.currentThread()).isSameAs(caller);
        });
        assertThat(rows).hasSize(2100).isSorted().doesNotHaveDuplicates();
    }

    /** Element by element, for a batch that repeats a target. */
    @Test
    void gradientsAreThoseOfTheReference() {
        Problem<L> problem = Problem.of(create(13, 5, Problem.KEY), 6);
        problem = new Problem<>(problem.objective(), problem.hidden(), Targets.of(12, 3, 0, 3, 7, 12));
        Problem.Evaluation evaluation = problem.evaluate(workspace);
        Point at = problem.at(Precision.DOUBLE);
        for (String name : at.blocks()) {
            double[][] block = at.block(name);
            for (int i = 0; i < block.length; i++) {
                for (int j = 0; j < block[i].length; j++) {
                    double[][] direction = new double[block.length][block[i].length];
                    direction[i][j] = 1;
                    double expected = slope(problem, at, name, direction);
                    assertThat((double) evaluation.gradient(name).get(i, j))
                            .as("gradient of %s in (%d, %d)", name, i, j)
                            .isCloseTo(expected, within(1e-6 + 1e-5 * Math.abs(expected)));
                }
            }
        }
    }

    /** Along one random direction in each block. */
    @ParameterizedTest
    @MethodSource(Shape.ODD)
    void gradientsAreThoseOfTheReferenceAtOddShapes(Shape shape) {
        Problem<L> problem = problem(shape);
        Problem.Evaluation evaluation = problem.evaluate(workspace);
        Point at = problem.at(Precision.DOUBLE);
        SplittableRandom random = new SplittableRandom(1);
        for (String name : at.blocks()) {
            double[][] gradient = Point.doubles(evaluation.gradient(name));
            double[][] direction = direction(gradient, random);
            assertThat(inner(gradient, direction))
                    .as("gradient of %s along a direction", name)
                    .isCloseTo(
                            slope(problem, at, name, direction),
                            within(gradientNoise() + 1e-4 * Math.sqrt(inner(gradient, gradient)) * size(direction)));
        }
    }

    @Test
    void gradientsAreAddedButThatOfHiddenIsOverwritten() {
        Problem<L> problem = problem();
        Problem.Evaluation once = problem.evaluate(workspace);
        Gradients gradients = problem.objective().newGradients();
        Matrix hiddenGradient = problem.hidden().copy();
        hiddenGradient.fill(Float.NaN);
        for (int i = 0; i < 2; i++) {
            problem.objective()
                    .lossAndGradients(problem.hidden(), problem.targets(), step(workspace), hiddenGradient, gradients);
        }
        assertSameBits(hiddenGradient.array(), once.gradient(Point.HIDDEN).array());
        for (Gradient gradient : gradients) {
            float[] twice = Problem.dense(gradient).array();
            float[] expected = once.gradient(gradient.parameter().name()).array();
            for (int i = 0; i < twice.length; i++) {
                assertThat(twice[i]).isCloseTo(2 * expected[i], within(1e-6f + 1e-5f * Math.abs(expected[i])));
            }
        }
    }

    @Test
    void gradientsThatAreNotNeededMayBeNull() {
        Problem<L> problem = problem();
        L objective = problem.objective();
        Problem.Evaluation all = problem.evaluate(workspace);
        Step step = step(workspace);
        Matrix hiddenGradient = problem.hidden().copy();
        assertThat(objective.lossAndGradients(problem.hidden(), problem.targets(), step, hiddenGradient, null))
                .isEqualTo(all.loss());
        assertSameBits(hiddenGradient.array(), all.gradient(Point.HIDDEN).array());
        Gradients gradients = objective.newGradients();
        assertThat(objective.lossAndGradients(problem.hidden(), problem.targets(), step, null, gradients))
                .isEqualTo(all.loss());
        for (Gradient gradient : gradients) {
            assertSameBits(
                    Problem.dense(gradient).array(),
                    all.gradient(gradient.parameter().name()).array());
        }
        assertThat(objective.lossAndGradients(problem.hidden(), problem.targets(), step, null, null))
                .isEqualTo(all.loss());
    }

    /** Weights of tokens and classes, and rows that are ignored: of the mean as of the sum. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rowsCountByTheirWeights(boolean sum) {
        Problem<L> problem = problem();
        int rows = problem.hidden().rows();
        float[] classWeights = new float[problem.objective().exact().classes()];
        for (int i = 0; i < classWeights.length; i++) {
            classWeights[i] = 0.25f * (i % 5);
        }
        float[] tokenWeights = new float[rows];
        int[] ids = new int[rows];
        double[] weights = new double[rows];
        for (int n = 0; n < rows; n++) {
            tokenWeights[n] = n == 3 ? 0 : 1 + n % 3;
            ids[n] = n % 7 == 2 ? -100 : problem.targets().id(n);
            weights[n] = ids[n] < 0 ? 0 : tokenWeights[n] * classWeights[ids[n]];
        }
        CrossEntropy mean = CrossEntropy.MEAN.ignoring(-100).weighing(classWeights);
        L objective = minimising(problem.objective(), sum ? mean.summed() : mean);
        Problem<L> weighted =
                new Problem<>(objective, problem.hidden(), Targets.of(ids).weighted(tokenWeights));

        double[] all = problem.losses(workspace);
        objective.loss(weighted.hidden(), weighted.targets(), step(workspace), (row, loss, lse, weight) -> {
            double expected = weights[row] == 0 ? 0 : weights[row] * all[row];
            assertThat(loss).as("loss of row %d", row).isCloseTo(expected, within(1e-12 * (1 + expected)));
            assertThat(weight).as("weight of row %d", row).isEqualTo(weights[row]);
        });
        checkAgainst(weighted, at -> reduced(losses(problem, at), weights, sum));
        Problem.Evaluation evaluation = weighted.evaluate(workspace);
        for (int n = 0; n < rows; n++) {
            if (weights[n] == 0) {
                assertThat(Point.doubles(evaluation.gradient(Point.HIDDEN))[n]).containsOnly(0);
            }
        }
    }

    /** No reduction: each row's gradient is multiplied by what comes from upstream, of any sign. */
    @Test
    void upstreamGradientsTakeThePlaceOfTheReduction() {
        Problem<L> problem = problem();
        float[] upstream = new float[problem.hidden().rows()];
        for (int n = 0; n < upstream.length; n++) {
            upstream[n] = n % 4 == 0 ? 0 : (n % 3 - 1.25f) / 4;
        }
        for (CrossEntropy reduction : List.of(CrossEntropy.MEAN, CrossEntropy.MEAN.summed())) {
            Problem<L> upstreamed = new Problem<>(
                    minimising(problem.objective(), reduction), problem.hidden(), problem.targets(), upstream);
            checkAgainst(upstreamed, at -> {
                double[] losses = losses(problem, at);
                double sum = 0;
                for (int n = 0; n < losses.length; n++) {
                    sum += upstream[n] * losses[n];
                }
                return sum;
            });
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> problem.objective()
                        .lossAndGradients(
                                problem.hidden(), problem.targets(), step(workspace), new float[3], null, null))
                .withMessageContainingAll("upstream", "3", "40");
    }

    @Test
    void aBatchOfIgnoredRowsHasTheLossZeroAndNoGradients() {
        Problem<L> problem = problem();
        int[] ids = new int[problem.hidden().rows()];
        Arrays.fill(ids, -1);
        Problem<L> ignored = new Problem<>(
                minimising(problem.objective(), CrossEntropy.MEAN.ignoring(-1)), problem.hidden(), Targets.of(ids));
        Problem.Evaluation evaluation = ignored.evaluate(workspace);
        assertThat(evaluation.loss()).isZero();
        evaluation
                .gradients()
                .forEach((name, gradient) ->
                        assertThat(gradient.array()).as(name).containsOnly(0f));
    }

    @Test
    void refusesWeightsForAnotherNumberOfClasses() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> minimising(create(5, 3, Problem.KEY), CrossEntropy.MEAN.weighing(1, 2)))
                .withMessageContainingAll("classWeights", "2", "5");
    }

    @Test
    void anEmptyBatchHasTheLossZeroAndNoGradients() {
        L objective = problem().objective();
        Matrix none = Matrix.zeros(0, objective.exact().width());
        Gradients gradients = objective.newGradients();
        assertThat(objective.lossAndGradients(none, Targets.of(), step(workspace), none.copy(), gradients))
                .isZero();
        gradients.forEach(
                gradient -> assertThat(Problem.dense(gradient).array()).containsOnly(0f));
        objective.loss(none, Targets.of(), step(workspace), (row, loss, lse, weight) -> {
            throw new AssertionError("a row of an empty batch");
        });
    }

    @Test
    void refusesWrongShapesAndIdsByName() {
        L objective = create(5, 3, Problem.KEY);
        Matrix two = Matrix.zeros(2, 3);
        Targets targets = Targets.of(4, 0);
        refuses(objective, Matrix.zeros(2, 4), targets, two, "hidden", "2 x 4", "3");
        refuses(objective, two, Targets.of(1, 2, 3), two, "targets", "3", "2");
        refuses(objective, two, Targets.of(0, 5), two, "targets[1] = 5", "4");
        refuses(objective, two, Targets.of(-1, 0), two, "targets[0] = -1", "4");
        for (Matrix wrong : List.of(Matrix.zeros(3, 3), Matrix.zeros(2, 2), Matrix.zeros(3, 2))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> objective.lossAndGradients(two, targets, step(workspace), wrong, null))
                    .withMessageContainingAll("hiddenGradient", wrong.toString(), "2 x 3");
        }
        Gradients others = Gradients.dense(Parameters.of(new Parameter("other", Matrix.zeros(5, 3))));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> objective.lossAndGradients(two, targets, step(workspace), null, others))
                .withMessageContaining("radient");
    }

    private void refuses(L objective, Matrix hidden, Targets targets, Matrix hiddenGradient, String... named) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> objective.loss(hidden, targets, step(workspace), (row, loss, lse, weight) -> {}))
                .withMessageContainingAll(named);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> objective.lossAndGradients(hidden, targets, step(workspace), hiddenGradient, null))
                .withMessageContainingAll(named);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 8})
    void trainsWithTheSameBitsOnAnyNumberOfThreads(int threads) {
        for (Shape shape : List.of(new Shape(1000, 33, 70), new Shape(129, 150, 2), new Shape(3000, 5, 300))) {
            Problem<L> problem = problem(shape);
            try (Workspace one = workspace(1);
                    Workspace more = workspace(threads)) {
                assertThat(problem.losses(more)).as("%s", shape).isEqualTo(problem.losses(one));
                Problem.Evaluation expected = problem.evaluate(one);
                Problem.Evaluation actual = problem.evaluate(more);
                assertThat(actual.loss()).as("%s", shape).isEqualTo(expected.loss());
                expected.gradients()
                        .forEach((name, gradient) ->
                                assertSameBits(actual.gradient(name).array(), gradient.array()));
            }
        }
    }

    /** A key like that of {@link Problem#KEY} with a workspace. */
    protected static Step step(Workspace workspace) {
        return new Step(Problem.KEY, workspace);
    }

    /** Fails where two arrays differ in a bit. */
    protected static void assertSameBits(float[] actual, float[] expected) {
        int difference = Arrays.mismatch(actual, expected);
        if (difference >= 0) {
            assertThat(Float.toHexString(actual[difference]))
                    .as("element %d", difference)
                    .isEqualTo(Float.toHexString(expected[difference]));
        }
    }

    private double[] referenceLosses(Problem<L> problem, Precision precision) {
        return losses(problem.objective(), problem.at(precision), problem.targets(), Problem.KEY);
    }

    /** The derivative of the mean loss along a direction. */
    private double slope(Problem<L> problem, Point at, String block, double[][] direction) {
        return slope(
                at,
                block,
                direction,
                point -> Arrays.stream(losses(problem, point)).average().orElseThrow());
    }

    /** The derivative of a loss along a direction, by a central difference. */
    private static double slope(Point at, String block, double[][] direction, ToDoubleFunction<Point> loss) {
        add(at.block(block), STEP, direction);
        double ahead = loss.applyAsDouble(at);
        add(at.block(block), -2 * STEP, direction);
        double behind = loss.applyAsDouble(at);
        add(at.block(block), STEP, direction);
        return (ahead - behind) / (2 * STEP);
    }

    /**
     * Holds an objective's loss, and its gradients along a random direction in each block, against a loss as one would write
     * it down.
     */
    protected final void checkAgainst(Problem<? extends Objective> problem, ToDoubleFunction<Point> loss) {
        Problem.Evaluation evaluation = problem.evaluate(workspace);
        Point at = problem.at(Precision.DOUBLE);
        double expected = loss.applyAsDouble(at);
        assertThat(evaluation.loss()).as("loss").isCloseTo(expected, within(2e-6 * (1 + Math.abs(expected))));
        SplittableRandom random = new SplittableRandom(2);
        for (String name : at.blocks()) {
            double[][] gradient = Point.doubles(evaluation.gradient(name));
            double[][] direction = direction(gradient, random);
            assertThat(inner(gradient, direction))
                    .as("gradient of %s along a direction", name)
                    .isCloseTo(
                            slope(at, name, direction, loss),
                            within(1e-8 + 1e-4 * Math.sqrt(inner(gradient, gradient) * inner(direction, direction))));
        }
    }

    private double[] losses(Problem<L> problem, Point at) {
        return losses(problem.objective(), at, problem.targets(), Problem.KEY);
    }

    private static double reduced(double[] losses, double[] weights, boolean sum) {
        double total = 0;
        double all = 0;
        for (int n = 0; n < losses.length; n++) {
            total += weights[n] * losses[n];
            all += weights[n];
        }
        return sum ? total : total / all;
    }

    /** The size of a direction's elements. */
    private static double size(double[][] direction) {
        return direction.length == 0 ? 0 : Math.abs(direction[0][0]);
    }

    /** Plus or minus one over the root of their number, for each element. */
    private static double[][] direction(double[][] like, SplittableRandom random) {
        double[][] direction = new double[like.length][];
        Arrays.setAll(direction, i -> new double[like[i].length]);
        double length = like.length == 0 ? 0 : 1 / Math.sqrt((double) like.length * like[0].length);
        for (double[] row : direction) {
            Arrays.setAll(row, j -> random.nextBoolean() ? length : -length);
        }
        return direction;
    }

    private static void add(double[][] block, double factor, double[][] direction) {
        for (int i = 0; i < block.length; i++) {
            for (int j = 0; j < block[i].length; j++) {
                block[i][j] += factor * direction[i][j];
            }
        }
    }

    private static double inner(double[][] x, double[][] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += Precision.DOUBLE.dot(x[i], y[i]);
        }
        return sum;
    }
}
