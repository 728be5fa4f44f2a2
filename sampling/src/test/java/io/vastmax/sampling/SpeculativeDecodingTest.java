package io.vastmax.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.testkit.Allocation;
import io.vastmax.testkit.ChiSquare;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SpeculativeDecodingTest {
    private static final int V = 5;
    private static final int TOKENS = 3;
    private static final int TRIALS = 20_000;
    private static final int[] PROMPT = {4, 2};
    private static final Markov MODEL = Markov.random(V, 2, 11);

    private static final Markov GOOD = MODEL.disturbed(0.4, 3);
    private static final Markov POOR = Markov.random(V, 3, 99);

    /** What drafts. */
    enum Draft {
        GOOD,
        POOR,
        SAME;

        Markov model() {
            return switch (this) {
                case GOOD -> SpeculativeDecodingTest.GOOD;
                case POOR -> SpeculativeDecodingTest.POOR;
                case SAME -> MODEL;
            };
        }
    }

    /**
     * How the target samples.
     *
     * @param name of the case
     * @param chain the target's
     * @param drafting the draft's, another one
     */
    record Case(String name, Chain chain, Chain drafting) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        Chain none = Chain.of();
        Chain truncated = Chain.of(Filters.topK(4), Filters.topP(0.9), Filters.temperature(0.8));
        Chain penalised = Chain.of(SpeculativeDecodingTest::penalise);
        Chain minP = Chain.of(Filters.minP(0.2));
        Chain xtc = Chain.of(Filters.temperature(1.5), Filters.xtc(0.5, 0.1));
        Chain mirostat = none.select(Selectors.mirostat2(1.2, 0.8));
        Chain mirostat1 = none.select(Selectors.mirostat1(1.2, 0.8));
        Chain adaptive = none.select(Selectors.adaptiveP(0.4, 0.8));
        Chain gumbel = none.select(Selectors.gumbel());
        Chain greedy = none.select(Selectors.greedy());
        return Stream.of(
                new Case("none", none, none),
                new Case("none, drafted by truncated", none, truncated),
                new Case("truncated", truncated, truncated),
                new Case("truncated, drafted by none", truncated, none),
                new Case("min-p, drafted by greedy", minP, greedy),
                new Case("penalised", penalised, penalised),
                new Case("penalised, drafted by none", penalised, none),
                new Case("xtc", xtc, xtc),
                new Case("xtc, drafted by none", xtc, none),
                new Case("mirostat", mirostat, mirostat),
                new Case("mirostat, drafted by none", mirostat, none),
                new Case("none, drafted by mirostat", none, mirostat),
                new Case("mirostat 1", mirostat1, mirostat1),
                new Case("adaptive-p", adaptive, adaptive),
                new Case("adaptive-p, drafted by none", adaptive, none),
                new Case("gumbel", gumbel, gumbel),
                new Case("greedy", greedy, greedy),
                new Case("greedy, drafted by none", greedy, none));
    }

    /** Less for each time that a token occurred. */
    private static void penalise(Candidates candidates, SamplingStep step) {
        for (int i = 0; i < step.history().length(); i++) {
            int id = step.history().token(i);
            candidates.setLogit(id, candidates.logitOf(id) - 0.7f);
        }
        candidates.settle();
    }

    /** What the target alone would choose: the probabilities of the next tokens, jointly. */
    private static double[] joint(Case each) {
        double[] joint = new double[(int) Math.pow(V, TOKENS)];
        if (each.name.startsWith("xtc")) {
            List<Chain> both = List.of(
                    Chain.of(Filters.temperature(1.5)), Chain.of(Filters.temperature(1.5), Filters.xtc(1, 0.1)));
            walk(both, samplers(both), new int[0], 1, joint);
        } else {
            walk(List.of(each.chain), samplers(List.of(each.chain)), new int[0], 1, joint);
        }
        return joint;
    }

    private static List<Sampler> samplers(List<Chain> chains) {
        return chains.stream().map(chain -> chain.sampler(0).prompt(PROMPT)).toList();
    }

    /** With samplers that are equally likely at each place. */
    private static void walk(List<Chain> chains, List<Sampler> samplers, int[] tokens, double p, double[] joint) {
        if (tokens.length == TOKENS) {
            joint[index(tokens)] += p;
            return;
        }
        double[] next = new double[V];
        List<Candidates> narrowed = new ArrayList<>();
        for (Sampler sampler : samplers) {
            Candidates candidates = new Candidates();
            candidates.begin(MODEL.rows(sampler.history().toArray()).getFirst());
            sampler.narrow(candidates);
            narrowed.add(candidates);
            for (int v = 0; v < V; v++) {
                next[v] += candidates.probabilityOf(v) / samplers.size();
            }
        }
        for (int v = 0; v < V; v++) {
            if (next[v] > 0) {
                List<Sampler> after = new ArrayList<>();
                for (int i = 0; i < samplers.size(); i++) {
                    Sampler copy = samplers.get(i).copy();
                    copy.accept(v, narrowed.get(i));
                    after.add(copy);
                }
                int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
                longer[tokens.length] = v;
                walk(chains, after, longer, p * next[v], joint);
            }
        }
    }

    private static int index(int[] tokens) {
        int index = 0;
        for (int i = 0; i < TOKENS; i++) {
            index = index * V + tokens[i];
        }
        return index;
    }

    /** Drafts with a sampler; the rows that each draft is chosen from. */
    private static List<Logits> draft(Sampler drafter, Markov model, int g) {
        List<Logits> rows = new ArrayList<>();
        for (int i = 0; i < g; i++) {
            rows.add(Logits.of(model.after(drafter.history().toArray())));
            drafter.sample(rows.get(i));
        }
        return rows;
    }

    private static int[] drafts(Sampler target, Sampler drafter) {
        int from = target.history().length();
        return Arrays.copyOfRange(
                drafter.history().toArray(), from, drafter.history().length());
    }

    private static int[] generated(Sampler sampler) {
        return Arrays.copyOfRange(
                sampler.history().toArray(), PROMPT.length, sampler.history().length());
    }

    /** Both samplers have the same seed, as is allowed. */
    @ParameterizedTest
    @MethodSource("cases")
    void tokensAreDistributedAsThoseOfTheTargetAlone(Case each) {
        double[] joint = joint(each);
        for (Draft draft : Draft.values()) {
            long[] counts = new long[joint.length];
            for (int seed = 0; seed < TRIALS; seed++) {
                Sampler target = each.chain.sampler(seed).prompt(PROMPT);
                Sampler drafter = each.drafting.sampler(seed).prompt(PROMPT);
                SpeculativeDecoding speculation = SpeculativeDecoding.of(target, drafter);
                int g = 1 + seed % 3;
                while (target.position() < TOKENS) {
                    List<Logits> draftRows = draft(drafter, draft.model(), g);
                    List<Logits> rows = MODEL.rows(target.history().toArray(), drafts(target, drafter));
                    speculation.verify(rows, draftRows);
                }
                counts[index(generated(target))]++;
            }
            ChiSquare.check(each + ", " + draft, counts, joint);
        }
    }

    /** The draws of the target are its own, whatever was drafted: a guess, or what it will choose but for one token. */
    @ParameterizedTest
    @MethodSource("cases")
    void comparedDraftsChangeNothing(Case each) {
        PromptLookup lookup = PromptLookup.of(2, 3);
        for (int seed = 0; seed < 200; seed++) {
            Sampler alone = each.chain.sampler(seed).prompt(PROMPT);
            for (int i = 0; i < 30; i++) {
                alone.sample(MODEL.after(alone.history().toArray()));
            }
            Sampler target = each.chain.sampler(seed).prompt(PROMPT);
            SpeculativeDecoding speculation = SpeculativeDecoding.of(target);
            List<Integer> tokens = new ArrayList<>();
            while (target.position() < 20) {
                int[] drafts = lookup.draft(target.history());
                int from = target.history().length();
                int right = seed % 4;
                if (seed % 2 == 0) {
                    drafts = Arrays.copyOfRange(alone.history().toArray(), from, from + 4);
                    drafts[right] = (drafts[right] + 1) % V;
                }
                for (int id : speculation.verify(MODEL.rows(target.history().toArray(), drafts), drafts)) {
                    tokens.add(id);
                }
                if (seed % 2 == 0) {
                    assertThat(speculation.accepted()).isEqualTo(right);
                }
            }
            assertThat(generated(alone)).startsWith(generated(target));
            assertThat(tokens)
                    .isEqualTo(Arrays.stream(generated(target)).boxed().toList());
            alone.rollback((int) (30 - target.position()));
            assertSameState(target, alone);
        }
    }

    /** After each verification the samplers are what they would be had they only seen what was accepted. */
    @ParameterizedTest
    @MethodSource("cases")
    void samplersStandAtWhatWasAccepted(Case each) {
        for (int seed = 0; seed < 50; seed++) {
            Sampler target = each.chain.sampler(seed).prompt(PROMPT);
            Sampler drafter = each.drafting.sampler(seed).prompt(PROMPT);
            Sampler targetReplay = target.copy();
            Sampler drafterReplay = drafter.copy();
            SpeculativeDecoding speculation = SpeculativeDecoding.of(target, drafter);
            for (int round = 0; round < 8; round++) {
                List<Logits> draftRows = draft(drafter, GOOD, round % 4);
                int[] drafts = drafts(target, drafter);
                List<Logits> rows = MODEL.rows(target.history().toArray(), drafts);
                int[] tokens = round % 2 == 0 ? speculation.verify(rows, draftRows) : speculation.verify(rows, drafts);
                assertThat(tokens).hasSize(speculation.accepted() + 1);
                for (int i = 0; i < tokens.length; i++) {
                    replay(targetReplay, rows.get(i), tokens[i]);
                    if (i < speculation.accepted()) {
                        assertThat(tokens[i]).isEqualTo(drafts[i]);
                        replay(drafterReplay, draftRows.get(i), tokens[i]);
                    } else {
                        drafterReplay.accept(tokens[i]);
                    }
                }
                assertSameState(target, targetReplay);
                assertSameState(drafter, drafterReplay);
            }
            target.rollback((int) target.position());
            drafter.rollback((int) drafter.position());
            assertSameState(target, each.chain.sampler(seed).prompt(PROMPT));
            assertSameState(drafter, each.drafting.sampler(seed).prompt(PROMPT));
        }
    }

    private static void replay(Sampler sampler, Logits row, int id) {
        Candidates candidates = new Candidates();
        candidates.begin(row);
        sampler.narrow(candidates);
        sampler.accept(id, candidates);
    }

    private static void assertSameState(Sampler sampler, Sampler other) {
        assertThat(sampler.history().toArray()).isEqualTo(other.history().toArray());
        assertThat(sampler.position()).isEqualTo(other.position());
        assertThat(sampler.step().memory()).isEqualTo(other.step().memory());
        float[] row = MODEL.after(sampler.history().toArray());
        assertThat(sampler.copy().draw(row)).isEqualTo(other.copy().draw(row));
    }

    /** {@code sum_x min(p(x), q(x))}, where p and q are what the filters leave. */
    @ParameterizedTest
    @EnumSource(Draft.class)
    void acceptsWhatTheDistributionsShare(Draft draft) {
        Chain chain = Chain.of(Filters.temperature(0.7), Filters.minP(0.05));
        Chain drafting = Chain.of(Filters.topK(3));
        Candidates p = narrowed(chain, MODEL);
        Candidates q = narrowed(drafting, draft.model());
        double shared = 0;
        for (int v = 0; v < V; v++) {
            shared += Math.min(p.probabilityOf(v), q.probabilityOf(v));
        }
        long accepted = 0;
        for (int seed = 0; seed < TRIALS; seed++) {
            Sampler target = chain.sampler(seed).prompt(PROMPT);
            Sampler drafter = drafting.sampler(seed).prompt(PROMPT);
            SpeculativeDecoding speculation = SpeculativeDecoding.of(target, drafter);
            List<Logits> draftRows = draft(drafter, draft.model(), 1);
            speculation.verify(MODEL.rows(PROMPT, drafts(target, drafter)), draftRows);
            accepted += speculation.accepted();
        }
        ChiSquare.check("accepted", new long[] {TRIALS - accepted, accepted}, new double[] {1 - shared, shared});
    }

    private static Candidates narrowed(Chain chain, Markov model) {
        Candidates candidates = new Candidates();
        candidates.begin(model.rows(PROMPT).getFirst());
        chain.sampler(0).prompt(PROMPT).narrow(candidates);
        return candidates;
    }

    @Test
    void whatTheTargetWouldDrawAsOftenIsAlwaysAccepted() {
        Chain chain = Chain.of(Filters.topP(0.8), SpeculativeDecodingTest::penalise);
        for (int seed = 0; seed < 1000; seed++) {
            Sampler target = chain.sampler(seed).prompt(PROMPT);
            Sampler drafter = chain.sampler(seed + 1).prompt(PROMPT);
            SpeculativeDecoding speculation = SpeculativeDecoding.of(target, drafter);
            List<Logits> draftRows = draft(drafter, MODEL, 4);
            assertThat(speculation.verify(MODEL.rows(PROMPT, drafts(target, drafter)), draftRows))
                    .hasSize(5);
            assertThat(speculation.accepted()).isEqualTo(4);
        }
    }

    /** The likeliest at each place, whatever the seed, the drafts and the way to verify them. */
    @Test
    void greedyVerificationIsGreedyDecoding() {
        Chain greedy = Chain.of(SpeculativeDecodingTest::penalise).select(Selectors.greedy());
        Sampler alone = greedy.sampler(0).prompt(PROMPT);
        for (int i = 0; i < 30; i++) {
            alone.sample(MODEL.after(alone.history().toArray()));
        }
        for (int seed = 1; seed < 100; seed++) {
            Sampler target = greedy.sampler(seed).prompt(PROMPT);
            Sampler drafter = Chain.of().sampler(seed).prompt(PROMPT);
            SpeculativeDecoding speculation = SpeculativeDecoding.of(target, drafter);
            while (target.position() < 20) {
                List<Logits> draftRows = draft(drafter, GOOD, seed % 5);
                int[] drafts = drafts(target, drafter);
                List<Logits> rows = MODEL.rows(target.history().toArray(), drafts);
                if (seed % 2 == 0) {
                    speculation.verify(rows, draftRows);
                } else {
                    speculation.verify(rows, drafts);
                }
            }
            assertThat(generated(alone)).startsWith(generated(target));
        }
    }

    @Test
    void aVerificationCanBeRepeated() {
        for (int seed = 0; seed < 200; seed++) {
            Sampler target = Chain.of().sampler(seed, 3).prompt(PROMPT);
            Sampler drafter = Chain.of().sampler(seed, 4).prompt(PROMPT);
            SpeculativeDecoding speculation = SpeculativeDecoding.of(target, drafter);
            List<Logits> draftRows = draft(drafter, POOR, 3);
            List<Logits> rows = MODEL.rows(PROMPT, drafts(target, drafter));
            int[] tokens = speculation.verify(rows, draftRows);
            int accepted = speculation.accepted();
            target.rollback(tokens.length);
            drafter.rollback(tokens.length);
            draft(drafter, POOR, 3);
            assertThat(speculation.verify(rows, draftRows)).isEqualTo(tokens);
            assertThat(speculation.accepted()).isEqualTo(accepted);
        }
    }

    /** Ids that only one of the two knows: the other gives them no mass. */
    @Test
    void vocabulariesMayDifferInSize() {
        float[] three = {0.5f, 1, 0};
        float[] five = {0, 0.3f, 1, 0.6f, 0.9f};
        for (float[][] pair : new float[][][] {{three, five}, {five, three}}) {
            long[] counts = new long[V];
            for (int seed = 0; seed < TRIALS; seed++) {
                Sampler target = Chain.of().sampler(seed);
                Sampler drafter = Chain.of().sampler(seed);
                List<Logits> draftRows = List.of(Logits.of(pair[1]));
                drafter.sample(draftRows.getFirst());
                List<Logits> rows = List.of(Logits.of(pair[0]), Logits.of(pair[0]));
                counts[SpeculativeDecoding.of(target, drafter).verify(rows, draftRows)[0]]++;
            }
            double[] p = Markov.logSoftmax(pair[0]);
            double[] expected = new double[V];
            for (int v = 0; v < p.length; v++) {
                expected[v] = Math.exp(p[v]);
            }
            ChiSquare.check(Arrays.toString(pair[0]), counts, expected);
        }
    }

    @Test
    void stopsBehindAnEndToken() {
        float[] sure = {0, -100, -100};
        float[] other = {-100, 0, -100};
        Sampler target = Chain.of().sampler(1);
        Sampler drafter = Chain.of().sampler(1);
        SpeculativeDecoding speculation =
                SpeculativeDecoding.of(target, drafter).endingWith(1);
        List<Logits> draftRows = List.of(Logits.of(sure), Logits.of(other), Logits.of(sure));
        List<Logits> rows = List.of(Logits.of(sure), Logits.of(other), Logits.of(sure), Logits.of(sure));
        for (boolean compared : new boolean[] {false, true}) {
            draftRows.forEach(drafter::sample);
            int[] tokens = compared ? speculation.verify(rows, 0, 1, 0) : speculation.verify(rows, draftRows);
            assertThat(tokens).containsExactly(0, 1);
            assertThat(speculation.accepted()).isEqualTo(2);
            assertThat(target.history().toArray()).containsExactly(0, 1);
            assertThat(drafter.history().toArray()).containsExactly(0, 1);
            target.rollback(2);
            drafter.rollback(2);
        }
    }

    /** Whoever listens decides behind each token whether it is the last, and no later row is looked at. */
    @Test
    void stopsWhereItIsTold() {
        Logits sure = Logits.of(0, -100, -100);
        Logits none = Logits.of(Float.NaN, Float.NaN, Float.NaN);
        for (int stop = 1; stop <= 3; stop++) {
            for (boolean compared : new boolean[] {false, true}) {
                int last = stop;
                Sampler target = Chain.of().sampler(1);
                Sampler drafter = Chain.of().sampler(1);
                List<Integer> told = new ArrayList<>();
                SpeculativeDecoding speculation = SpeculativeDecoding.of(target, drafter)
                        .until(id -> {
                            told.add(id);
                            assertThat(target.history().length()).isEqualTo(told.size());
                            return told.size() == last;
                        });
                drafter.sample(sure);
                drafter.sample(sure);
                List<Logits> rows = List.of(sure, stop > 1 ? sure : none, stop > 2 ? sure : none);
                int[] tokens =
                        compared ? speculation.verify(rows, 0, 0) : speculation.verify(rows, List.of(sure, sure));
                assertThat(tokens).hasSize(stop);
                assertThat(told).hasSize(stop);
                assertThat(speculation.accepted()).isEqualTo(Math.min(stop, 2));
                assertThat(drafter.history().toArray())
                        .isEqualTo(target.history().toArray());
            }
        }
    }

    /** Each token has the score that it would have without drafts: of its row, and of what the chain left of that. */
    @ParameterizedTest
    @MethodSource("cases")
    void tokensAreScoredUnderTheTarget(Case each) {
        for (int seed = 0; seed < 50; seed++) {
            Sampler target = each.chain.sampler(seed).prompt(PROMPT);
            Sampler drafter = each.drafting.sampler(seed).prompt(PROMPT);
            Sampler plain = each.chain.sampler(seed).prompt(PROMPT);
            SpeculativeDecoding speculation =
                    SpeculativeDecoding.of(target, drafter).scoring(2);
            for (int round = 0; round < 5; round++) {
                List<Logits> draftRows = draft(drafter, GOOD, round % 4);
                int[] drafts = drafts(target, drafter);
                List<Logits> rows = MODEL.rows(target.history().toArray(), drafts);
                int[] tokens = round % 2 == 0 ? speculation.verify(rows, draftRows) : speculation.verify(rows, drafts);
                List<ScoredToken> expected = new ArrayList<>();
                for (int i = 0; i < tokens.length; i++) {
                    Candidates chain = new Candidates();
                    chain.begin(rows.get(i));
                    plain.narrow(chain);
                    expected.add(ScoredToken.of(tokens[i], rows.get(i), chain, 2));
                    plain.accept(tokens[i], chain);
                }
                assertThat(speculation.scores()).isEqualTo(expected);
            }
        }
        assertThat(SpeculativeDecoding.of(Chain.of().sampler(1)).scores()).isEmpty();
    }

    @Test
    void scoresOfComparedDraftsAreThoseOfTheSampler() {
        Chain chain = Chain.of(Filters.topK(4), Filters.temperature(0.8));
        Sampler plain = chain.sampler(3).prompt(PROMPT);
        Sampler target = chain.sampler(3).prompt(PROMPT);
        SpeculativeDecoding speculation = SpeculativeDecoding.of(target).scoring(3);
        for (int i = 0; i < 20; i++) {
            List<Logits> rows = MODEL.rows(target.history().toArray(), i % V);
            speculation.verify(rows, i % V);
            for (int token = 0; token < speculation.scores().size(); token++) {
                assertThat(speculation.scores().get(token)).isEqualTo(plain.sampleScored(rows.get(token), 3));
            }
        }
        assertThatThrownBy(() -> speculation.scoring(-1)).hasMessage("likeliest = -1: must not be negative");
    }

    @Test
    void allocatesLittleMoreThanTheTokens() {
        Chain chain = Chain.of(Filters.topK(4), Filters.topP(0.9)).select(Selectors.mirostat2(1.2, 0.8));
        Sampler target = chain.sampler(5).prompt(PROMPT);
        Sampler drafter = chain.sampler(5).prompt(PROMPT);
        SpeculativeDecoding speculation = SpeculativeDecoding.of(target, drafter);
        List<Logits> draftRows = draft(drafter, POOR, 4);
        List<Logits> rows = MODEL.rows(PROMPT, drafts(target, drafter));
        drafter.rollback(4);
        long bytes = Allocation.bytesOnceWarm(() -> {
            for (int i = 0; i < 4; i++) {
                drafter.sample(draftRows.get(i));
            }
            int[] tokens = speculation.verify(rows, draftRows);
            target.rollback(tokens.length);
            drafter.rollback(tokens.length);
        });
        // An array of at most five ints
        assertThat(bytes).isLessThanOrEqualTo(16 + 5 * Integer.BYTES + 4);
    }

    @Test
    void refusesWhatWasNotDrafted() {
        Sampler target = Chain.of().sampler(1).prompt(PROMPT);
        Sampler drafter = Chain.of(Filters.topK(1)).sampler(1).prompt(PROMPT);
        SpeculativeDecoding speculation = SpeculativeDecoding.of(target, drafter);
        Logits row = Logits.of(0, 1, 2);
        assertThatThrownBy(() -> SpeculativeDecoding.of(target, target)).hasMessageContaining("another sampler");
        assertThatThrownBy(() -> SpeculativeDecoding.of(target).verify(List.of(row, row), List.of(row)))
                .hasMessageContaining("no draft sampler");
        assertThatThrownBy(() -> speculation.verify(List.of(row, row), List.of(row)))
                .hasMessageContaining("position 0: must be at 1");
        drafter.accept(1);
        assertThatThrownBy(() -> speculation.verify(List.of(row), List.of(row)))
                .hasMessageContaining("1 rows: must be 2");
        assertThatThrownBy(() -> speculation.verify(List.of(row, row), 2)).hasMessageContaining("drafted[0] = 2");
        assertThatThrownBy(() -> speculation.verify(List.of(row, row), List.of(row)))
                .hasMessageContaining("token 1 at position 0 has the probability 0");
    }

    @Test
    void probabilitiesOfTokensAreThoseOfCandidates() {
        Candidates candidates = new Candidates();
        candidates.begin(Logits.of(1, Float.NEGATIVE_INFINITY, 3, 2));
        candidates.temper(2);
        double[] whole = new double[6];
        for (int id = 0; id < 6; id++) {
            whole[id] = candidates.probabilityOf(id);
        }
        candidates.id(0);
        for (int id = 0; id < 6; id++) {
            assertThat(candidates.probabilityOf(id)).isCloseTo(whole[id], within(1e-6));
        }
        assertThat(whole[1] + whole[4] + whole[5]).isZero();
        assertThat(whole[0] + whole[2] + whole[3]).isCloseTo(1, within(1e-6));
    }
}
