package io.vastmax.sampled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradient;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.testkit.Allocation;
import io.vastmax.testkit.Precision;
import io.vastmax.testkit.Problem;
import io.vastmax.testkit.Reference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SampledSoftmaxTest {
    private final Workspace workspace = Workspace.ofThreads(2);

    @AfterEach
    void close() {
        workspace.close();
    }

    /** All classes drawn once, Q(c) = 1: nothing is estimated. */
    @ParameterizedTest
    @CsvSource({"1,false", "2,true", "300,false", "300,true", "1000,false"})
    void ofAllClassesIsTheFullSoftmax(int classes, boolean own) {
        FullSoftmax layer = FullSoftmax.create(classes, 8, Problem.KEY);
        SampledSoftmax sampled = SampledSoftmax.of(layer, NegativeSampler.distinctUniform(classes, classes))
                .perExample(own);
        Problem<SampledSoftmax> problem = Problem.of(sampled, 33);
        Problem<FullSoftmax> full = new Problem<>(layer, problem.hidden(), problem.targets());
        assertThat(problem.losses(workspace)).containsExactly(full.losses(workspace), within(2e-6));
        for (SampledSoftmax each : List.of(sampled, sampled.correctingTargets(true))) {
            Problem.Evaluation ours = new Problem<>(each, problem.hidden(), problem.targets()).evaluate(workspace);
            Problem.Evaluation expected = full.evaluate(workspace);
            assertThat(ours.loss()).isCloseTo(expected.loss(), within(1e-6));
            expected.gradients()
                    .forEach((name, gradient) -> assertThat(ours.gradient(name).array())
                            .as(name)
                            .containsExactly(gradient.array(), within(2e-6f)));
        }
    }

    /** The rows that a step touches are those that it drew and those of the targets. */
    @Test
    void tellsTheNegativesOfAStep() {
        FullSoftmax layer = FullSoftmax.create(1000, 4, Problem.KEY);
        SampledSoftmax sampled = SampledSoftmax.of(layer, sampler(1000, 1));
        Targets targets = Targets.of(998, 999);
        Matrix hidden = Problem.of(layer, 2).hidden();
        for (long step = 0; step < 5; step++) {
            RandomKey key = Problem.KEY.atStep(step);
            Gradients gradients = sampled.newGradients();
            sampled.lossAndGradients(hidden, targets, new Step(key, workspace), null, gradients);
            Set<Integer> expected = new HashSet<>(Set.of(998, 999));
            Negatives negatives = sampled.draw(targets, key);
            for (int i = 0; i < negatives.size(); i++) {
                expected.add(negatives.id(i));
            }
            Gradient.ByRow touched = (Gradient.ByRow) gradients.of(layer.weight());
            Set<Integer> rows = new HashSet<>();
            for (int i = 0; i < touched.size(); i++) {
                rows.add(touched.row(i));
            }
            assertThat(rows).isEqualTo(expected);
        }
        assertThat(sampled.correctsTargets()).isFalse();
        assertThat(sampled.correctingTargets(true).correctsTargets()).isTrue();
        assertThat(sampled.drawsPerExample()).isFalse();
        assertThat(sampled.perExample(true).drawsPerExample()).isTrue();
    }

    private static NegativeSampler sampler(int classes, int i) {
        return List.of(
                        NegativeSampler.withReplacement(ClassDistribution.logUniform(classes), 5),
                        NegativeSampler.distinctUniform(classes, 7),
                        NegativeSampler.mixture(
                                NegativeSampler.withReplacement(ClassDistribution.uniform(classes), 3),
                                NegativeSampler.distinctUniform(classes, 2)))
                .get(i);
    }

    /** {@code E[exp(z_y) + sum_j exp(z_j) / Q(j)] = sum_c exp(z_c)}, to four standard errors. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void withoutCorrectionOfTargetsTheSumIsUnbiased(int which) {
        int classes = 20;
        FullSoftmax layer = FullSoftmax.create(classes, 4, Problem.KEY);
        SampledSoftmax sampled =
                SampledSoftmax.of(layer, sampler(classes, which)).perExample(true);
        Problem<SampledSoftmax> one = Problem.of(sampled, 1);
        double exact = Reference.of(layer, one.hidden()).logSumExp()[0];
        int rows = 40_000;
        Matrix hidden = Matrix.zeros(rows, 4);
        int[] targets = new int[rows];
        for (int n = 0; n < rows; n++) {
            System.arraycopy(one.hidden().array(), 0, hidden.array(), n * 4, 4);
            targets[n] = 3;
        }
        double[] sums = new double[2];
        sampled.loss(hidden, Targets.of(targets), new Step(Problem.KEY, workspace), (row, loss, lse, weight) -> {
            double ratio = Math.exp(lse - exact);
            sums[0] += ratio;
            sums[1] += ratio * ratio;
        });
        double mean = sums[0] / rows;
        double error = Math.sqrt((sums[1] / rows - mean * mean) / rows);
        assertThat(mean).isCloseTo(1, within(4 * error));
        assertThat(error).isLessThan(0.01);
    }

    /** A rare target is drawn seldom: corrected, it looks likelier than it is, and learns less. */
    @Test
    void correctingTheTargetWeakensTheGradientOfRareClasses() {
        FullSoftmax layer = FullSoftmax.of(Matrix.zeros(100, 1), Matrix.zeros(100, 1));
        SampledSoftmax uncorrected =
                SampledSoftmax.of(layer, NegativeSampler.withReplacement(ClassDistribution.logUniform(100), 10));
        Matrix hidden = Matrix.zeros(1, 1);
        hidden.fill(1);
        Targets rare = Targets.of(99);
        float without = new Problem<>(uncorrected, hidden, rare)
                .evaluate(workspace)
                .gradient("softmax.bias")
                .get(99, 0);
        float with = new Problem<>(uncorrected.correctingTargets(true), hidden, rare)
                .evaluate(workspace)
                .gradient("softmax.bias")
                .get(99, 0);
        assertThat(without).isLessThan(-0.95f);
        assertThat(with).isGreaterThan(-0.95f).isNegative();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void correctingATargetThatIsNeverDrawnIsRefusedByName(boolean own) {
        FullSoftmax layer = FullSoftmax.create(3, 2, Problem.KEY);
        NegativeSampler sampler =
                NegativeSampler.withReplacement(ClassDistribution.unigram(new long[] {5, 0, 5}, 1), 4);
        SampledSoftmax sampled = SampledSoftmax.of(layer, sampler).perExample(own);
        Matrix hidden = Matrix.zeros(2, 2);
        Targets targets = Targets.of(0, 1);
        Step step = new Step(Problem.KEY, workspace);
        assertThat(sampled.lossAndGradients(hidden, targets, step, null, sampled.newGradients()))
                .isPositive();
        Gradients gradients = sampled.newGradients();
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> sampled.correctingTargets(true).lossAndGradients(hidden, targets, step, null, gradients))
                .withMessageContainingAll("targets[1] = 1", "never be drawn", "log Q");
        for (Gradient gradient : gradients) {
            assertThat(((Gradient.ByRow) gradient).size()).isZero();
        }
    }

    @Test
    void refusesASamplerOfOtherClasses() {
        FullSoftmax layer = FullSoftmax.create(5, 2, Problem.KEY);
        NegativeSampler sampler = NegativeSampler.distinctUniform(6, 2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SampledSoftmax.of(layer, sampler))
                .withMessage("sampler draws from 6 classes, but layer has 5");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void drawsFollowSeedStepAndRow(boolean own) {
        FullSoftmax layer = FullSoftmax.create(1000, 4, Problem.KEY);
        SampledSoftmax sampled = SampledSoftmax.of(layer, NegativeSampler.distinctUniform(1000, 20))
                .perExample(own);
        Problem<SampledSoftmax> problem = Problem.of(sampled, 3);
        Set<Double> losses = new HashSet<>();
        for (RandomKey key : List.of(new RandomKey(1, 0), new RandomKey(1, 1), new RandomKey(2, 0))) {
            double loss = loss(problem, key);
            assertThat(loss(problem, key)).isEqualTo(loss);
            losses.add(loss);
        }
        assertThat(losses).hasSize(3);

        Matrix twice = Matrix.zeros(2, 4);
        twice.fill(0.5f);
        double[] ofRows = new Problem<>(sampled, twice, Targets.of(7, 7)).losses(workspace);
        assertThat(ofRows[0] == ofRows[1]).isEqualTo(!own);
    }

    private double loss(Problem<? extends Objective> problem, RandomKey key) {
        return problem.objective()
                .lossAndGradients(problem.hidden(), problem.targets(), new Step(key, workspace), null, null);
    }

    /** What a learned distribution knows is its counts: saved and restored in the middle, a run goes on as it would have. */
    @Test
    void aRunResumesWithTheSameDraws() {
        List<Double> whole = run(LearnedUnigram.of(50), 0, 6);
        LearnedUnigram saved = LearnedUnigram.of(50);
        List<Double> parts = new ArrayList<>(run(saved, 0, 3));
        LearnedUnigram restored = LearnedUnigram.of(saved.counts(), saved.power());
        parts.addAll(run(restored, 3, 6));
        assertThat(parts).isEqualTo(whole);
        assertThat(run(LearnedUnigram.of(50), 3, 6)).isNotEqualTo(whole.subList(3, 6));
    }

    private List<Double> run(LearnedUnigram unigram, int from, int to) {
        SampledSoftmax sampled =
                SampledSoftmax.of(FullSoftmax.create(50, 4, Problem.KEY), NegativeSampler.withReplacement(unigram, 5));
        List<Double> losses = new ArrayList<>();
        for (int step = from; step < to; step++) {
            Problem<SampledSoftmax> problem = Problem.of(sampled, 8 + step);
            losses.add(loss(problem, Problem.KEY.atStep(step)));
            sampled.observe(problem.targets());
        }
        return losses;
    }

    /** An ignored row is no negative of others in the batch, and is not learned from. */
    @Test
    void ignoredRowsAreNeitherDrawnNorObserved() {
        LearnedUnigram frequencies = LearnedUnigram.of(10);
        SampledSoftmax sampled = SampledSoftmax.of(
                        FullSoftmax.create(10, 4, Problem.KEY), NegativeSampler.ofBatch(frequencies))
                .minimising(CrossEntropy.MEAN.ignoring(9));
        Problem<SampledSoftmax> problem = Problem.of(sampled, 4);
        Problem<SampledSoftmax> padded = new Problem<>(sampled, problem.hidden(), Targets.of(3, 9, 5, 9));
        Matrix kept = Matrix.zeros(2, 4);
        System.arraycopy(problem.hidden().array(), 0, kept.array(), 0, 4);
        System.arraycopy(problem.hidden().array(), 8, kept.array(), 4, 4);
        Problem<SampledSoftmax> without = new Problem<>(sampled, kept, Targets.of(3, 5));
        double[] expected = without.losses(workspace);
        assertThat(padded.losses(workspace))
                .containsExactly(new double[] {expected[0], 0, expected[1], 0}, within(1e-6));
        assertThat(padded.evaluate(workspace).gradient("softmax.weight").array())
                .containsExactly(
                        without.evaluate(workspace).gradient("softmax.weight").array(), within(1e-6f));
        sampled.observe(padded.targets());
        assertThat(frequencies.counts()).containsExactly(1, 1, 1, 2, 1, 2, 1, 1, 1, 1);
    }

    @Test
    void evaluationIsTheFullSoftmaxOverTheSameParameters() {
        FullSoftmax layer = FullSoftmax.create(10, 4, Problem.KEY);
        SampledSoftmax sampled = SampledSoftmax.of(layer, NegativeSampler.distinctUniform(10, 4));
        assertThat(sampled.exact()).isSameAs(layer);
        assertThat(sampled.parameters()).containsExactlyElementsOf(layer.parameters());
        assertThat(sampled.perExample(true).correctingTargets(true).exact()).isSameAs(layer);
        Problem<SampledSoftmax> problem = Problem.of(sampled, 6);
        assertThat(new Problem<>(sampled.exact(), problem.hidden(), problem.targets()).losses(workspace))
                .containsExactly(Reference.of(problem.at(Precision.DOUBLE)).losses(problem.targets()), within(1e-5));
    }

    /** Rows that training ignores, evaluation ignores: the objective is the layer's, wherever it was given. */
    @Test
    void evaluationMinimisesWhatTrainingDoes() {
        CrossEntropy padded = CrossEntropy.MEAN.ignoring(-100);
        FullSoftmax layer = FullSoftmax.create(10, 4, Problem.KEY);
        NegativeSampler sampler = NegativeSampler.distinctUniform(10, 4);
        Targets targets = Targets.of(-100, 3);
        Matrix hidden = Matrix.zeros(2, 4);
        for (SampledSoftmax sampled : List.of(
                SampledSoftmax.of(layer, sampler).minimising(padded),
                SampledSoftmax.of(layer.minimising(padded), sampler))) {
            assertThat(new Problem<>(sampled, hidden, targets).losses(workspace)[0])
                    .isZero();
            assertThat(new Problem<>(sampled.exact(), hidden, targets).losses(workspace))
                    .containsExactly(new double[] {0, Math.log(10)}, within(1e-6));
            assertThat(sampled.exact().parameters()).containsExactlyElementsOf(layer.parameters());
        }
    }

    /** A step over a million classes touches the rows of the targets and of the draws, and little memory. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStepOverAMillionClassesTouchesTheRowsItDrew(boolean own) {
        int classes = 1_000_000;
        int rows = 32;
        int drawn = 20;
        FullSoftmax layer = FullSoftmax.of(Matrix.zeros(classes, 8), Matrix.zeros(classes, 1));
        SampledSoftmax sampled = SampledSoftmax.of(
                        layer, NegativeSampler.distinct(ClassDistribution.logUniform(classes), drawn))
                .perExample(own);
        Matrix hidden = Matrix.zeros(rows, 8);
        SplittableRandom random = new SplittableRandom(1);
        Problem.fill(hidden, 1, random);
        Targets targets = Targets.of(random.ints(rows, 0, classes).toArray());
        Gradients gradients = sampled.newGradients();
        Matrix hiddenGradient = hidden.copy();
        Runnable step = () -> {
            gradients.clear();
            sampled.lossAndGradients(hidden, targets, new Step(Problem.KEY, workspace), hiddenGradient, gradients);
        };
        step.run();
        Set<Integer> expected = new HashSet<>();
        for (int n = 0; n < rows; n++) {
            expected.add(targets.id(n));
            Negatives negatives = PlainLosses.draw(sampled.sampler(), targets, Problem.KEY, own, n);
            for (int i = 0; i < negatives.size(); i++) {
                expected.add(negatives.id(i));
            }
        }
        for (Gradient gradient : gradients) {
            Gradient.ByRow byRow = (Gradient.ByRow) gradient;
            Set<Integer> touched = new HashSet<>();
            for (int i = 0; i < byRow.size(); i++) {
                touched.add(byRow.row(i));
            }
            assertThat(touched).isEqualTo(expected);
            assertThat(byRow.size()).isLessThanOrEqualTo(rows + drawn * (own ? rows : 1));
        }
        // Before the compiler has come, whose absence alone costs most of a megabyte
        assertThat(Allocation.bytes(step))
                .as("less than a float for each class")
                .isLessThan(4L * classes);
    }
}
