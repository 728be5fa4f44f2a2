package io.vastmax.sampled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Objective;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.testkit.Budget;
import io.vastmax.testkit.Point;
import io.vastmax.testkit.Precision;
import io.vastmax.testkit.Problem;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows of several true classes, each row with a number of its own, against the sums term by term. */
class SeveralTargetsTest {
    private static final int CLASSES = 13;
    private static final double STEP = 1e-5;
    private static final Targets TARGETS = Targets.ofSeveral(
            new int[] {12, 3}, new int[] {0}, new int[] {3, 7, 1, 12}, new int[] {5, 0}, new int[] {2}, new int[] {
                9, 8, 3
            });

    private final Workspace workspace = Workspace.ofThreads(2);

    @AfterEach
    void close() {
        workspace.close();
    }

    interface Losses {
        double[] at(Point at);
    }

    record Case(String name, Objective objective, Losses reference) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        return Stream.of(false, true).flatMap(own -> Stream.of(false, true).flatMap(option -> cases(own, option)));
    }

    /** As many draws as classes and more: most rows hit some of their targets, some of them twice. */
    private static Stream<Case> cases(boolean own, boolean option) {
        FullSoftmax layer = FullSoftmax.create(CLASSES, 5, Problem.KEY);
        NegativeSampler sampler = NegativeSampler.mixture(
                NegativeSampler.withReplacement(ClassDistribution.logUniform(CLASSES), 11),
                NegativeSampler.ofBatch(ClassDistribution.uniform(CLASSES)));
        RandomKey key = Problem.KEY;
        String where = own ? ", per example" : ", shared";
        return Stream.of(
                new Case(
                        "softmax" + where + (option ? ", targets corrected" : ""),
                        SampledSoftmax.of(layer, sampler).perExample(own).correctingTargets(option),
                        at -> PlainLosses.softmaxLosses(
                                sampler, at, TARGETS, key, option, own, LogitTransform.IDENTITY)),
                new Case(
                        "NCE" + where + (option ? ", hits masked" : ""),
                        NoiseContrastiveEstimation.of(layer, sampler)
                                .perExample(own)
                                .maskingHits(option)
                                .learningLogZ(1.5f),
                        at -> PlainLosses.logisticLosses(
                                sampler, at, TARGETS, key, true, option, own, LogitTransform.IDENTITY)),
                new Case(
                        "negative sampling" + where,
                        NegativeSampling.of(layer, sampler).perExample(own),
                        at -> PlainLosses.logisticLosses(
                                sampler, at, TARGETS, key, false, true, own, LogitTransform.IDENTITY)));
    }

    private static Problem<Objective> problem(Objective objective) {
        Problem<Objective> problem = Problem.of(objective, TARGETS.size());
        return new Problem<>(objective, problem.hidden(), TARGETS);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void lossesAreThoseOfTheReference(Case test) {
        Problem<Objective> problem = problem(test.objective);
        double[] reference = test.reference.at(problem.at(Precision.DOUBLE));
        double[] naive = test.reference.at(problem.at(Precision.SINGLE));
        Budget.check("loss", problem.losses(workspace), naive, reference);
        assertThat(problem.evaluate(workspace).loss()).isCloseTo(mean(reference), within(1e-6));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gradientsAreThoseOfTheReference(Case test) {
        Problem<Objective> problem = problem(test.objective);
        Problem.Evaluation evaluation = problem.evaluate(workspace);
        Point at = problem.at(Precision.DOUBLE);
        for (String name : at.blocks()) {
            double[][] block = at.block(name);
            for (int i = 0; i < block.length; i++) {
                for (int j = 0; j < block[i].length; j++) {
                    double value = block[i][j];
                    block[i][j] = value + STEP;
                    double ahead = mean(test.reference.at(at));
                    block[i][j] = value - STEP;
                    double expected = (ahead - mean(test.reference.at(at))) / (2 * STEP);
                    block[i][j] = value;
                    assertThat((double) evaluation.gradient(name).get(i, j))
                            .as("gradient of %s in (%d, %d)", name, i, j)
                            .isCloseTo(expected, within(1e-6 + 1e-5 * Math.abs(expected)));
                }
            }
        }
    }

    /** A row is ignored if the id stands alone in it; beside others it is a class like any other, or none. */
    @Test
    void aRowIsIgnoredByAnIdThatStandsAlone() {
        SampledSoftmax objective = SampledSoftmax.of(
                        FullSoftmax.create(CLASSES, 5, Problem.KEY), Fixed.of(CLASSES, 1, 2, 4))
                .minimising(CrossEntropy.MEAN.ignoring(6));
        Problem<SampledSoftmax> problem = Problem.of(objective, 3);
        double[] losses = new Problem<>(
                        objective, problem.hidden(), Targets.ofSeveral(new int[] {6}, new int[] {6, 7}, new int[] {7, 6
                        }))
                .losses(workspace);
        assertThat(losses[0]).isZero();
        assertThat(losses[1]).isPositive();
        assertThat(losses[2]).isPositive();
    }

    @Test
    void anIgnoredIdThatIsNoClassIsRefusedBesideOthers() {
        SampledSoftmax objective = SampledSoftmax.of(
                        FullSoftmax.create(CLASSES, 5, Problem.KEY), Fixed.of(CLASSES, 1, 2, 4))
                .minimising(CrossEntropy.MEAN.ignoring(-100));
        Problem<SampledSoftmax> problem = Problem.of(objective, 2);
        for (int[] row : new int[][] {{3, -100}, {-100, 3}}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> objective.loss(
                            problem.hidden(),
                            Targets.ofSeveral(new int[] {-100}, row),
                            new Step(Problem.KEY, workspace),
                            (n, loss, lse, weight) -> {}))
                    .withMessage("targets[1] = -100: must be from 0 to 12");
        }
    }

    private static double mean(double[] losses) {
        return Arrays.stream(losses).average().orElseThrow();
    }
}
