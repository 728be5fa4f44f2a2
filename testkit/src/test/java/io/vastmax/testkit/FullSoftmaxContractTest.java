package io.vastmax.testkit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Margin;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import io.vastmax.TopK;
import io.vastmax.Workspace;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The full softmax passes the contract: with a bias and without, and in so little memory that logits are recomputed. */
class FullSoftmaxContractTest {
    private static final long LITTLE = 1 << 20;
    private static final List<Shape> SHAPES =
            List.of(new Shape(13, 5, 6), new Shape(300, 20, 40), new Shape(1000, 5, 300));

    abstract static class Contract extends OutputLayerContract<FullSoftmax> {
        @Override
        protected FullSoftmax create(int classes, int width, RandomKey key) {
            return FullSoftmax.create(classes, width, key);
        }

        @Override
        protected FullSoftmax minimising(FullSoftmax layer, CrossEntropy crossEntropy) {
            return layer.minimising(crossEntropy);
        }

        @Override
        protected double[][] logProbs(FullSoftmax layer, Point at) {
            return Reference.of(at, layer.transform()).logProbs();
        }

        @Override
        protected Set<CrossEntropy.Feature> refused() {
            return EnumSet.of(CrossEntropy.Feature.MARGIN);
        }

        @Test
        void aZLoss() {
            for (Shape shape : SHAPES) {
                Problem<FullSoftmax> plain = problem(shape);
                for (LogitTransform transform : List.of(LogitTransform.IDENTITY, new LogitTransform(2, 0.7))) {
                    FullSoftmax layer = plain.objective()
                            .transforming(transform)
                            .minimising(CrossEntropy.MEAN.withZLoss(0.02).smoothing(0.1));
                    checkAgainst(new Problem<>(layer, plain.hidden(), plain.targets()), at -> {
                        Reference reference = Reference.of(at, transform);
                        double sum = 0;
                        for (int n = 0; n < shape.rows(); n++) {
                            double lse = reference.logSumExp()[n];
                            double[] z = reference.logits()[n];
                            double mean = Arrays.stream(z).average().orElseThrow();
                            sum += lse - 0.9 * z[plain.targets().id(n)] - 0.1 * mean + 0.02 * lse * lse;
                        }
                        return sum / shape.rows();
                    });
                }
            }
        }

        /** Equal shares, and probabilities of some classes, with class weights as PyTorch has them, and smoothed. */
        @Test
        void severalTargetsAndProbabilities() {
            for (Shape shape : SHAPES) {
                Problem<FullSoftmax> plain = problem(shape);
                SplittableRandom random = new SplittableRandom(3);
                int[][] ids = new int[shape.rows()][];
                float[][] shares = new float[shape.rows()][];
                for (int n = 0; n < ids.length; n++) {
                    int own = n;
                    ids[n] = IntStream.range(0, 1 + n % 4)
                            .map(i -> (own * 3 + i * 2) % shape.classes())
                            .distinct()
                            .toArray();
                    double[] drawn = random.doubles(ids[n].length, 0.1, 1).toArray();
                    double sum = Arrays.stream(drawn).sum();
                    shares[n] = new float[drawn.length];
                    for (int i = 0; i < drawn.length; i++) {
                        shares[n][i] = (float) (drawn[i] / sum);
                    }
                }
                float[] weights = new float[shape.classes()];
                for (int c = 0; c < weights.length; c++) {
                    weights[c] = 0.5f * (c % 3);
                }
                float[] tokens = new float[shape.rows()];
                Arrays.setAll(ids, n -> ids[n]);
                for (int n = 0; n < tokens.length; n++) {
                    tokens[n] = 1 + n % 2;
                }
                CrossEntropy objective = CrossEntropy.MEAN.weighing(weights).smoothing(0.2);
                for (Targets targets : List.of(Targets.ofSeveral(ids), Targets.ofProbabilities(ids, shares))) {
                    Targets weighted = targets.weighted(tokens);
                    checkAgainst(
                            new Problem<>(plain.objective().minimising(objective), plain.hidden(), weighted),
                            at -> softLoss(Reference.of(at).logProbs(), weighted, weights));
                }
            }
        }

        private static double softLoss(double[][] logProbs, Targets targets, float[] weights) {
            double sum = 0;
            double total = 0;
            for (int n = 0; n < logProbs.length; n++) {
                double loss = 0;
                for (int i = 0; i < targets.count(n); i++) {
                    int c = targets.id(n, i);
                    loss -= 0.8 * targets.share(n, i) * weights[c] * logProbs[n][c];
                }
                for (int c = 0; c < weights.length; c++) {
                    loss -= 0.2 / weights.length * weights[c] * logProbs[n][c];
                }
                sum += targets.weight(n) * loss;
                total += targets.weight(n);
            }
            return sum / total;
        }

        /** Probabilities of 1 are labels, and a focus wants labels. */
        @Test
        void certainProbabilitiesAreLabels() {
            Problem<FullSoftmax> plain = problem(new Shape(30, 5, 9));
            Matrix oneHot = Matrix.zeros(9, 30);
            for (int n = 0; n < 9; n++) {
                oneHot.set(n, plain.targets().id(n), 1);
            }
            Problem<FullSoftmax> soft =
                    new Problem<>(plain.objective(), plain.hidden(), Targets.ofProbabilities(oneHot));
            Problem.Evaluation expected = plain.evaluate(workspace());
            Problem.Evaluation actual = soft.evaluate(workspace());
            assertThat(actual.loss()).isEqualTo(expected.loss());
            expected.gradients()
                    .forEach((name, gradient) ->
                            assertSameBits(actual.gradient(name).array(), gradient.array()));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> soft.objective()
                            .minimising(CrossEntropy.MEAN.focusing(2))
                            .lossAndGradients(soft.hidden(), soft.targets(), step(workspace()), null, null))
                    .withMessageContaining("focal = 2.0");
        }

        /** The noise of a row follows from the step's key: here it is drawn again. */
        @Test
        void noiseOnTheTargetsLogit() {
            for (Shape shape : SHAPES) {
                Problem<FullSoftmax> plain = problem(shape);
                for (LogitTransform transform : List.of(LogitTransform.IDENTITY, new LogitTransform(4, 0.7))) {
                    FullSoftmax layer = plain.objective()
                            .transforming(transform)
                            .minimising(CrossEntropy.MEAN.withMargin(Margin.noise(0.3)));
                    checkAgainst(
                            new Problem<>(layer, plain.hidden(), plain.targets()),
                            at -> noisyLoss(at, plain.targets(), transform));
                }
            }
        }

        private static double noisyLoss(Point at, Targets targets, LogitTransform transform) {
            double[][] z = Reference.of(at).logits();
            double sum = 0;
            for (int n = 0; n < z.length; n++) {
                double xi = Math.abs(Problem.KEY.stream(3).row(n).nextGaussian());
                double[] w = at.block("softmax.weight")[targets.id(n)];
                double[] h = at.hidden()[n];
                double lengths = Math.sqrt(Precision.DOUBLE.dot(w, w) * Precision.DOUBLE.dot(h, h));
                z[n][targets.id(n)] -= 0.3 * xi * (lengths - Precision.DOUBLE.dot(w, h));
                for (int v = 0; v < z[n].length; v++) {
                    z[n][v] = Reference.transformed(z[n][v], Precision.DOUBLE, transform);
                }
                sum += Precision.DOUBLE.logSumExp(z[n]) - z[n][targets.id(n)];
            }
            return sum / z.length;
        }

        /** Every element, and the log-sum-exp that the sink takes. */
        @ParameterizedTest
        @MethodSource(Shape.ODD)
        void gradientsKeepToTheErrorBudget(Shape shape) {
            Problem<FullSoftmax> problem = problem(shape);
            Problem.Evaluation ours = problem.evaluate(workspace());
            Reference reference = Reference.of(problem.at(Precision.DOUBLE));
            Reference naive = Reference.of(problem.at(Precision.SINGLE));
            checkGradients(problem, ours, naive, reference);
            double[] lse = new double[shape.rows()];
            problem.objective()
                    .loss(
                            problem.hidden(),
                            problem.targets(),
                            step(workspace()),
                            (row, loss, logSumExp, weight) -> lse[row] = logSumExp);
            Budget.check("log-sum-exp", lse, naive.logSumExp(), reference.logSumExp());
        }
    }

    @Nested
    class WithBias extends Contract {}

    @Nested
    class WithoutBias extends Contract {
        @Override
        protected FullSoftmax create(int classes, int width, RandomKey key) {
            return FullSoftmax.of(
                    FullSoftmax.create(classes, width, key).weight().value(), null);
        }
    }

    @Nested
    class InLittleMemory extends Contract {
        @Override
        protected Workspace workspace(int threads) {
            return Workspace.of(threads, LITTLE);
        }
    }

    /** Where terms cancel, a unit in the last place is that of their magnitudes' sum. */
    private static void checkGradients(
            Problem<FullSoftmax> problem, Problem.Evaluation ours, Reference naive, Reference reference) {
        Point at = problem.at(Precision.DOUBLE);
        double[][] terms = reference.logitGradient(problem.targets());
        double acrossClasses = largest(Arrays.stream(terms).mapToDouble(FullSoftmaxContractTest::magnitude));
        double acrossRows = largest(IntStream.range(0, terms[0].length)
                .mapToDouble(v -> magnitude(
                        Arrays.stream(terms).mapToDouble(row -> row[v]).toArray())));
        Budget.check(
                "gradient of hidden",
                flat(Point.doubles(ours.gradient(Point.HIDDEN))),
                flat(naive.hiddenGradient(problem.targets())),
                flat(reference.hiddenGradient(problem.targets())),
                acrossClasses * largest(Arrays.stream(flat(at.block("softmax.weight")))));
        Budget.check(
                "gradient of the weight",
                flat(Point.doubles(ours.gradient("softmax.weight"))),
                flat(naive.weightGradient(problem.targets())),
                flat(reference.weightGradient(problem.targets())),
                acrossRows * largest(Arrays.stream(flat(at.hidden()))));
        if (problem.objective().bias() != null) {
            Budget.check(
                    "gradient of the bias",
                    flat(Point.doubles(ours.gradient("softmax.bias"))),
                    flat(naive.biasGradient(problem.targets())),
                    flat(reference.biasGradient(problem.targets())),
                    acrossRows);
        }
    }

    private static double magnitude(double[] terms) {
        return Arrays.stream(terms).map(Math::abs).sum();
    }

    private static double largest(DoubleStream numbers) {
        return numbers.map(Math::abs).max().orElseThrow();
    }

    /**
     * In a mebibyte, 262,144 floats: the first keeps its logits in several chunks of rows; of the second not even 64 rows
     * fit, so that it recomputes them in several sections of classes; the third has fewer rows than a panel, the fourth
     * several panels.
     */
    @ParameterizedTest
    @CsvSource({"1000, 2, 300", "3000, 2, 70", "9000, 2, 7", "3000, 1, 300"})
    void theAllowanceOfMemoryChangesOnlyTheLastBits(int classes, int width, int rows) {
        Problem<FullSoftmax> problem = Problem.of(FullSoftmax.create(classes, width, Problem.KEY), rows);
        try (Workspace little = Workspace.of(2, LITTLE);
                Workspace much = Workspace.of(2, 1 << 30)) {
            Problem.Evaluation expected = problem.evaluate(much);
            Problem.Evaluation actual = problem.evaluate(little);
            assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-7 * expected.loss()));
            expected.gradients().forEach((name, gradient) -> {
                float[] x = gradient.array();
                float[] y = actual.gradient(name).array();
                for (int i = 0; i < x.length; i++) {
                    if (!(Math.abs(x[i] - y[i]) <= 1e-7 + 1e-5 * Math.abs(x[i]))) {
                        assertThat(y[i]).as("gradient of %s at %d", name, i).isEqualTo(x[i]);
                    }
                }
            });
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void classesOfEqualWeightsAreEquallyLikely(int rows) {
        Problem<FullSoftmax> problem = Problem.of(FullSoftmax.create(400, 12, Problem.KEY), rows);
        float[] weight = problem.objective().weight().value().array();
        for (int v : new int[] {17, 127, 128, 399}) {
            System.arraycopy(weight, 200 * 12, weight, v * 12, 12);
            bias(problem.objective()).set(v, 0, 50);
        }
        bias(problem.objective()).set(200, 0, 50);
        TopK top = TopK.of(rows, 3);
        try (Workspace workspace = Workspace.ofThreads(2)) {
            problem.objective().topK(problem.hidden(), top, workspace);
        }
        for (int n = 0; n < rows; n++) {
            assertThat(new int[] {top.id(n, 0), top.id(n, 1), top.id(n, 2)}).containsExactly(17, 127, 128);
            assertThat(top.logProb(n, 1)).isEqualTo(top.logProb(n, 0)).isCloseTo((float) -Math.log(5), within(1e-6f));
        }
    }

    /** A bias of -inf masks a class, also as a whole tile. */
    @Test
    void aMaskedClassHasTheProbabilityZeroAndNoGradient() {
        Problem<FullSoftmax> problem = Problem.of(FullSoftmax.create(400, 12, Problem.KEY), 40);
        FullSoftmax layer = problem.objective();
        Arrays.fill(bias(layer).array(), 128, 270, Float.NEGATIVE_INFINITY);
        Problem<FullSoftmax> unmasked = new Problem<>(
                layer, problem.hidden(), Targets.of(IntStream.range(0, 40).toArray()));
        try (Workspace workspace = Workspace.ofThreads(2)) {
            Problem.Evaluation evaluation = unmasked.evaluate(workspace);
            assertThat(evaluation.loss())
                    .isCloseTo(Reference.of(layer, unmasked.hidden()).loss(unmasked.targets()), within(1e-6));
            for (int v = 128; v < 270; v++) {
                assertThat(evaluation.gradient("softmax.bias").get(v, 0)).isZero();
                assertThat(evaluation.gradient("softmax.weight").get(v, 5)).isZero();
            }
            assertThat(evaluation.gradient(Point.HIDDEN).array()).doesNotContain(Float.NaN);
            Matrix logProbs = Matrix.zeros(40, 400);
            layer.logProbs(unmasked.hidden(), logProbs, workspace);
            assertThat(logProbs.get(0, 128)).isEqualTo(Float.NEGATIVE_INFINITY);
            assertThat(logProbs.get(39, 269)).isEqualTo(Float.NEGATIVE_INFINITY);
            int[] drawn = new int[40];
            for (int step = 0; step < 50; step++) {
                layer.sample(unmasked.hidden(), Problem.KEY.atStep(step), drawn, workspace);
                assertThat(Arrays.stream(drawn)).noneMatch(id -> id >= 128 && id < 270);
            }
        }
    }

    @Test
    void hugeLogitsDoNotOverflow() {
        FullSoftmax layer = FullSoftmax.of(Matrix.copyOf(new float[][] {{1e38f}, {-1e38f}, {9.9e37f}}), null);
        Matrix hidden = Matrix.copyOf(new float[][] {{1}, {-1}, {0}});
        Matrix logProbs = Matrix.zeros(3, 3);
        try (Workspace workspace = Workspace.ofThreads(1)) {
            layer.logProbs(hidden, logProbs, workspace);
            assertThat(new float[] {logProbs.get(0, 0), logProbs.get(1, 1)}).containsExactly(0, 0);
            assertThat(logProbs.get(2, 1)).isCloseTo((float) -Math.log(3), within(1e-6f));
            float[] out = new float[3];
            layer.logProb(hidden, new int[] {0, 1, 2}, out, workspace);
            assertThat(out).containsExactly(new float[] {0, 0, (float) -Math.log(3)}, within(1e-6f));
        }
    }

    @Test
    void nothingIsDrawnFromWhatIsNoDistribution() {
        FullSoftmax layer = FullSoftmax.create(5, 2, Problem.KEY);
        layer.weight().value().set(3, 1, Float.NaN);
        try (Workspace workspace = Workspace.ofThreads(2)) {
            for (int rows : new int[] {1, 4}) {
                Matrix hidden = Matrix.zeros(rows, 2);
                hidden.fill(1);
                assertThatThrownBy(() -> layer.sample(hidden, Problem.KEY, new int[rows], workspace))
                        .isInstanceOf(ArithmeticException.class)
                        .hasMessageContaining("class 3");
            }
        }
    }

    @Test
    void refusesMatricesThatMakeNoLayer() {
        assertThatThrownBy(() -> FullSoftmax.of(Matrix.zeros(0, 3), null)).hasMessageContaining("weight is 0 x 3");
        assertThatThrownBy(() -> FullSoftmax.of(Matrix.zeros(3, 0), null)).hasMessageContaining("weight is 3 x 0");
        assertThatThrownBy(() -> FullSoftmax.of(Matrix.zeros(3, 2), Matrix.zeros(1, 3)))
                .hasMessageContaining("bias is 1 x 3")
                .hasMessageContaining("3 x 1");
        assertThatThrownBy(() -> FullSoftmax.create(0, 2, Problem.KEY)).hasMessageContaining("classes = 0");
        assertThatThrownBy(() -> FullSoftmax.create(2, -1, Problem.KEY)).hasMessageContaining("width = -1");
    }

    @Test
    void isMadeWithWeightsWithinTheBoundAndABiasOfZeros() {
        FullSoftmax layer = FullSoftmax.create(50, 16, Problem.KEY);
        for (float w : layer.weight().value().array()) {
            assertThat(Math.abs(w)).isLessThanOrEqualTo(0.25f);
        }
        assertThat(layer.weight().value().array()).doesNotHaveDuplicates();
        assertThat(bias(layer).array()).containsOnly(0f);
        assertThat(FullSoftmax.create(50, 16, Problem.KEY).weight().value().array())
                .isEqualTo(layer.weight().value().array());
    }

    private static Matrix bias(FullSoftmax layer) {
        return requireNonNull(layer.bias()).value();
    }

    private static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }
}
