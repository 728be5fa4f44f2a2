package io.vastmax.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.Supplier;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mirostat and adaptive-p: selectors that remember. The numbers are those of a transcription of llama.cpp. */
class LearningSelectorsTest {
    private static final float[] EIGHT = {3, 2.5f, 2, 1, 0.5f, 0, -1, -2};
    private static final double[] SHARES = {
        .4411759, .2675867, .1622996, .0597063, .0362137, .0219647, .0080804, .0029726
    };
    private static final Offset<Double> CLOSE = within(1e-6);

    @ParameterizedTest
    @CsvSource({
        // mu, kept, mu after the likeliest
        "1, 1, 1.3",
        "2, 2, 2.2316051484",
        "3, 3, 3.2018578320",
        "5, 5, 5.1867863842",
    })
    void mirostat2CutsAtASurpriseAndLearns(double mu, int kept, double after) {
        Selector selector = Selectors.mirostat2(3, 0.1);
        double[] memory = {mu};
        Candidates candidates = narrowed(selector, memory, EIGHT);
        assertThat(candidates.size()).isEqualTo(kept);
        assertThat(candidates.id(0)).isZero();
        learn(selector, memory, candidates, 0);
        assertThat(memory[0]).isCloseTo(after, CLOSE);
    }

    @Test
    void mirostat2KeepsOneOfEqualsThatAreAllTooSurprising() {
        assertThat(narrowed(Selectors.mirostat2(3, 0.1), new double[] {1.5}, 0, 0, 0, 0)
                        .size())
                .isEqualTo(1);
        assertThat(narrowed(Selectors.mirostat2(3, 0.1), new double[] {2}, 0, 0, 0, 0)
                        .size())
                .isEqualTo(4);
        assertThat(narrowed(Selectors.mirostat2(3, 0.1), new double[] {-7}, EIGHT)
                        .size())
                .isEqualTo(1);
    }

    /** s = 1.55753996046015 of these eight: k = 5.19 and 12.64 with 8 tokens, 4.08 and 9.94 with 50,257. */
    @ParameterizedTest
    @CsvSource({"4, 8, 5", "6, 8, 8", "4, 50257, 4", "6, 50257, 8", "0, 8, 1", "-3, 50257, 1"})
    void mirostat1FitsZipfsLaw(double mu, int vocabulary, int kept) {
        float[] logits = Arrays.copyOf(EIGHT, vocabulary);
        Arrays.fill(logits, 8, vocabulary, Float.NEGATIVE_INFINITY);
        assertThat(narrowed(Selectors.mirostat1(3, 0.1), new double[] {mu}, logits)
                        .size())
                .isEqualTo(kept);
    }

    /** By Zipf's law with an exponent of 1, where the formula has a limit, and of 0, where it is all or one. */
    @Test
    void mirostat1AtItsEnds() {
        Selector selector = Selectors.mirostat1(3, 0.1);
        float[] harmonic = new float[1000];
        for (int i = 0; i < harmonic.length; i++) {
            harmonic[i] = (float) -Math.log(i + 1);
        }
        // k = 2^mu / log V
        assertThat(narrowed(selector, new double[] {8}, harmonic).size()).isBetween(36, 38);
        assertThat(narrowed(selector, new double[] {8}, 5).size()).isEqualTo(1);
        assertThat(narrowed(selector, new double[] {8}, 0, 0, 0).size()).isEqualTo(3);
        assertThat(narrowed(selector, new double[] {0.9}, 0, 0, 0).size()).isEqualTo(1);
    }

    @Test
    void mirostat1LearnsFromTheSurpriseAmongTheKept() {
        Selector selector = Selectors.mirostat1(3, 0.1);
        double[] memory = {4};
        Candidates candidates = narrowed(selector, memory, EIGHT);
        learn(selector, memory, candidates, 2);
        double kept = SHARES[0] + SHARES[1] + SHARES[2] + SHARES[3] + SHARES[4];
        assertThat(memory[0]).isCloseTo(4 - 0.1 * (-Math.log(SHARES[2] / kept) / Math.log(2) - 3), CLOSE);
    }

    @Test
    void mirostatBeginsAtTwiceTau() {
        for (Selector selector : new Selector[] {Selectors.mirostat1(2.5, 0.1), Selectors.mirostat2(2.5, 0.1)}) {
            double[] memory = new double[selector.memory()];
            selector.begin(memory);
            assertThat(memory).containsExactly(5);
        }
    }

    /** The mean surprise comes to tau, where the distribution allows it. */
    @ParameterizedTest
    @CsvSource({"1", "2", "3"})
    void mirostatSteersTheSurprise(double tau) {
        float[] logits = Filtering.random(2000, true, false, 3);
        for (Selector selector : new Selector[] {Selectors.mirostat1(tau, 0.1), Selectors.mirostat2(tau, 0.1)}) {
            Sampler sampler = Chain.of().select(selector).sampler(4);
            double begin = sampler.step().memory()[0];
            int steps = 20_000;
            for (int i = 0; i < steps; i++) {
                sampler.sample(logits);
            }
            // mu moved by eta times the sum of all errors
            double error = (begin - sampler.step().memory()[0]) / (0.1 * steps);
            assertThat(error).as("%s", selector).isCloseTo(0, within(0.02));
        }
    }

    @Test
    void mirostatDrawsFromWhatItKeeps() {
        double two = SHARES[0] + SHARES[1];
        Sampler second = Chain.of().select(Selectors.mirostat2(1, 0.1)).sampler(8);
        Draws.checkNext(second, EIGHT, 40_000, SHARES[0] / two, SHARES[1] / two, 0, 0, 0, 0, 0, 0);
        // k = 5.19 of 8
        double five = two + SHARES[2] + SHARES[3] + SHARES[4];
        double[] shares = Arrays.stream(SHARES).map(p -> p / five).toArray();
        Arrays.fill(shares, 5, 8, 0);
        Draws.checkNext(Chain.of().select(Selectors.mirostat1(2, 0.1)).sampler(8), EIGHT, 40_000, shares);
    }

    /** Three steps that choose 0, 3 and 0. */
    @Test
    void adaptivePFollowsItsTarget() {
        Selector selector = Selectors.adaptiveP(0.5, 0.9);
        double[] memory = new double[selector.memory()];
        selector.begin(memory);
        assertThat(memory).containsExactly(new double[] {5, 10}, CLOSE);

        Candidates first = narrowed(selector, memory, EIGHT);
        assertThat((double) first.logit(0)).isCloseTo(4.678551, within(1e-5));
        assertThat((double) first.logit(1)).isCloseTo(1.618166, within(1e-5));
        assertThat((double) first.logit(3)).isCloseTo(-3.728893, within(1e-5));
        assertThat(Arrays.copyOf(Filtering.probabilities(first), 4))
                .containsExactly(new double[] {0.951532, .044598, .003382, .000212}, within(2e-6));
        learn(selector, memory, first, 0);
        assertThat(memory).containsExactly(new double[] {4.941176, 10}, CLOSE);

        Candidates second = narrowed(selector, memory, EIGHT);
        assertThat((double) second.logit(0)).isCloseTo(4.617321, within(1e-5));
        learn(selector, memory, second, 3);
        assertThat(memory).containsExactly(new double[] {4.506765, 10}, CLOSE);

        assertThat((double) narrowed(selector, memory, EIGHT).logit(0)).isCloseTo(4.044793, within(1e-5));
    }

    @Test
    void adaptivePDrawsFromItsBell() {
        Sampler sampler = Chain.of().select(Selectors.adaptiveP(0.2, 0.9)).sampler(8);
        Draws.checkNext(sampler, EIGHT, 40_000, bell(0.2));
        int drawn = sampler.sample(EIGHT);
        double mean = (SHARES[drawn] + 0.9 * 0.2 / 0.1) / 10;
        Draws.checkNext(sampler, EIGHT, 40_000, bell(0.4 - mean));
    }

    @Test
    void adaptivePSteersTheProbability() {
        float[] logits = Filtering.random(300, false, false, 12);
        FilterReference reference = new FilterReference(logits, 1);
        double mass = 0;
        for (int rank = 0; rank < 12; rank++) {
            mass += reference.p(reference.ranked(rank));
        }
        double before = 0;
        for (double target : new double[] {0.05, 0.1, 0.2, 0.4}) {
            Sampler sampler = Chain.of(Filters.topK(12))
                    .select(Selectors.adaptiveP(target, 0.9))
                    .sampler(2);
            double sum = 0;
            for (int i = 0; i < 20_000; i++) {
                sum += reference.p(sampler.sample(logits)) / mass;
            }
            double mean = sum / 20_000;
            assertThat(mean).as("target %s", target).isGreaterThan(before + 0.01);
            before = mean;
        }
    }

    @Test
    void rollbackForgetsWhatWasLearnt() {
        float[] logits = Filtering.random(300, false, false, 12);
        for (Selector selector :
                new Selector[] {Selectors.mirostat1(3, 0.1), Selectors.mirostat2(3, 0.1), Selectors.adaptiveP(0.3, 0.8)
                }) {
            Sampler sampler = Chain.of().select(selector).sampler(4);
            sampler.sample(logits);
            double[] before = sampler.step().memory().clone();
            int[] tokens = {sampler.sample(logits), sampler.sample(logits), sampler.sample(logits)};
            assertThat(sampler.step().memory()).isNotEqualTo(before);
            sampler.rollback(3);
            assertThat(sampler.step().memory()).containsExactly(before);
            assertThat(new int[] {sampler.sample(logits), sampler.sample(logits), sampler.sample(logits)})
                    .containsExactly(tokens);
        }
    }

    @Test
    void refusesBadSettings() {
        refuses("tau = -1.0", () -> Selectors.mirostat1(-1, 0.1));
        refuses("eta = NaN", () -> Selectors.mirostat1(5, Double.NaN));
        refuses("tau = Infinity", () -> Selectors.mirostat2(Double.POSITIVE_INFINITY, 0.1));
        refuses("eta = -0.1", () -> Selectors.mirostat2(5, -0.1));
        refuses("target = -1.0", () -> Selectors.adaptiveP(-1, 0.9));
        refuses("decay = 1.0", () -> Selectors.adaptiveP(0.5, 1));
    }

    private static void refuses(String message, Supplier<Selector> selector) {
        assertThatIllegalArgumentException().isThrownBy(selector::get).withMessageContaining(message);
    }

    private static double[] bell(double target) {
        double[] weights = Arrays.stream(SHARES)
                .map(p -> Math.abs(p - target) / 0.3)
                .map(d -> Math.exp(5 - 10 * d * d / (1 + d)))
                .toArray();
        double sum = Arrays.stream(weights).sum();
        return Arrays.stream(weights).map(w -> w / sum).toArray();
    }

    private static Candidates narrowed(Selector selector, double[] memory, float... logits) {
        Candidates candidates = Filtering.candidates(logits);
        selector.narrow(candidates, step(memory));
        return candidates;
    }

    private static void learn(Selector selector, double[] memory, Candidates candidates, int id) {
        selector.chosen(id, candidates, step(memory));
    }

    private static SamplingStep step(double[] memory) {
        SamplingStep step = new SamplingStep(1, 0);
        step.setMemory(memory);
        return step;
    }
}
