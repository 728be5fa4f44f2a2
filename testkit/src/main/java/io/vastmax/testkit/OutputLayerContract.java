package io.vastmax.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.CrossEntropy;
import io.vastmax.LogitTransform;
import io.vastmax.Margin;
import io.vastmax.Matrix;
import io.vastmax.OutputLayer;
import io.vastmax.Parameter;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import io.vastmax.TopK;
import io.vastmax.Workspace;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every output layer must do. A test of one extends this class. */
public abstract class OutputLayerContract<L extends OutputLayer> extends ObjectiveContract<L> {
    /** For tests to extend. */
    protected OutputLayerContract() {}

    /**
     * The log-probabilities of all classes by the plainest code there is, N x V, as a function of what {@code at} holds,
     * in its {@linkplain Point#precision() precision}. The layer gives what no training changes: a tree, clusters; its
     * parameters are not to be looked at.
     */
    protected abstract double[][] logProbs(L layer, Point at);

    @Override
    protected double[] losses(L layer, Point at, Targets targets, RandomKey key) {
        double[][] logProbs = logProbs(layer, at);
        return IntStream.range(0, logProbs.length)
                .mapToDouble(n -> -logProbs[n][targets.id(n)])
                .toArray();
    }

    /** What the layer refuses of an objective. */
    protected Set<CrossEntropy.Feature> refused() {
        return EnumSet.of(CrossEntropy.Feature.MARGIN, CrossEntropy.Feature.NOISE);
    }

    /** Whether it takes a {@link LogitTransform}. */
    protected boolean transforms() {
        return true;
    }

    /** The layer with another transform: it is of its own kind. */
    @SuppressWarnings("unchecked")
    private L transforming(L layer, LogitTransform transform) {
        return (L) layer.transforming(transform);
    }

    /**
     * What can be trained for.
     *
     * @param name of the case
     * @param objective that of a number of classes
     * @param transform of the logits
     */
    record Trained(String name, IntFunction<CrossEntropy> objective, LogitTransform transform) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Trained> trained() {
        LogitTransform warm = LogitTransform.IDENTITY.withTemperature(1.7);
        LogitTransform capped = LogitTransform.IDENTITY.withSoftCap(2.5);
        LogitTransform both = new LogitTransform(1.5, 0.6);
        CrossEntropy smooth = CrossEntropy.MEAN.smoothing(0.1);
        return Stream.of(
                new Trained("temperature", classes -> CrossEntropy.MEAN, warm),
                new Trained("soft-cap", classes -> CrossEntropy.MEAN, capped),
                new Trained("soft-cap and temperature", classes -> CrossEntropy.MEAN, both),
                new Trained("label smoothing", classes -> smooth, LogitTransform.IDENTITY),
                new Trained("sum of smoothed", classes -> smooth.summed(), LogitTransform.IDENTITY),
                new Trained(
                        "label smoothing and class weights",
                        classes -> smooth.weighing(weights(classes)),
                        LogitTransform.IDENTITY),
                new Trained(
                        "label smoothing, class weights, ignored",
                        classes -> smooth.weighing(weights(classes)).ignoring(0),
                        warm),
                new Trained("label smoothing under a soft-cap", classes -> smooth, both),
                new Trained("focal", classes -> CrossEntropy.MEAN.focusing(2), LogitTransform.IDENTITY),
                new Trained(
                        "focal, class weights, ignored",
                        classes -> CrossEntropy.MEAN
                                .focusing(0.5)
                                .weighing(weights(classes))
                                .ignoring(1),
                        both));
    }

    private static float[] weights(int classes) {
        float[] weights = new float[classes];
        for (int c = 0; c < classes; c++) {
            weights[c] = 0.25f * ((c + 2) % 5);
        }
        return weights;
    }

    /** Loss and gradients of every objective that the layer takes, with weights of tokens; the others it refuses. */
    @ParameterizedTest
    @MethodSource("trained")
    void objectivesAreThoseOfTheReference(Trained trained) {
        for (Shape shape :
                List.of(new Shape(13, 5, 6), new Shape(129, 33, 33), new Shape(300, 20, 40), new Shape(1000, 5, 300))) {
            Problem<L> plain = problem(shape);
            CrossEntropy objective = trained.objective().apply(shape.classes());
            if (!transforms() && !trained.transform().equals(LogitTransform.IDENTITY)) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> plain.objective().transforming(trained.transform()))
                        .withMessageContainingAll(
                                "does not take", trained.transform().toString());
                return;
            }
            L transformed = transforming(plain.objective(), trained.transform());
            if (!Collections.disjoint(objective.features(), refused())) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> minimising(transformed, objective))
                        .withMessageContaining("does not take");
                return;
            }
            float[] tokens = new float[shape.rows()];
            for (int n = 0; n < tokens.length; n++) {
                tokens[n] = n % 3 * 0.75f;
            }
            Targets targets = plain.targets().weighted(tokens);
            L layer = minimising(transformed, objective);
            checkAgainst(
                    new Problem<>(layer, plain.hidden(), targets),
                    at -> loss(objective, logProbs(layer, at), targets, null));
            checkRows(layer, objective, plain.hidden(), targets);
        }
    }

    private void checkRows(L layer, CrossEntropy objective, Matrix hidden, Targets targets) {
        double[][] logProbs = logProbs(layer, Point.of(layer, hidden, Precision.DOUBLE));
        double[] expected = new double[hidden.rows()];
        loss(objective, logProbs, targets, expected);
        layer.loss(hidden, targets, step(workspace()), (row, loss, lse, weight) -> {
            assertThat(loss).as("loss of row %d", row).isCloseTo(expected[row], within(1e-5 * (1 + expected[row])));
            int y = targets.id(row);
            double own = objective.ignores(y) ? 0 : (double) targets.weight(row) * objective.classWeight(y);
            assertThat(weight).as("weight of row %d", row).isEqualTo(own);
        });
    }

    /** The formula of {@link CrossEntropy}, from log-probabilities. */
    private static double loss(CrossEntropy objective, double[][] logProbs, Targets targets, double @Nullable [] rows) {
        double e = objective.labelSmoothing();
        double sum = 0;
        double weights = 0;
        for (int n = 0; n < logProbs.length; n++) {
            int y = targets.id(n);
            double token = objective.ignores(y) ? 0 : targets.weight(n);
            double spread = 0;
            for (int c = 0; c < logProbs[n].length; c++) {
                spread -= objective.classWeight(c) * logProbs[n][c];
            }
            double weight = token * objective.classWeight(y);
            double focus = Math.pow(1 - Math.exp(logProbs[n][y]), objective.focal());
            double loss = (1 - e) * weight * focus * -logProbs[n][y] + token * e / logProbs[n].length * spread;
            sum += loss;
            weights += weight;
            if (rows != null) {
                rows[n] = loss;
            }
        }
        return objective.isSum() ? sum : weights == 0 ? 0 : sum / weights;
    }

    /** No smoothing, no focus, no z-loss, a cap at infinity, weights of one: the same bits as without. */
    @Test
    void whatIsZeroChangesNoBit() {
        Problem<L> problem = problem();
        Problem.Evaluation plain = problem.evaluate(workspace());
        CrossEntropy zeros = CrossEntropy.MEAN
                .smoothing(0)
                .focusing(0)
                .withZLoss(0)
                .withMargin(Margin.additive(0))
                .withMargin(Margin.additiveAngular(0))
                .withMargin(Margin.noise(0))
                .weighing(ones(problem.objective().classes()));
        L layer = transforming(problem.objective(), LogitTransform.IDENTITY.withSoftCap(Double.POSITIVE_INFINITY));
        Problem.Evaluation zero =
                new Problem<>(minimising(layer, zeros), problem.hidden(), problem.targets()).evaluate(workspace());
        assertThat(zero.loss()).isEqualTo(plain.loss());
        plain.gradients()
                .forEach((name, gradient) -> assertSameBits(zero.gradient(name).array(), gradient.array()));
    }

    private static float[] ones(int classes) {
        float[] ones = new float[classes];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** A transform is a part of the model: it is in what the layer predicts, and the same parameters train on. */
    @Test
    void transformedLogitsMakeAnotherDistribution() {
        Problem<L> problem = problem();
        if (!transforms()) {
            assertThat(problem.objective().transforming(LogitTransform.IDENTITY))
                    .isSameAs(problem.objective());
            return;
        }
        for (LogitTransform transform :
                List.of(LogitTransform.IDENTITY.withTemperature(0.6), new LogitTransform(2, 1.3))) {
            L layer = transforming(problem.objective(), transform);
            assertThat(layer.transform()).isEqualTo(transform);
            assertThat(layer.parameters().iterator().next())
                    .isSameAs(problem.objective().parameters().iterator().next());
            Problem<L> other = new Problem<>(layer, problem.hidden(), problem.targets());
            float[] logProbs = logProbs(other, workspace());
            assertThat(logProbs).isNotEqualTo(logProbs(problem, workspace()));
            Budget.check(
                    "logProbs",
                    doubles(logProbs),
                    flat(logProbs(layer, other.at(Precision.SINGLE))),
                    flat(logProbs(layer, other.at(Precision.DOUBLE))));
            double[] losses = other.losses(workspace());
            float[] one = new float[losses.length];
            layer.logProb(problem.hidden(), ids(problem), one, workspace());
            TopK top = TopK.of(losses.length, 3);
            layer.topK(problem.hidden(), top, workspace());
            for (int n = 0; n < losses.length; n++) {
                int row = n * layer.classes();
                float expected = logProbs[row + problem.targets().id(n)];
                assertThat(one[n]).isCloseTo(expected, within(2e-6f * (1 - expected)));
                assertThat(losses[n]).isCloseTo(-one[n], within(2e-6 * (1 - expected)));
                for (int rank = 0; rank < 3; rank++) {
                    float likely = logProbs[row + top.id(n, rank)];
                    assertThat(top.logProb(n, rank)).isCloseTo(likely, within(2e-6f * (1 - likely)));
                }
            }
            float likeliest = logProbs[0];
            for (int v = 0; v < layer.classes(); v++) {
                likeliest = Math.max(likeliest, logProbs[v]);
            }
            assertThat(top.logProb(0, 0)).isCloseTo(likeliest, within(1e-5f));
        }
    }

    /** Of a transformed layer as of the plain one. */
    @Test
    void samplesFromTheTransformedDistribution() {
        if (!transforms()) {
            return;
        }
        Problem<L> problem = problem(new Shape(7, 4, 1));
        L layer = transforming(problem.objective(), new LogitTransform(2, 0.5));
        float[] logProbs = logProbs(new Problem<>(layer, problem.hidden(), problem.targets()), workspace());
        long[] counts = new long[7];
        int[] drawn = new int[1];
        for (int i = 0; i < 20_000; i++) {
            layer.sample(problem.hidden(), new RandomKey(1, i), drawn, workspace());
            counts[drawn[0]]++;
        }
        double[] expected = new double[7];
        for (int v = 0; v < 7; v++) {
            expected[v] = Math.exp(logProbs[v]);
        }
        ChiSquare.check("draws", counts, expected);
    }

    @Test
    void isItsOwnEvaluation() {
        L layer = create(17, 3, Problem.KEY);
        assertThat(layer.exact()).isSameAs(layer);
        assertThat(layer.classes()).isEqualTo(17);
        assertThat(layer.width()).isEqualTo(3);
    }

    @ParameterizedTest
    @MethodSource(Shape.ODD)
    void logProbsKeepToTheErrorBudgetAndSumToOne(Shape shape) {
        Problem<L> problem = problem(shape);
        float[] logProbs = logProbs(problem, workspace());
        Budget.check(
                "logProbs",
                doubles(logProbs),
                flat(logProbs(problem.objective(), problem.at(Precision.SINGLE))),
                flat(logProbs(problem.objective(), problem.at(Precision.DOUBLE))));
        for (int n = 0; n < shape.rows(); n++) {
            double sum = 0;
            for (int v = 0; v < shape.classes(); v++) {
                sum += Math.exp(logProbs[n * shape.classes() + v]);
            }
            assertThat(sum).as("sum of row %d", n).isCloseTo(1, within(2e-6));
        }
    }

    @Test
    void logProbIsThatOfLogProbsAndMinusTheLoss() {
        Problem<L> problem = problem();
        int rows = problem.hidden().rows();
        int classes = problem.objective().classes();
        float[] all = logProbs(problem, workspace());
        double[] losses = problem.losses(workspace());
        float[] one = new float[rows];
        problem.objective().logProb(problem.hidden(), ids(problem), one, workspace());
        for (int n = 0; n < rows; n++) {
            float expected = all[n * classes + problem.targets().id(n)];
            assertThat(one[n]).isCloseTo(expected, within(8 * Math.ulp(expected)));
            assertThat(one[n]).isEqualTo((float) -losses[n]);
        }
    }

    @Test
    void aRowHasTheSameDistributionInABatchAndAlone() {
        Problem<L> problem = problem();
        L layer = problem.objective();
        float[] batch = logProbs(problem, workspace());
        double[] losses = problem.losses(workspace());
        for (int n = 0; n < problem.hidden().rows(); n++) {
            Problem<L> row = row(problem, n);
            float[] alone = logProbs(row, workspace());
            for (int v = 0; v < layer.classes(); v++) {
                float expected = batch[n * layer.classes() + v];
                assertThat(alone[v])
                        .as("row %d, class %d", n, v)
                        .isCloseTo(expected, within(2e-6f + 8 * Math.ulp(expected)));
            }
            assertThat(row.losses(workspace())[0]).isCloseTo(losses[n], within(1e-6 * (1 + losses[n])));
        }
    }

    /** Of classes whose log-probabilities are equal but for rounding, either may come first. */
    @ParameterizedTest
    @MethodSource(Shape.ODD)
    void topKIsASortOfLogProbs(Shape shape) {
        Problem<L> problem = problem(shape);
        L layer = problem.objective();
        float[] all = logProbs(problem, workspace());
        int[] ks = {1, Math.ceilDiv(shape.classes(), 3), shape.classes()};
        TopK[] tops = new TopK[ks.length];
        for (int i = 0; i < ks.length; i++) {
            tops[i] = TopK.of(shape.rows(), ks[i]);
            layer.topK(problem.hidden(), tops[i], workspace());
        }
        for (int n = 0; n < shape.rows(); n++) {
            float[] logProbs = Arrays.copyOfRange(all, n * shape.classes(), (n + 1) * shape.classes());
            int[] sorted = sorted(logProbs);
            for (TopK top : tops) {
                assertSorted(top, n, logProbs, sorted);
            }
        }
    }

    private static void assertSorted(TopK top, int row, float[] logProbs, int[] sorted) {
        int[] ids = ids(top, row);
        assertThat(Arrays.stream(ids).distinct().count())
                .as("ids of row %d", row)
                .isEqualTo(ids.length);
        for (int rank = 0; rank < ids.length; rank++) {
            float expected = logProbs[sorted[rank]];
            float reported = top.logProb(row, rank);
            // As far as a product and single dot products may differ in the logits
            float tolerance = 8 * Math.ulp(Math.min(-1f, logProbs[sorted[sorted.length - 1]]));
            boolean falls = rank == 0 || reported <= top.logProb(row, rank - 1);
            boolean equal =
                    Math.abs(reported - expected) <= tolerance && Math.abs(logProbs[ids[rank]] - expected) <= tolerance;
            if (!falls || !equal) {
                fail(
                        "row %d, rank %d: class %d, reported with %s, has %s; expected %s",
                        row, rank, ids[rank], reported, logProbs[ids[rank]], expected);
            }
        }
    }

    /** All parameters zero: a layer of many classes that are equal to the bit. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void topKPutsTheLowerIdFirstAmongEqualOnes(int rows) {
        Problem<L> problem = problem(new Shape(150, 6, rows));
        L layer = problem.objective();
        for (Parameter parameter : layer.parameters()) {
            parameter.value().fill(0);
        }
        float[] all = logProbs(problem, workspace());
        for (int k : new int[] {1, 2, 40, 150}) {
            TopK top = TopK.of(rows, k);
            layer.topK(problem.hidden(), top, workspace());
            for (int n = 0; n < rows; n++) {
                int[] sorted = sorted(Arrays.copyOfRange(all, n * 150, (n + 1) * 150));
                assertThat(ids(top, n)).isEqualTo(Arrays.copyOf(sorted, k));
            }
        }
    }

    /** Between two probabilities of the batch, at one of them, and at both ends. */
    @ParameterizedTest
    @ValueSource(ints = {1, 40})
    void predictsTheLikeliestClassOrNone(int rows) {
        Problem<L> problem = problem(new Shape(60, 20, rows));
        L layer = problem.objective();
        TopK top = TopK.of(rows, 1);
        layer.topK(problem.hidden(), top, workspace());
        double[] confidences =
                IntStream.range(0, rows).mapToDouble(n -> top.probability(n, 0)).toArray();
        double median = Arrays.stream(confidences).sorted().toArray()[rows / 2];
        int[] out = new int[rows];
        for (double threshold : new double[] {0, median, Math.nextUp(median), 1}) {
            layer.predict(problem.hidden(), threshold, out, workspace());
            for (int n = 0; n < rows; n++) {
                assertThat(out[n])
                        .as("row %d at %s", n, threshold)
                        .isEqualTo(confidences[n] >= threshold ? top.id(n, 0) : OutputLayer.UNDECIDED);
            }
        }
        layer.predict(problem.hidden(), 0, out, workspace());
        assertThat(out).doesNotContain(OutputLayer.UNDECIDED);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 60, 1000})
    void drawsFollowTheDistribution(int classes) {
        int rows = 500;
        Problem<L> problem = problem(new Shape(classes, 8, 3));
        L layer = problem.objective();
        double[][] reference = logProbs(layer, problem.at(Precision.DOUBLE));
        for (int n = 0; n < 3; n++) {
            Matrix hidden = Matrix.zeros(rows, 8);
            for (int i = 0; i < rows; i++) {
                System.arraycopy(problem.hidden().array(), n * 8, hidden.array(), i * 8, 8);
            }
            long[] counts = new long[classes];
            int[] drawn = new int[rows];
            for (int step = 0; step < 20; step++) {
                layer.sample(hidden, Problem.KEY.atStep(step), drawn, workspace());
                for (int id : drawn) {
                    counts[id]++;
                }
            }
            double[] probabilities = Arrays.stream(reference[n]).map(Math::exp).toArray();
            ChiSquare.check("draws of row " + n, counts, probabilities);
        }
    }

    @Test
    void aDrawDependsOnItsKeyAndRowAlone() {
        Problem<L> problem = problem(new Shape(300, 8, 40));
        int[] drawn = draws(problem, Problem.KEY);
        assertThat(draws(problem, Problem.KEY)).isEqualTo(drawn);
        assertThat(draws(problem, Problem.KEY.atStep(8))).isNotEqualTo(drawn);
        assertThat(draws(problem, new RandomKey(1, Problem.KEY.step()))).isNotEqualTo(drawn);
        Matrix others = problem.hidden().copy();
        for (int k = 0; k < 8; k++) {
            others.set(3, k, 1f);
        }
        int[] drawnAmongOthers = draws(new Problem<>(problem.objective(), others, problem.targets()), Problem.KEY);
        drawnAmongOthers[3] = drawn[3];
        assertThat(drawnAmongOthers).isEqualTo(drawn);
    }

    @Test
    void aHiddenVectorThatIsNotANumberHasNoDistribution() {
        Problem<L> problem = problem(new Shape(150, 6, 5));
        int classes = problem.objective().classes();
        float[] whole = logProbs(problem, workspace());
        problem.hidden().set(2, 1, Float.NaN);
        float[] logProbs = logProbs(problem, workspace());
        for (int n = 0; n < 5; n++) {
            float[] row = Arrays.copyOfRange(logProbs, n * classes, (n + 1) * classes);
            if (n == 2) {
                assertThat(row).containsOnly(Float.NaN);
            } else {
                assertSameBits(row, Arrays.copyOfRange(whole, n * classes, (n + 1) * classes));
            }
        }
        int[] predicted = new int[5];
        problem.objective().predict(problem.hidden(), 0, predicted, workspace());
        for (int n = 0; n < 5; n++) {
            assertThat(predicted[n] == OutputLayer.UNDECIDED).as("row %d", n).isEqualTo(n == 2);
        }
        assertThat(problem.losses(workspace())[2]).isNaN();
        assertThat(problem.evaluate(workspace()).loss()).isNaN();
    }

    @Test
    void anEmptyBatchHasNoResults() {
        L layer = create(5, 3, Problem.KEY);
        Matrix none = Matrix.zeros(0, 3);
        layer.logProb(none, new int[0], new float[0], workspace());
        layer.logProbs(none, Matrix.zeros(0, 5), workspace());
        layer.topK(none, TopK.of(0, 2), workspace());
        layer.predict(none, 0.5, new int[0], workspace());
        layer.sample(none, Problem.KEY, new int[0], workspace());
    }

    @Test
    void refusesWrongArgumentsByName() {
        L layer = create(5, 3, Problem.KEY);
        Matrix two = Matrix.zeros(2, 3);
        int[] ids = {0, 4};
        float[] out = new float[2];
        Matrix wide = Matrix.zeros(2, 4);
        Workspace w = workspace();
        refused(() -> layer.logProb(wide, ids, out, w), "hidden", "2 x 4", "3");
        refused(() -> layer.logProbs(wide, Matrix.zeros(2, 5), w), "hidden", "2 x 4", "3");
        refused(() -> layer.topK(wide, TopK.of(2, 1), w), "hidden", "2 x 4", "3");
        refused(() -> layer.predict(wide, 0.5, ids.clone(), w), "hidden", "2 x 4", "3");
        refused(() -> layer.predict(two, -0.1, ids.clone(), w), "threshold = -0.1", "0", "1");
        refused(() -> layer.predict(two, Double.NaN, ids.clone(), w), "threshold = NaN");
        refused(() -> layer.predict(two, 0.5, new int[3], w), "out", "3", "2");
        refused(() -> layer.sample(wide, Problem.KEY, ids.clone(), w), "hidden", "2 x 4", "3");
        refused(() -> layer.logProb(two, new int[] {0, 5}, out, w), "ids[1] = 5", "4");
        refused(() -> layer.logProb(two, new int[] {-1, 0}, out, w), "ids[0] = -1", "4");
        refused(() -> layer.logProb(two, new int[1], out, w), "ids", "1", "2");
        refused(() -> layer.logProb(two, ids, new float[3], w), "out", "3", "2");
        refused(() -> layer.logProbs(two, Matrix.zeros(2, 4), w), "out", "2 x 4", "2 x 5");
        refused(() -> layer.logProbs(two, Matrix.zeros(3, 5), w), "out", "3 x 5", "2 x 5");
        refused(() -> layer.topK(two, TopK.of(2, 6), w), "k = 6", "5");
        refused(() -> layer.topK(two, TopK.of(1, 2), w), "out", "1", "2");
        refused(() -> layer.sample(two, Problem.KEY, new int[3], w), "out", "3", "2");
    }

    private static void refused(Runnable call, String... named) {
        assertThatIllegalArgumentException().isThrownBy(call::run).withMessageContainingAll(named);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 8})
    void evaluatesWithTheSameBitsOnAnyNumberOfThreads(int threads) {
        for (Shape shape : List.of(new Shape(1000, 33, 70), new Shape(1000, 33, 1), new Shape(7000, 5, 60))) {
            Problem<L> problem = problem(shape);
            L layer = problem.objective();
            TopK expected = TopK.of(shape.rows(), 10);
            TopK actual = TopK.of(shape.rows(), 10);
            int[] drawn = new int[shape.rows()];
            int[] drawnByMore = new int[shape.rows()];
            try (Workspace one = workspace(1);
                    Workspace more = workspace(threads)) {
                assertSameBits(logProbs(problem, more), logProbs(problem, one));
                layer.topK(problem.hidden(), expected, one);
                layer.topK(problem.hidden(), actual, more);
                layer.sample(problem.hidden(), Problem.KEY, drawn, one);
                layer.sample(problem.hidden(), Problem.KEY, drawnByMore, more);
            }
            assertThat(drawnByMore).isEqualTo(drawn);
            for (int n = 0; n < shape.rows(); n++) {
                for (int rank = 0; rank < 10; rank++) {
                    assertThat(actual.id(n, rank)).isEqualTo(expected.id(n, rank));
                    assertThat(actual.logProb(n, rank)).isEqualTo(expected.logProb(n, rank));
                }
            }
        }
    }

    /** The log-probabilities of all classes, row after row. */
    protected final float[] logProbs(Problem<L> problem, Workspace workspace) {
        Matrix out = Matrix.zeros(problem.hidden().rows(), problem.objective().classes());
        problem.objective().logProbs(problem.hidden(), out, workspace);
        return out.array();
    }

    private int[] draws(Problem<L> problem, RandomKey key) {
        int[] drawn = new int[problem.hidden().rows()];
        problem.objective().sample(problem.hidden(), key, drawn, workspace());
        return drawn;
    }

    private static <L extends OutputLayer> Problem<L> row(Problem<L> problem, int n) {
        int width = problem.hidden().columns();
        float[] row = Arrays.copyOfRange(problem.hidden().array(), n * width, (n + 1) * width);
        return new Problem<>(
                problem.objective(),
                Matrix.wrap(1, width, row),
                Targets.of(problem.targets().id(n)));
    }

    private static int[] ids(TopK top, int row) {
        return IntStream.range(0, top.k()).map(rank -> top.id(row, rank)).toArray();
    }

    private static int[] ids(Problem<?> problem) {
        return IntStream.range(0, problem.targets().size())
                .map(problem.targets()::id)
                .toArray();
    }

    /** Class ids, the likeliest first, of equal ones the lower. */
    private static int[] sorted(float[] logProbs) {
        return IntStream.range(0, logProbs.length)
                .boxed()
                .sorted(Comparator.comparingDouble(id -> -logProbs[id]))
                .mapToInt(id -> id)
                .toArray();
    }

    private static double[] doubles(float[] x) {
        return IntStream.range(0, x.length).mapToDouble(i -> x[i]).toArray();
    }

    private static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }
}
