package io.vastmax.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BeamSearchTest {
    private static final float NONE = Float.NEGATIVE_INFINITY;
    private static final int END = 0;

    /** Runs a search to its end; returns the steps. */
    static int run(BeamSearch search, int[] prompt, Function<int[], float[]> model) {
        List<int[]> sequences = List.of(prompt);
        int steps = 0;
        while (!search.isDone()) {
            assertThat(search.rows()).isEqualTo(sequences.size());
            search.step(sequences.stream().map(model).map(Logits::of).toList());
            int[] parents = search.parents();
            int[] tokens = search.tokens();
            List<int[]> next = new ArrayList<>();
            for (int i = 0; i < parents.length; i++) {
                next.add(with(sequences.get(parents[i]), tokens[i]));
            }
            sequences = next;
            steps++;
        }
        return steps;
    }

    private static int[] with(int[] tokens, int id) {
        int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
        longer[tokens.length] = id;
        return longer;
    }

    private static float[] logs(double... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int v = 0; v < logits.length; v++) {
            logits[v] = (float) Math.log(probabilities[v]);
        }
        return logits;
    }

    /** All sequences that end at 0 or at the greatest length, best first. */
    private static void enumerate(
            Markov model, BeamSettings settings, int[] prompt, int[] tokens, double sum, List<Hypothesis> all) {
        int n = tokens.length;
        if (n > 0 && (tokens[n - 1] == END || n == settings.maxTokens())) {
            List<Integer> ids = Arrays.stream(tokens).boxed().toList();
            all.add(new Hypothesis(ids, sum, sum / Math.pow(n, settings.lengthPenalty())));
            return;
        }
        int[] history = Arrays.copyOf(prompt, prompt.length + n);
        System.arraycopy(tokens, 0, history, prompt.length, n);
        double[] logProbs = Markov.logSoftmax(model.after(history));
        for (int v = 0; v < logProbs.length; v++) {
            enumerate(model, settings, prompt, with(tokens, v), sum + logProbs[v], all);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, 0, 0.7, 1, 2.5})
    void whereNothingIsPrunedItFindsWhatEnumerationFinds(double alpha) {
        Markov model = Markov.random(4, 2, 1);
        int[] prompt = {3, 1};
        BeamSettings settings =
                BeamSettings.of(400, 5, END).withLengthPenalty(alpha).withEarlyStopping(EarlyStopping.NEVER);
        List<Hypothesis> all = new ArrayList<>();
        enumerate(model, settings, prompt, new int[0], 0, all);
        all.sort(Comparator.comparingDouble(Hypothesis::score).reversed());

        BeamSearch search = settings.start(prompt);
        assertThat(run(search, prompt, model::after)).isEqualTo(5);
        List<Hypothesis> found = search.best(400);
        // 1 + 3 + 9 + 27 that end, and 81 * 4 of full length
        assertThat(found).hasSize(364).hasSameSizeAs(all);
        for (int i = 0; i < all.size(); i++) {
            assertThat(found.get(i).tokens()).isEqualTo(all.get(i).tokens());
            assertThat(found.get(i).score()).isCloseTo(all.get(i).score(), within(1e-5));
            assertThat(found.get(i).logProbability()).isCloseTo(all.get(i).logProbability(), within(1e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void goesByTheRulesOfTheVectorisedSearch(boolean filtered) {
        SplittableRandom random = new SplittableRandom(5);
        List<EarlyStopping> stoppings = List.of(EarlyStopping.values());
        int early = 0;
        for (int round = 0; round < 500; round++) {
            Markov model = Markov.random(12, random.nextDouble(0.5, 4), round).favouring(1.5, 0, 7);
            int beams = random.nextInt(1, 5);
            int[] ends = Arrays.copyOf(new int[] {0, 7}, random.nextInt(3));
            BeamSettings settings = BeamSettings.of(beams, random.nextInt(1, 9), ends)
                    .withLengthPenalty(new double[] {-0.5, 0, 0.6, 1, 2}[random.nextInt(5)])
                    .withEarlyStopping(stoppings.get(random.nextInt(3)));
            int[] prompt = {3, 1, 4};
            VectorisedBeams.Result expected = new VectorisedBeams(
                            settings, 12, prompt, model::after, (tokens, logProbs) -> {
                                if (filtered) {
                                    Arrays.stream(tokens).distinct().forEach(id -> logProbs[id] *= 1.3);
                                }
                                return logProbs;
                            })
                    .run();
            Chain chain = filtered ? Chain.of(BeamSearchTest::penaliseRepetition) : Chain.of();
            BeamSearch search = settings.start(chain.sampler(1).prompt(prompt));
            int steps = run(search, prompt, model::after);
            String what = settings + ", model " + round;
            assertThat(steps).as(what).isEqualTo(expected.steps());
            List<Hypothesis> found = search.best(beams);
            assertThat(found).as(what).hasSameSizeAs(expected.sequences());
            for (int i = 0; i < found.size(); i++) {
                assertThat(found.get(i).toArray())
                        .as(what)
                        .isEqualTo(expected.sequences().get(i));
                assertThat(found.get(i).score()).isCloseTo(expected.scores().get(i), within(1e-4));
            }
            early += steps < settings.maxTokens() ? 1 : 0;
        }
        assertThat(early).isBetween(100, 400);
    }

    private static void penaliseRepetition(Candidates candidates, SamplingStep step) {
        Arrays.stream(step.history().toArray())
                .distinct()
                .forEach(id -> candidates.setLogit(id, candidates.logitOf(id) * 1.3f));
        candidates.settle();
    }

    /**
     * 0 ends with .6, 1 goes on with .4 and then for sure. The finished one has log .6 = -.51; the other has log .4 = -.92,
     * divided by its length to the alpha.
     */
    @ParameterizedTest
    @CsvSource({
        "FIRST_COME, 1,   3, 1, 0",
        "HEURISTIC,  1,   3, 1, 0",
        "NEVER,      1,   3, 3, 1 1 1", // -.92 / 3 = -.31
        "NEVER,      0.5, 3, 1, 0", // -.92 / 1.73 = -.53
        "NEVER,      0.5, 4, 4, 1 1 1 1", // -.92 / 2 = -.46
        "NEVER,      0,   9, 1, 0",
        "NEVER,      -1,  9, 1, 0",
    })
    void stopsWhenItShould(EarlyStopping stopping, double alpha, int maxTokens, int steps, String best) {
        BeamSearch search = BeamSettings.of(1, maxTokens, END)
                .withLengthPenalty(alpha)
                .withEarlyStopping(stopping)
                .start(9);
        int taken = run(search, new int[] {9}, tokens -> tokens.length == 1 ? logs(0.6, 0.4) : new float[] {NONE, 0});
        assertThat(taken).isEqualTo(steps);
        assertThat(joined(search.best(1).getFirst().tokens())).isEqualTo(best);
    }

    private static String joined(List<Integer> tokens) {
        return tokens.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    /** Two beams: what ends must be among the best two continuations of a step. */
    @Test
    void onlyTheBestContinuationsFinish() {
        BeamSearch search = BeamSettings.of(2, 9, END).start();
        search.step(List.of(Logits.of(logs(0.2, 0.5, 0.3))));
        assertThat(search.best(2)).isEmpty();
        assertThat(search.tokens()).containsExactly(1, 2);
        // .5 * .3 = .15 and .3 * .6 = .18 end and lead; of .5 * .4 = .2, .5 * .3, .3 * .3, .3 * .1 the first two go on
        search.step(List.of(Logits.of(logs(0.3, 0.4, 0.3)), Logits.of(logs(0.6, 0.3, 0.1))));
        assertThat(search.best(2)).hasSize(1).allSatisfy(hypothesis -> {
            assertThat(hypothesis.tokens()).containsExactly(2, 0);
            assertThat(hypothesis.logProbability()).isCloseTo(Math.log(0.18), within(1e-6));
            assertThat(hypothesis.score()).isCloseTo(Math.log(0.18) / 2, within(1e-6));
        });
        assertThat(search.parents()).containsExactly(0, 0);
        assertThat(search.tokens()).containsExactly(1, 2);
        assertThat(search.unfinished().stream().map(Hypothesis::tokens)).containsExactly(List.of(1, 1), List.of(1, 2));
    }

    /** With e end tokens, e + 1 continuations for each beam are looked at: one goes on in any case. */
    @ParameterizedTest
    @CsvSource({"'', 3", "'3', 1", "'3 1', 0", "'3 1 0', 2"})
    void severalTokensEnd(String ends, int goesOn) {
        int[] ids = ends.isEmpty()
                ? new int[0]
                : Arrays.stream(ends.split(" ")).mapToInt(Integer::parseInt).toArray();
        BeamSearch search = BeamSettings.of(1, 50, ids)
                .withEarlyStopping(EarlyStopping.NEVER)
                .start();
        search.step(List.of(Logits.of(logs(0.2, 0.3, 0.1, 0.4))));
        assertThat(search.tokens()).containsExactly(goesOn);
        assertThat(search.best(1)).hasSize(ids.length == 0 ? 0 : 1);
    }

    @Test
    void equalContinuationsStandByRowThenById() {
        BeamSearch search = BeamSettings.of(3, 9).start();
        search.step(Matrix.wrap(1, 4, new float[4]));
        assertThat(search.parents()).containsExactly(0, 0, 0);
        assertThat(search.tokens()).containsExactly(0, 1, 2);
        search.step(Matrix.wrap(3, 4, new float[] {NONE, 0, NONE, 0, 0, 0, NONE, NONE, NONE, NONE, 0, 0}));
        assertThat(search.parents()).containsExactly(0, 0, 1);
        assertThat(search.tokens()).containsExactly(1, 3, 0);
    }

    @Test
    void beamsThatAreLeftWithoutCandidatesEnd() {
        // After 1 nothing is allowed
        Filter filter = (candidates, step) -> {
            if (step.history().length() > 0 && step.history().last(0) == 1) {
                for (int id = 0; id < candidates.vocabulary(); id++) {
                    candidates.setLogit(id, NONE);
                }
                candidates.settle();
            }
        };
        Sampler sampler = Chain.of(filter).sampler(1);
        BeamSearch search = BeamSettings.of(2, 2).start(sampler);
        search.step(Matrix.wrap(1, 3, logs(0.2, 0.5, 0.3)));
        assertThat(search.tokens()).containsExactly(1, 2);
        search.step(Matrix.wrap(2, 3, logs(0.2, 0.5, 0.3, 0.2, 0.5, 0.3)));
        assertThat(search.isDone()).isTrue();
        assertThat(search.best(2).stream().map(Hypothesis::tokens)).containsExactly(List.of(2, 1), List.of(2, 2));
        assertThat(sampler.history().length()).isZero();
    }

    /** The first group searches alone, and without a penalty all do the same. */
    @Test
    void groupsAreSearchesOfTheirOwn() {
        for (int round = 0; round < 50; round++) {
            Markov model = Markov.random(9, 3, round);
            int[] prompt = {2};
            BeamSettings alone = BeamSettings.of(2, 6, END);
            BeamSearch search = alone.start(prompt);
            run(search, prompt, model::after);
            BeamSearch same = BeamSettings.of(6, 6, END).diverse(3, 0).start(prompt);
            run(same, prompt, model::after);
            List<Hypothesis> thrice = new ArrayList<>();
            for (Hypothesis hypothesis : search.best(2)) {
                thrice.addAll(List.of(hypothesis, hypothesis, hypothesis));
            }
            assertThat(same.best(6)).isEqualTo(thrice);
            BeamSearch diverse = BeamSettings.of(6, 6, END).diverse(3, 2).start(prompt);
            run(diverse, prompt, model::after);
            assertThat(diverse.best(6)).containsAll(search.best(2));
            assertThat(diverse.best(6).stream().distinct().count())
                    .isGreaterThan(thrice.stream().distinct().count());
        }
    }

    /** Logs of .5, .3, .2 are -.69, -1.20, -1.61: what three groups of one beam choose. */
    @ParameterizedTest
    @CsvSource({
        "0,   0 0 0",
        "0.4, 0 0 1", // -.69 -1.09 | -1.49 < -1.20
        "0.6, 0 1 0", // -.69 | -1.29 < -1.20 | -1.29 > -1.80, -1.61
        "1,   0 1 2", // -.69 | -1.69 < -1.20 | -1.61 > -1.69
    })
    void earlierGroupsMakeATokenCostly(double penalty, String chosen) {
        BeamSearch search = BeamSettings.of(3, 9, 7).diverse(3, penalty).start();
        search.step(List.of(Logits.of(logs(0.5, 0.3, 0.2))));
        assertThat(joined(Arrays.stream(search.tokens()).boxed().toList())).isEqualTo(chosen);
        assertThat(search.parents()).containsExactly(0, 0, 0);
        assertThat(search.rows()).isEqualTo(3);
    }

    @Test
    void groupsLeaveTheFirstRowToEachOther() {
        for (double penalty : new double[] {0, 0.6}) {
            Sampler sampler = Chain.of(Filters.temperature(0.5), BeamSearchTest::penaliseRepetition)
                    .sampler(1)
                    .prompt(0);
            BeamSettings settings = BeamSettings.of(3, 9, 7).diverse(3, penalty);
            BeamSearch search = settings.start(sampler);
            search.step(List.of(Logits.of(logs(0.5, 0.3, 0.2))));
            BeamSearch overwriting = settings.start(sampler);
            overwriting.step(List.of(Logits.of(logs(0.5, 0.3, 0.2)).overwritable()));
            assertThat(overwriting.unfinished()).isEqualTo(search.unfinished());
        }
    }

    @Test
    void thePenaltyIsPartOfTheScore() {
        BeamSearch search = BeamSettings.of(2, 9, 7).diverse(2, 0.4).start();
        search.step(List.of(Logits.of(logs(0.5, 0.3, 0.2))));
        assertThat(search.unfinished().get(0).logProbability()).isCloseTo(Math.log(0.5), within(1e-6));
        assertThat(search.unfinished().get(1).logProbability()).isCloseTo(Math.log(0.5) - 0.4, within(1e-6));
        // The second group's own row, where 1 is taken by the first
        search.step(List.of(Logits.of(logs(0.2, 0.6, 0.2)), Logits.of(logs(0.3, 0.4, 0.3))));
        assertThat(search.parents()).containsExactly(0, 1);
        assertThat(search.tokens()).containsExactly(1, 0);
    }

    @Test
    void refusesWhatIsNoSearch() {
        assertThatThrownBy(() -> BeamSettings.of(0, 5)).hasMessageContaining("beams = 0");
        assertThatThrownBy(() -> BeamSettings.of(1, 0)).hasMessageContaining("maxTokens = 0");
        assertThatThrownBy(() -> BeamSettings.of(1, 5, 3, -2)).hasMessageContaining("endTokens = -2");
        BeamSettings settings = BeamSettings.of(4, 5);
        assertThatThrownBy(() -> settings.withLengthPenalty(Double.NaN)).hasMessageContaining("lengthPenalty = NaN");
        assertThatThrownBy(() -> settings.diverse(3, 1)).hasMessageContaining("groups = 3: must divide the 4 beams");
        assertThatThrownBy(() -> settings.diverse(2, -1)).hasMessageContaining("diversityPenalty = -1.0");
        BeamSearch search = BeamSettings.of(2, 1).start(1);
        assertThatThrownBy(() -> search.step(Matrix.zeros(2, 5))).hasMessageContaining("2 rows: must be 1");
        assertThatThrownBy(() -> search.best(3)).hasMessageContaining("n = 3");
        search.step(Matrix.zeros(1, 5));
        assertThatThrownBy(() -> search.step(Matrix.zeros(0, 5))).hasMessageContaining("done");
    }
}
