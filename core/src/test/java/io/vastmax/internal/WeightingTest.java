package io.vastmax.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.CrossEntropy;
import io.vastmax.Targets;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Three rows with the losses 2, 3 and 5. */
class WeightingTest {
    private static final CrossEntropy MEAN = CrossEntropy.MEAN;

    private static double reduced(CrossEntropy objective, Targets targets) {
        double[] losses = {2, 3, 5};
        Weighting weighting = Weighting.of(objective, targets, 3, 4, null);
        return weighting.reduce(n -> weighting.hit(n) * losses[n]);
    }

    private static double[] factors(CrossEntropy objective, Targets targets) {
        Weighting weighting = Weighting.of(objective, targets, 3, 4, null);
        return IntStream.range(0, 3)
                .mapToDouble(n -> weighting.scale(n) * weighting.hit(n))
                .toArray();
    }

    @Test
    void meansAndSums() {
        Targets targets = Targets.of(0, 3, 1);
        Targets weighted = targets.weighted(4, 0, 0.5f);
        CrossEntropy classes = MEAN.weighing(1, 2, 9, 0.25f);
        CrossEntropy ignoring = MEAN.ignoring(3);
        assertThat(reduced(MEAN, targets)).isEqualTo(10 / 3.0);
        assertThat(reduced(MEAN.summed(), targets)).isEqualTo(10);
        assertThat(reduced(MEAN, weighted)).isEqualTo((8 + 2.5) / 4.5);
        assertThat(reduced(MEAN.summed(), weighted)).isEqualTo(8 + 2.5);
        assertThat(reduced(classes, targets)).isEqualTo((2 + 0.75 + 10) / 3.25);
        assertThat(reduced(classes, weighted)).isEqualTo((8 + 5) / 5.0);
        assertThat(reduced(ignoring, targets)).isEqualTo(7 / 2.0);
        assertThat(reduced(ignoring.weighing(1, 2, 9, 0.25f).summed(), weighted))
                .isEqualTo(8 + 5);
    }

    @Test
    void factorsAreTheDerivatives() {
        Targets targets = Targets.of(0, 3, 1).weighted(4, 1, 0.5f);
        assertThat(factors(MEAN, targets)).containsExactly(new double[] {4 / 5.5, 1 / 5.5, 0.5 / 5.5}, within(1e-15));
        assertThat(factors(MEAN.summed(), targets)).containsExactly(4, 1, 0.5);
        assertThat(factors(MEAN.ignoring(3), targets))
                .containsExactly(new double[] {4 / 4.5, 0, 0.5 / 4.5}, within(1e-15));
    }

    /** Where all weigh nothing the mean is zero, not 0 / 0; an ignored row may have any loss. */
    @Test
    void rowsThatWeighNothing() {
        Targets none = Targets.of(0, 1, 2).weighted(0, 0, 0);
        assertThat(reduced(MEAN, none)).isZero();
        assertThat(factors(MEAN, none)).containsOnly(0);
        assertThat(reduced(MEAN.ignoring(1), Targets.of(1, 1, 1))).isZero();
        double[] losses = {Double.NaN, 3, 0};
        Weighting weighting =
                Weighting.of(MEAN.ignoring(-1), Targets.of(-1, 1, 2).weighted(1, 1, 0), 3, 4, null);
        assertThat(weighting.reduce(n -> losses[n])).isEqualTo(3);
    }

    @Test
    void ignoredRowsHaveNoTarget() {
        Weighting weighting = Weighting.of(MEAN.ignoring(-7), Targets.of(-7, 2, -7), 3, 4, null);
        assertThat(weighting.ignores(0)).isTrue();
        assertThat(weighting.target(0)).isEqualTo(-1);
        assertThat(weighting.weight(0)).isZero();
        assertThat(weighting.target(1)).isEqualTo(2);
        assertThat(weighting.ignores(1)).isFalse();
    }

    /** An id that is ignored is a class like any other beside others, or no class. */
    @Test
    void severalClassesARow() {
        Targets targets = Targets.ofSeveral(new int[] {0}, new int[] {0, 2}, new int[] {2, 0});
        Weighting weighting = Weighting.ofSeveral(MEAN.ignoring(0), targets, 3, 4, null);
        assertThat(weighting.ignores(0)).isTrue();
        assertThat(weighting.ignores(1)).isFalse();
        assertThat(weighting.ignores(2)).isFalse();
        assertThat(weighting.scale(2) * weighting.hit(2)).isEqualTo(0.5);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Weighting.ofSeveral(
                        MEAN.ignoring(-1), Targets.ofSeveral(new int[] {-1}, new int[] {-1, 2}), 2, 4, null))
                .withMessage("targets[1] = -1: must be from 0 to 3");
    }

    /** The gradients of {@code sum_n g_n l_n}, whatever the reduction, and any sign. */
    @Test
    void upstreamTakesThePlaceOfTheReduction() {
        float[] upstream = {2, -1, 0};
        for (CrossEntropy objective : new CrossEntropy[] {MEAN, MEAN.summed()}) {
            Weighting weighting = Weighting.of(objective, Targets.of(0, 1, 2).weighted(4, 3, 2), 3, 4, upstream);
            assertThat(weighting.scale(0)).isEqualTo(2);
            assertThat(weighting.scale(1)).isEqualTo(-1);
            assertThat(weighting.scale(2)).isZero();
            assertThat(weighting.reduce(n -> n + 5)).isEqualTo(2 * 5 - 6);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Weighting.of(MEAN, Targets.of(0, 1), 2, 4, upstream))
                .withMessage("upstream holds 3 numbers, but hidden has 2 rows");
    }

    /** The smoothed share is the token's where classes weigh by themselves, the row's along the path. */
    @Test
    void whatIsSmoothed() {
        Targets targets = Targets.of(3, 1, 2).weighted(4, 1, 1);
        CrossEntropy weighing = MEAN.weighing(1, 2, 0, 0.25f).ignoring(1);
        Weighting all = Weighting.of(weighing.smoothing(0.25), targets, 3, 4, null);
        assertThat(all.hit(0)).isEqualTo(0.75 * 4 * 0.25);
        assertThat(all.spread(0)).isEqualTo(0.25 * 4);
        assertThat(all.spread(1)).isZero();
        assertThat(all.spread(2)).isEqualTo(0.25);
        Weighting path = Weighting.of(weighing.smoothingPath(0.25), targets, 3, 4, null);
        assertThat(path.spread(0)).isEqualTo(0.25 * 4 * 0.25);
        assertThat(path.spread(2)).isZero();
        assertThat(Weighting.of(weighing.withZLoss(0.5), targets, 3, 4, null).square(0))
                .isEqualTo(0.5 * 4 * 0.25);
    }

    @Test
    void refusesByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Weighting.of(MEAN, Targets.of(1, 2), 3, 4, null))
                .withMessage("targets holds 2 ids, but hidden has 3 rows");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Weighting.of(MEAN.ignoring(5), Targets.of(5, 4), 2, 4, null))
                .withMessage("targets[1] = 4: must be from 0 to 3");
        Targets several = Targets.ofSeveral(new int[] {1}, new int[] {1, 2});
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Weighting.of(MEAN, several, 2, 4, null))
                .withMessage("targets has 2 classes in row 1: this layer takes one a row");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Weighting.ofSeveral(MEAN.weighing(1, 1, 1, 1), several, 2, 4, null))
                .withMessage("targets has 2 classes in row 1: class weights take one a row");
    }
}
