package io.vastmax.sampled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Margin;
import io.vastmax.Objective;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import io.vastmax.testkit.ObjectiveContract;
import io.vastmax.testkit.Point;
import io.vastmax.testkit.Precision;
import io.vastmax.testkit.Problem;
import io.vastmax.testkit.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Smoothed labels, z-loss, weights and temperature over drawn classes: loss and gradients are those of the formulas, term by
 * term and each draw by itself. The contract itself runs over corrected targets and distinct negatives of each row's own.
 */
class SampledObjectivesTest extends ObjectiveContract<SampledSoftmax> {
    /** In the first, every target is hit: all classes are drawn, or each many times. */
    private static final List<Shape> SHAPES =
            List.of(new Shape(13, 5, 6), new Shape(129, 33, 33), new Shape(300, 20, 40), new Shape(1000, 5, 300));

    private static final LogitTransform COLD = LogitTransform.IDENTITY.withTemperature(0.6);

    @Override
    protected SampledSoftmax create(int classes, int width, RandomKey key) {
        return SampledSoftmax.of(FullSoftmax.create(classes, width, key).transforming(COLD), distinct(classes))
                .correctingTargets(true)
                .perExample(true);
    }

    @Override
    protected SampledSoftmax minimising(SampledSoftmax objective, CrossEntropy crossEntropy) {
        return objective.minimising(crossEntropy);
    }

    @Override
    protected double[] losses(SampledSoftmax objective, Point at, Targets targets, RandomKey key) {
        return PlainLosses.softmaxLosses(objective.sampler(), at, targets, key, true, true, COLD);
    }

    private static NegativeSampler distinct(int classes) {
        return NegativeSampler.distinct(ClassDistribution.logUniform(classes), Math.min(classes, 40));
    }

    private static NegativeSampler withReplacement(int classes) {
        return NegativeSampler.withReplacement(ClassDistribution.logUniform(classes), 150);
    }

    /**
     * A way to sample.
     *
     * @param sampler of a number of classes
     * @param own whether rows draw for themselves
     * @param corrects whether targets are corrected
     */
    record Sampling(String name, IntFunction<NegativeSampler> sampler, boolean own, boolean corrects) {
        SampledSoftmax over(FullSoftmax layer) {
            return SampledSoftmax.of(layer, sampler.apply(layer.classes()))
                    .perExample(own)
                    .correctingTargets(corrects);
        }

        @Override
        public String toString() {
            return name + (own ? ", per example" : ", shared") + (corrects ? ", targets corrected" : "");
        }
    }

    static Stream<Sampling> samplings() {
        return Stream.of(false, true)
                .flatMap(own -> Stream.of(false, true)
                        .flatMap(corrects -> Stream.of(
                                new Sampling("distinct", SampledObjectivesTest::distinct, own, corrects),
                                new Sampling(
                                        "with replacement", SampledObjectivesTest::withReplacement, own, corrects))));
    }

    /** Objectives for a number of classes, of which 0 is ignored, and some weigh nothing. */
    private static List<CrossEntropy> objectives(int classes) {
        CrossEntropy smooth = CrossEntropy.MEAN.smoothing(0.2);
        CrossEntropy weighing =
                CrossEntropy.MEAN.weighing(weights(classes)).ignoring(0).withZLoss(0.03);
        return List.of(
                CrossEntropy.MEAN,
                smooth,
                smooth.withZLoss(0.02).summed(),
                CrossEntropy.MEAN.withZLoss(0.02),
                weighing.smoothing(0.3),
                weighing.smoothingPath(0.3).summed());
    }

    private static float[] weights(int classes) {
        float[] weights = new float[classes];
        for (int c = 0; c < classes; c++) {
            weights[c] = 0.25f * ((c + 2) % 5);
        }
        return weights;
    }

    @ParameterizedTest
    @MethodSource("samplings")
    void objectivesAreThoseOfTheReference(Sampling sampling) {
        for (Shape shape : SHAPES) {
            for (LogitTransform transform : List.of(LogitTransform.IDENTITY, COLD)) {
                for (CrossEntropy objective : objectives(shape.classes())) {
                    FullSoftmax layer = FullSoftmax.create(shape.classes(), shape.width(), Problem.KEY);
                    Problem<SampledSoftmax> problem = Problem.of(
                            sampling.over(layer.transforming(transform)).minimising(objective), shape.rows());
                    Targets targets = problem.targets().weighted(tokens(shape.rows()));
                    check(sampling, new Problem<>(problem.objective(), problem.hidden(), targets));
                }
            }
        }
    }

    /** Rows of several true classes; class weights take one a row. */
    @ParameterizedTest
    @MethodSource("samplings")
    void severalTargetsAreSmoothedToo(Sampling sampling) {
        Targets targets = Targets.ofSeveral(
                        new int[] {12, 3}, new int[] {0}, new int[] {3, 7, 1, 12}, new int[] {5, 0}, new int[] {9, 8, 3
                        })
                .weighted(tokens(5));
        for (LogitTransform transform : List.of(LogitTransform.IDENTITY, COLD)) {
            FullSoftmax layer = FullSoftmax.create(13, 5, Problem.KEY).transforming(transform);
            SampledSoftmax objective = sampling.over(layer)
                    .minimising(CrossEntropy.MEAN.smoothing(0.2).withZLoss(0.02).ignoring(0));
            Problem<SampledSoftmax> problem = Problem.of(objective, 5);
            check(sampling, new Problem<>(objective, problem.hidden(), targets));
        }
    }

    private static float[] tokens(int rows) {
        float[] tokens = new float[rows];
        for (int n = 0; n < rows; n++) {
            tokens[n] = (n + 1) % 3 * 0.75f;
        }
        return tokens;
    }

    private void check(Sampling sampling, Problem<SampledSoftmax> problem) {
        CrossEntropy objective = problem.objective().exact().objective();
        Targets targets = problem.targets();
        Point at = problem.at(Precision.DOUBLE);
        double[] expected = new double[targets.size()];
        double[] weights = new double[targets.size()];
        for (int n = 0; n < expected.length; n++) {
            boolean ignored = targets.count(n) == 1 && objective.ignores(targets.id(n));
            double classWeight = targets.count(n) == 1 ? objective.classWeight(targets.id(n)) : 1;
            weights[n] = ignored ? 0 : targets.weight(n) * classWeight;
            expected[n] = ignored ? 0 : rowLoss(sampling, problem, at, n);
        }
        problem.objective().loss(problem.hidden(), targets, step(workspace()), (row, loss, lse, weight) -> {
            assertThat(loss)
                    .as("loss of row %d", row)
                    .isCloseTo(expected[row], within(1e-5 * (1 + Math.abs(expected[row]))));
            assertThat(weight).as("weight of row %d", row).isEqualTo(weights[row]);
        });
        double total = objective.isSum() ? 1 : Arrays.stream(weights).sum();
        checkAgainst(problem, point -> {
            double sum = 0;
            for (int n = 0; n < expected.length; n++) {
                boolean ignored = targets.count(n) == 1 && objective.ignores(targets.id(n));
                sum += ignored ? 0 : rowLoss(sampling, problem, point, n);
            }
            return total == 0 ? 0 : sum / total;
        });
    }

    /** The formula of {@link CrossEntropy} with what {@link SampledSoftmax#minimising} says of it. */
    private static double rowLoss(Sampling sampling, Problem<SampledSoftmax> problem, Point at, int row) {
        SampledSoftmax sampled = problem.objective();
        CrossEntropy objective = sampled.exact().objective();
        LogitTransform transform = sampled.exact().transform();
        Targets targets = problem.targets();
        int classes = sampled.exact().classes();
        Negatives negatives = PlainLosses.draw(sampled.sampler(), targets, Problem.KEY, sampling.own(), row);
        double ce = PlainLosses.softmaxLoss(at, targets, row, negatives, sampling.corrects(), transform);
        double logZ = PlainLosses.logZ(at, targets, row, negatives, sampling.corrects(), transform);
        double linear = 0;
        for (int i = 0; i < negatives.size(); i++) {
            int id = negatives.id(i);
            double z = PlainLosses.logit(at, row, id, transform);
            double weight = objective.alongPath() ? 1 : objective.classWeight(id);
            linear += negatives.count(i) * weight * z / negatives.expectedCount(id);
        }
        double all = 0;
        for (int c = 0; c < classes; c++) {
            all += objective.alongPath() ? 1 : objective.classWeight(c);
        }
        double own = targets.count(row) == 1 ? objective.classWeight(targets.id(row)) : 1;
        double e = objective.labelSmoothing();
        double spread = e / classes * (all * logZ - linear) * (objective.alongPath() ? own : 1);
        return targets.weight(row) * ((1 - e) * own * ce + spread + own * objective.zLoss() * logZ * logZ);
    }

    /** Logits are divided before log Q or log Z is subtracted. */
    @ParameterizedTest
    @CsvSource({"false,0.4", "false,3", "true,0.4", "true,3"})
    void temperatureOfLogisticLosses(boolean own, double temperature) {
        LogitTransform transform = LogitTransform.IDENTITY.withTemperature(temperature);
        for (Shape shape : SHAPES) {
            FullSoftmax layer = FullSoftmax.create(shape.classes(), shape.width(), Problem.KEY)
                    .transforming(transform);
            NegativeSampler sampler = withReplacement(shape.classes());
            for (boolean mask : new boolean[] {false, true}) {
                Problem<NoiseContrastiveEstimation> nce = Problem.of(
                        NoiseContrastiveEstimation.of(layer, sampler)
                                .perExample(own)
                                .maskingHits(mask)
                                .learningLogZ(2),
                        shape.rows());
                checkAgainst(
                        nce,
                        at -> mean(PlainLosses.logisticLosses(
                                sampler, at, nce.targets(), Problem.KEY, true, mask, own, transform)));
            }
            Problem<NegativeSampling> sampling =
                    Problem.of(NegativeSampling.of(layer, sampler).perExample(own), shape.rows());
            checkAgainst(
                    sampling,
                    at -> mean(PlainLosses.logisticLosses(
                            sampler, at, sampling.targets(), Problem.KEY, false, true, own, transform)));
        }
    }

    private static double mean(double[] losses) {
        return Arrays.stream(losses).average().orElseThrow();
    }

    /** What an objective is made from, under its name. */
    record Kind(String name, Function<FullSoftmax, Objective> of, boolean softmax) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Kind> kinds() {
        NegativeSampler sampler = Fixed.of(3, 0, 1);
        return Stream.of(
                new Kind("A sampled softmax", layer -> SampledSoftmax.of(layer, sampler), true),
                new Kind("Noise-contrastive estimation", layer -> NoiseContrastiveEstimation.of(layer, sampler), false),
                new Kind("Negative sampling", layer -> NegativeSampling.of(layer, sampler), false));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void refusesByNameWhatItDoesNotTake(Kind kind) {
        FullSoftmax layer = FullSoftmax.create(3, 2, Problem.KEY);
        refuses(kind, layer.minimising(CrossEntropy.MEAN.focusing(2)), "focal = 2.0");
        refuses(kind, layer.minimising(CrossEntropy.MEAN.withMargin(Margin.noise(0.1))), "noise 0.1");
        refuses(
                kind,
                layer.transforming(new LogitTransform(30, 1.5)),
                "soft-cap 30.0, temperature 1.5: the corrections of drawn classes lie in their bias");
        FullSoftmax smooth = layer.minimising(CrossEntropy.MEAN.smoothing(0.1));
        FullSoftmax path = layer.minimising(CrossEntropy.MEAN.smoothingPath(0.1));
        FullSoftmax square = layer.minimising(CrossEntropy.MEAN.withZLoss(0.5));
        if (kind.softmax()) {
            for (FullSoftmax taken : List.of(smooth, path, square)) {
                assertThatCode(() -> kind.of().apply(taken)).doesNotThrowAnyException();
            }
        } else {
            refuses(kind, smooth, "labelSmoothing = 0.1");
            refuses(kind, path, "labelSmoothing = 0.1 along the path");
            refuses(kind, square, "zLoss = 0.5");
        }
    }

    private static void refuses(Kind kind, FullSoftmax layer, String named) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kind.of().apply(layer))
                .withMessageStartingWith(kind.name() + " does not take ")
                .withMessageContaining(named);
    }

    /** A full softmax refuses a margin itself; here it comes to the objective. */
    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.5})
    void refusesMargins(double m) {
        FullSoftmax layer = FullSoftmax.create(3, 2, Problem.KEY);
        NegativeSampler sampler = Fixed.of(3, 0, 1);
        for (Margin margin : List.of(Margin.additive(m), Margin.additiveAngular(m))) {
            CrossEntropy objective = CrossEntropy.MEAN.withMargin(margin);
            List<Runnable> calls = List.of(
                    () -> SampledSoftmax.of(layer, sampler).minimising(objective),
                    () -> NoiseContrastiveEstimation.of(layer, sampler).minimising(objective),
                    () -> NegativeSampling.of(layer, sampler).minimising(objective));
            for (Runnable call : calls) {
                assertThatIllegalArgumentException()
                        .isThrownBy(call::run)
                        .withMessageContainingAll("does not take", margin.toString());
            }
        }
    }

    /** The transform and the objective are those of the layer underneath, in evaluation as in training. */
    @Test
    void evaluationKeepsTheTemperatureAndTheObjective() {
        CrossEntropy objective = CrossEntropy.MEAN.smoothing(0.1);
        SampledSoftmax sampled = create(5, 3, Problem.KEY).minimising(objective);
        assertThat(sampled.exact().transform()).isEqualTo(COLD);
        assertThat(sampled.exact().objective()).isEqualTo(objective);
    }
}
