package io.vastmax.sampling;

import static io.vastmax.sampling.Filtering.kept;
import static io.vastmax.sampling.Filtering.logits;
import static io.vastmax.sampling.Filtering.probabilities;
import static io.vastmax.sampling.Filters.dynamicTemperature;
import static io.vastmax.sampling.Filters.epsilon;
import static io.vastmax.sampling.Filters.eta;
import static io.vastmax.sampling.Filters.minP;
import static io.vastmax.sampling.Filters.tailFree;
import static io.vastmax.sampling.Filters.temperature;
import static io.vastmax.sampling.Filters.topA;
import static io.vastmax.sampling.Filters.topH;
import static io.vastmax.sampling.Filters.topHOfHundred;
import static io.vastmax.sampling.Filters.topK;
import static io.vastmax.sampling.Filters.topKWithTies;
import static io.vastmax.sampling.Filters.topNSigma;
import static io.vastmax.sampling.Filters.topP;
import static io.vastmax.sampling.Filters.typical;
import static io.vastmax.sampling.Filters.typicalBeyond;
import static io.vastmax.sampling.Filters.typicalWithTies;
import static io.vastmax.sampling.Filters.xtc;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Probabilities in, probabilities out; the numbers are worked out by hand or by a transcription of the papers. */
class FiltersTest {
    /** Their entropy is 1.4374322327565483; the surprises differ from it by .619 .119 .381 1.381 1.881 2.381 3.381 4.381. */
    private static final float[] EIGHT = {3, 2.5f, 2, 1, 0.5f, 0, -1, -2};

    private static final double[] SIX_TO_ONE = {0.06, 0.05, 0.1, 0.15, 0.24, 0.4};

    @Test
    void temperatureSharpensOrFlattens() {
        become(new double[] {0.1, 0.2, 0.3, 0.4}, temperature(1), 0.1, 0.2, 0.3, 0.4);
        become(new double[] {0.1, 0.2, 0.3, 0.4}, temperature(0.5), 1 / 30., 4 / 30., 9 / 30., 16 / 30.);
        become(new double[] {0.1, 0, 0.4}, temperature(2), 1 / 3., 0, 2 / 3.);
        become(new double[] {0.1, 0.4, 0.4, 0.1}, temperature(0), 0, 1, 0, 0);
    }

    @Test
    void topKKeepsTheLikeliest() {
        become(new double[] {0.1, 0.2, 0.3, 0.4}, topK(1), 0, 0, 0, 1);
        become(new double[] {0.1, 0.2, 0.3, 0.4}, topK(3), 0, 2 / 9., 3 / 9., 4 / 9.);
        become(new double[] {0.1, 0.2, 0, 0.7}, topK(4), 0.1, 0.2, 0, 0.7);
        become(new double[] {0.2, 0.4, 0.2, 0.2}, topK(2), 1 / 3., 2 / 3., 0, 0);
        become(new double[] {0.2, 0.4, 0.2, 0.2}, topKWithTies(2), 0.2, 0.4, 0.2, 0.2);
        become(new double[] {0.2, 0.4, 0.1, 0.1}, topKWithTies(2), 1 / 3., 2 / 3., 0, 0);
    }

    @Test
    void topPKeepsTheTokenThatCrosses() {
        become(new double[] {0.1, 0.2, 0.3, 0.4}, topP(0), 0, 0, 0, 1);
        become(new double[] {0.1, 0.2, 0.3, 0.4}, topP(0.4), 0, 0, 0, 1);
        become(new double[] {0.1, 0.2, 0.3, 0.4}, topP(0.41), 0, 0, 3 / 7., 4 / 7.);
        become(new double[] {0.1, 0.2, 0.3, 0.4}, topP(0.7), 0, 0, 3 / 7., 4 / 7.);
        become(new double[] {0.1, 0.2, 0.3, 0.4}, topP(1), 0.1, 0.2, 0.3, 0.4);
        become(new double[] {0.25, 0.25, 0.25, 0.25}, topP(0.5), 0.5, 0.5, 0, 0);
        become(new double[] {0, 0.5, 0.25, 0.25}, topP(0.6), 0, 2 / 3., 1 / 3., 0);
    }

    @Test
    void minPIsRelativeToTheLikeliest() {
        become(new double[] {0.1, 0.2, 0.3, 0.4}, minP(0), 0.1, 0.2, 0.3, 0.4);
        become(new double[] {0.1, 0.2, 0.3, 0.4}, minP(0.25), 0.1, 0.2, 0.3, 0.4);
        become(new double[] {0.1, 0.2, 0.3, 0.4}, minP(0.26), 0, 2 / 9., 3 / 9., 4 / 9.);
        become(new double[] {0.1, 0.2, 0.3, 0.4}, minP(0.75), 0, 0, 3 / 7., 4 / 7.);
        become(new double[] {0.2, 0.4, 0.4}, minP(1), 0, 0.5, 0.5);
    }

    @Test
    void typicalKeepsWhatIsClosestToTheEntropy() {
        keeps(EIGHT, typical(0), 1);
        keeps(EIGHT, typical(0.2), 1);
        keeps(EIGHT, typical(0.5), 0, 1, 2);
        keeps(EIGHT, typical(0.9), 0, 1, 2, 3);
        keeps(EIGHT, typical(1), 0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void variantsOfTypicalDifferAtTheBorder() {
        float[] equal = logits(0.25, 0.25, 0.25, 0.25);
        keeps(equal, typical(0.5), 0, 1);
        keeps(equal, typicalWithTies(0.5), 0, 1, 2, 3);
        keeps(equal, typicalBeyond(0.5), 0, 1, 2);
        keeps(equal, typicalBeyond(0), 0);
        keeps(equal, typicalBeyond(1), 0, 1, 2, 3);
        keeps(EIGHT, typicalWithTies(0.5), 0, 1, 2);
        keeps(EIGHT, typicalBeyond(0.9), 0, 1, 2, 3);
    }

    @Test
    void epsilonIsAbsolute() {
        become(new double[] {0.1, 0.2, 0.3, 0.4}, epsilon(0), 0.1, 0.2, 0.3, 0.4);
        become(new double[] {0.1, 0.2, 0.3, 0.4}, epsilon(0.2), 0, 2 / 9., 3 / 9., 4 / 9.);
        become(new double[] {0.1, 0.2, 0.3, 0.4}, epsilon(0.21), 0, 0, 3 / 7., 4 / 7.);
        become(new double[] {0.1, 0.2, 0.35, 0.35}, epsilon(1), 0, 0, 0.5, 0.5);
    }

    /** Thresholds of .02, since {@code sqrt(.02) exp(-H)} is larger, and of .07511576822112143. */
    @Test
    void etaFallsWithTheEntropy() {
        keeps(EIGHT, eta(0.02), 0, 1, 2, 3, 4, 5);
        keeps(EIGHT, eta(0.1), 0, 1, 2);
        keeps(EIGHT, eta(0), 0, 1, 2, 3, 4, 5, 6, 7);
        keeps(EIGHT, epsilon(0.03), 0, 1, 2, 3, 4);
        // (sqrt(1) / 8, of equal ones: kept)
        keeps(new float[8], eta(1), 0, 1, 2, 3, 4, 5, 6, 7);
    }

    /** The deviation is 1.620185174601965. */
    @Test
    void topNSigmaCountsDeviations() {
        keeps(EIGHT, topNSigma(1), 0, 1, 2);
        keeps(EIGHT, topNSigma(1.2), 0, 1, 2);
        keeps(EIGHT, topNSigma(1.24), 0, 1, 2, 3);
        keeps(EIGHT, topNSigma(100), 0, 1, 2, 3, 4, 5, 6, 7);
        keeps(new float[] {8, Math.nextDown(8f), 8}, topNSigma(0), 0, 2);
        keeps(new float[] {5, 5, 5}, topNSigma(1), 0, 1, 2);
        keeps(new float[] {3, Float.NEGATIVE_INFINITY, 1}, topNSigma(1.99), 0);
        keeps(new float[] {3, Float.NEGATIVE_INFINITY, 1}, topNSigma(2), 0, 2);
        assertThat(kept(EIGHT, temperature(0.1), topNSigma(1.24))).containsExactly(0, 1, 2, 3);
    }

    /** Thresholds of .0973 and .0389. */
    @Test
    void topAFollowsTheSquareOfTheLikeliest() {
        keeps(EIGHT, topA(0.5), 0, 1, 2);
        keeps(EIGHT, topA(0.2), 0, 1, 2, 3);
        keeps(EIGHT, topA(0), 0, 1, 2, 3, 4, 5, 6, 7);
        become(new double[] {0.5, 0.375, 0.125}, topA(0.5), 0.5, 0.375, 0.125);
        become(new double[] {0.5, 0.375, 0.125}, topA(0.51), 4 / 7., 3 / 7., 0);
        become(new double[] {0.9, 0.1, 0}, topA(1), 1, 0, 0);
    }

    /** The running shares are .405398 .421390 .890878 .945743 .947907 1. */
    @Test
    void tailFreeEndsWhereTheCurveFlattens() {
        keeps(EIGHT, tailFree(0), 0);
        keeps(EIGHT, tailFree(0.3), 0);
        keeps(EIGHT, tailFree(0.41), 0, 1);
        keeps(EIGHT, tailFree(0.5), 0, 1, 2);
        keeps(EIGHT, tailFree(0.9), 0, 1, 2, 3);
        keeps(EIGHT, tailFree(0.95), 0, 1, 2, 3, 4, 5);
        keeps(EIGHT, tailFree(1), 0, 1, 2, 3, 4, 5, 6, 7);
        keeps(new float[5], tailFree(0.5), 0, 1, 2, 3, 4);
        keeps(new float[] {1, 0}, tailFree(0.5), 0, 1);
    }

    /** Entropies of the prefixes are 0 .662847 1.020191 1.192979 1.308057 1.385525 1.421394 1.437432, the last of all. */
    @Test
    void topHBoundsTheEntropy() {
        keeps(EIGHT, topH(0), 0);
        keeps(EIGHT, topH(0.4), 0);
        keeps(EIGHT, topH(0.6), 0, 1);
        keeps(EIGHT, topH(0.8), 0, 1, 2);
        keeps(EIGHT, topH(0.95), 0, 1, 2, 3, 4);
        keeps(EIGHT, topH(1), 0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void theTwoKindsOfTopHDifferForFlatDistributions() {
        assertThat(kept(new float[100], topH(0.4))).hasSize(6);
        assertThat(kept(new float[100], topHOfHundred(0.4))).hasSize(40);
        assertThat(kept(new float[200], topHOfHundred(0.4))).hasSize(40);
        assertThat(kept(new float[200], topHOfHundred(1))).hasSize(100);
        keeps(EIGHT, topHOfHundred(0), 0);
        keeps(EIGHT, topHOfHundred(0.4), 0);
        keeps(EIGHT, topHOfHundred(0.6), 0, 1);
        keeps(EIGHT, topHOfHundred(0.8), 0, 1, 2);
        keeps(EIGHT, topHOfHundred(1), 0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void xtcRemovesAllButTheLeastLikelyOfTheTopChoices() {
        keeps(EIGHT, xtc(1, 0.05), 3, 4, 5, 6, 7);
        keeps(EIGHT, xtc(1, 0.1), 2, 3, 4, 5, 6, 7);
        keeps(EIGHT, xtc(1, 0.2), 1, 2, 3, 4, 5, 6, 7);
        keeps(EIGHT, xtc(1, 0.3), 0, 1, 2, 3, 4, 5, 6, 7);
        keeps(EIGHT, xtc(1, 0.5), 0, 1, 2, 3, 4, 5, 6, 7);
        keeps(EIGHT, xtc(0, 0.05), 0, 1, 2, 3, 4, 5, 6, 7);
        keeps(EIGHT, xtc(1, 0), 7);
        keeps(logits(0.3, 0.3, 0.3, 0.1), xtc(1, 0.3), 2, 3);
        keeps(logits(0.5, 0, 0.5), xtc(1, 0.5), 2);
    }

    @Test
    void xtcActsAtItsProbability() {
        Sampler sampler = Chain.of(xtc(0.3, 0.1)).select(Selectors.greedy()).sampler(5);
        int acted = 0;
        for (int i = 0; i < 10_000; i++) {
            acted += sampler.sample(EIGHT) == 2 ? 1 : 0;
        }
        // 4.5 standard deviations
        assertThat(acted).isCloseTo(3000, within((int) (4.5 * Math.sqrt(10_000 * 0.3 * 0.7))));
    }

    @Test
    void dynamicTemperatureFollowsTheEntropy() {
        tempers(dynamicTemperature(1, 0.5, 1), 1.1912587846039409);
        tempers(dynamicTemperature(0.8, 0.8, 2), 0.764541931667388);
        tempers(dynamicTemperature(0.7, 0, 3), 0.7);
        tempers(dynamicTemperature(1, 0.5, 0), 1.5);
        keeps(EIGHT, dynamicTemperature(0, 0, 1), 0);
        become(new double[] {0, 1, 0}, dynamicTemperature(1, 1, 1), 0, 1, 0);
        // All equal: the largest temperature; one that outweighs the others: 0
        become(new double[] {0.5, 0.5}, dynamicTemperature(1, 0.5, 1), 0.5, 0.5);
        keeps(new float[] {0, 0, 300}, dynamicTemperature(1, 1, 1), 2);
    }

    private static void tempers(Filter filter, double temperature) {
        double[] expected = probabilities(EIGHT, temperature(temperature));
        assertThat(probabilities(EIGHT, filter)).containsExactly(expected, within(1e-6));
    }

    @Test
    void theOrderOfFiltersMatters() {
        float[] row = logits(SIX_TO_ONE);
        assertThat(kept(row, topP(0.7), topK(2))).containsExactly(4, 5);
        assertThat(kept(row, topK(2), topP(0.6))).containsExactly(5);
        assertThat(kept(row, temperature(2), topP(0.6))).containsExactly(3, 4, 5);
        assertThat(kept(row, topP(0.6), temperature(2))).containsExactly(4, 5);
    }

    @Test
    void namesShowTheSettings() {
        assertThat(Chain.of(
                                dynamicTemperature(1, 0.5, 2),
                                topH(0.4),
                                topHOfHundred(0.4),
                                tailFree(0.9),
                                xtc(0.5, 0.1),
                                typicalBeyond(0.5))
                        .select(Selectors.mirostat2(5, 0.1)))
                .hasToString(
                        "dynamic temperature 1.0 delta 0.5 exponent 2.0, top-H 0.4, top-H 0.4 of 100, tail-free 0.9,"
                                + " xtc 0.5 threshold 0.1, typical beyond 0.5, mirostat 2 tau 5.0 eta 0.1");
    }

    @Test
    void refusesBadSettings() {
        refuses("p = 1.1", () -> typicalWithTies(1.1));
        refuses("p = -0.1", () -> typicalBeyond(-0.1));
        refuses("epsilon = NaN", () -> epsilon(Double.NaN));
        refuses("epsilon = 2.0", () -> eta(2));
        refuses("n = -1.0", () -> topNSigma(-1));
        refuses("a = 1.5", () -> topA(1.5));
        refuses("z = -1.0", () -> tailFree(-1));
        refuses("alpha = 1.01", () -> topH(1.01));
        refuses("alpha = -1.0", () -> topHOfHundred(-1));
        refuses("probability = 2.0", () -> xtc(2, 0.1));
        refuses("threshold = -0.1", () -> xtc(0.5, -0.1));
        refuses("temperature = -1.0", () -> dynamicTemperature(-1, 0, 1));
        refuses("delta = NaN", () -> dynamicTemperature(1, Double.NaN, 1));
        refuses("exponent = Infinity", () -> dynamicTemperature(1, 0, Double.POSITIVE_INFINITY));
        refuses("p = 1.1", () -> topP(1.1));
        refuses("p = NaN", () -> minP(Double.NaN));
        refuses("k = 0", () -> topK(0));
        refuses("k = -1", () -> topKWithTies(-1));
        refuses("temperature = Infinity", () -> temperature(Double.POSITIVE_INFINITY));
    }

    private static void refuses(String message, Supplier<Filter> filter) {
        assertThatIllegalArgumentException().isThrownBy(filter::get).withMessageContaining(message);
    }

    /** With these probabilities before, those after. */
    private static void become(double[] before, Filter filter, double... after) {
        assertThat(probabilities(logits(before), filter))
                .as("%s of %s", filter, Arrays.toString(before))
                .containsExactly(after, within(2e-6));
    }

    private static void keeps(float[] logits, Filter filter, int... ids) {
        assertThat(kept(logits, filter)).as("%s", filter).containsExactly(ids);
    }
}
