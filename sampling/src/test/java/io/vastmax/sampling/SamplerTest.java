package io.vastmax.sampling;

import static io.vastmax.sampling.Filters.minP;
import static io.vastmax.sampling.Filters.temperature;
import static io.vastmax.sampling.Filters.topK;
import static io.vastmax.sampling.Filters.topP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.Matrix;
import io.vastmax.Workspace;
import io.vastmax.sampling.ScoredToken.TokenLogProb;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
    private static final Chain DEFAULT = Chain.of(topK(40), topP(0.95), minP(0.05), temperature(0.8));

    /** Remembers the sum of what it chose, and draws with it. */
    private enum Summing implements Selector {
        INSTANCE;

        @Override
        public int memory() {
            return 2;
        }

        @Override
        public void begin(double[] memory) {
            memory[0] = 1;
        }

        @Override
        public int draw(Candidates candidates, SamplingStep step) {
            return (int) step.memory()[0] % candidates.vocabulary();
        }

        @Override
        public void chosen(int id, Candidates candidates, SamplingStep step) {
            step.memory()[0] += id + 1;
            step.memory()[1]++;
        }
    }

    static float[] normal(int length, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] logits = new float[length];
        for (int i = 0; i < length; i++) {
            logits[i] = (float) (3 * random.nextGaussian());
        }
        return logits;
    }

    /** Computed apart from this code, in double precision: whoever changes them breaks what people have written down. */
    @Test
    void aSeedGivesTheseTokensOnEveryPlatform() {
        float[] logits = new float[50];
        for (int i = 0; i < 50; i++) {
            logits[i] = (i * 37 % 50) / 10f;
        }
        Sampler sampler = DEFAULT.sampler(42);
        List<Integer> tokens = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            tokens.add(sampler.sample(logits));
        }
        assertThat(tokens).containsExactly(47, 4, 27, 27, 32, 27, 47, 40, 35, 31, 27, 27);
    }

    @Test
    void aDrawDependsOnSeedSequenceAndPositionAlone() {
        float[] logits = normal(1000, 1);
        float[] others = normal(500, 2);
        Sampler alone = Chain.of().sampler(7, 3);
        int[] expected = new int[10];
        for (int i = 0; i < 10; i++) {
            expected[i] = alone.sample(logits);
        }
        Sampler again = Chain.of(temperature(1)).sampler(7, 3);
        Sampler other = Chain.of().sampler(7, 4);
        boolean differs = false;
        for (int i = 0; i < 10; i++) {
            other.sample(others);
            assertThat(again.draw(logits)).isEqualTo(expected[i]);
            assertThat(again.sample(logits)).isEqualTo(expected[i]);
            differs |= other.draw(logits) != expected[i];
        }
        assertThat(differs).isTrue();
        // Tokens that were forced move the position on like others
        Sampler forced = Chain.of().sampler(7, 3);
        for (int i = 0; i < 5; i++) {
            forced.accept(0);
        }
        assertThat(forced.sample(logits)).isEqualTo(expected[5]);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void aBatchChoosesWhatItsSamplersWouldChooseAlone(int threads) {
        int n = 9;
        Matrix logits = Matrix.wrap(n, 700, normal(n * 700, 3));
        List<Sampler> samplers = new ArrayList<>();
        List<Sampler> alone = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            Chain chain = i % 2 == 0 ? DEFAULT : Chain.of(topP(0.5)).select(Summing.INSTANCE);
            samplers.add(chain.sampler(i, 100 + i));
            alone.add(chain.sampler(i, 100 + i));
        }
        BatchSampler batch = new BatchSampler(samplers);
        int[] tokens = new int[n];
        List<Logits> rows = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            rows.add(Logits.row(logits, i));
        }
        try (Workspace workspace = Workspace.ofThreads(threads)) {
            for (int step = 0; step < 6; step++) {
                if (step % 2 == 0) {
                    batch.sample(logits, tokens, workspace);
                } else {
                    batch.sample(rows, tokens, workspace);
                }
                for (int i = 0; i < n; i++) {
                    assertThat(tokens[i]).isEqualTo(alone.get(i).sample(rows.get(i)));
                }
            }
            assertThatThrownBy(() -> batch.sample(logits, new int[3], workspace))
                    .hasMessage("out has 3 rows, but there are 9 samplers");
            assertThatThrownBy(() -> batch.sample(rows.subList(0, 2), tokens, workspace))
                    .hasMessage("logits has 2 rows, but there are 9 samplers");
        }
        assertThatThrownBy(() -> new BatchSampler(List.of(samplers.get(0), samplers.get(1), samplers.get(0))))
                .hasMessage("samplers[2] is samplers[0]: each sequence needs its own");
    }

    @Test
    void copiesAndRollsBackExactly() {
        float[] logits = normal(100, 4);
        for (Chain chain : List.of(DEFAULT, Chain.of().select(Summing.INSTANCE))) {
            Sampler straight = chain.sampler(5).prompt(1, 2, 3);
            int[] expected = new int[40];
            for (int i = 0; i < 40; i++) {
                expected[i] = straight.sample(logits);
            }
            Sampler sampler = chain.sampler(5).prompt(1, 2, 3);
            Sampler copy = sampler.copy();
            for (int i = 0; i < 30; i++) {
                assertThat(sampler.sample(logits)).isEqualTo(expected[i]);
                if (i == 17) {
                    copy = sampler.copy();
                }
            }
            sampler.rollback(25);
            assertThat(sampler.history().length()).isEqualTo(8);
            for (int i = 5; i < 40; i++) {
                assertThat(sampler.sample(logits)).isEqualTo(expected[i]);
            }
            for (int i = 18; i < 40; i++) {
                assertThat(copy.sample(logits)).isEqualTo(expected[i]);
            }
            assertThat(copy.history().toArray()).isEqualTo(straight.history().toArray());
            Sampler at = copy;
            assertThatThrownBy(() -> at.rollback(41)).hasMessageContaining("tokens = 41: must be from 0 to the 40");
            assertThatThrownBy(() -> at.prompt(1)).hasMessageContaining("40 tokens were chosen");
        }
    }

    @Test
    void aSelectorLearnsFromWhatItDrewOnly() {
        float[] logits = normal(10, 4);
        Sampler sampler = Chain.of().select(Summing.INSTANCE).sampler(5);
        assertThat(sampler.draw(logits)).isEqualTo(1);
        sampler.accept(4);
        assertThat(sampler.step().memory()).containsExactly(1, 0);
        assertThat(sampler.draw(logits)).isEqualTo(1);
        sampler.accept(1);
        assertThat(sampler.step().memory()).containsExactly(3, 1);
        sampler.rollback(1);
        assertThat(sampler.step().memory()).containsExactly(1, 0);
        assertThat(sampler.history().toArray()).containsExactly(4);
    }

    /** What was drawn before a draw that failed is forgotten. */
    @Test
    void aDrawThatFailsLeavesNothingToLearnFrom() {
        Sampler sampler =
                Chain.of(Constraints.ban(0)).select(Selectors.mirostat2(1, 0.5)).sampler(1);
        int drawn = sampler.draw(0, 1, 2);
        assertThatThrownBy(() -> sampler.draw(1, Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY))
                .isInstanceOf(NoCandidatesException.class);
        sampler.accept(drawn);
        assertThat(sampler.step().memory()).containsExactly(2);
    }

    @Test
    void candidatesRefuseWhatHasNoMeaning() {
        Filter unsettled = (candidates, step) -> {
            candidates.setLogit(0, Float.NEGATIVE_INFINITY);
            candidates.setLogit(1, Float.NEGATIVE_INFINITY);
        };
        assertThatThrownBy(() -> Chain.of(unsettled).sampler(1).sample(1, 2)).isInstanceOf(NoCandidatesException.class);
        assertThatThrownBy(() -> Chain.of((candidates, step) -> candidates.keepTop(0))
                        .sampler(1)
                        .sample(1, 2))
                .hasMessage("k = 0: must be positive");
        assertThatThrownBy(() -> Chain.of((candidates, step) -> candidates.keepBelow(0))
                        .sampler(1)
                        .sample(1, 2))
                .hasMessage("limit = 0: must be positive");
        assertThatThrownBy(() -> Chain.of((candidates, step) -> candidates.keepAtLeast(Double.NaN))
                        .sampler(1)
                        .sample(1, 2))
                .hasMessage("least = NaN: must be a number");
        assertThatThrownBy(() -> Chain.of(topK(1), (candidates, step) -> candidates.rankOf(0))
                        .sampler(1)
                        .sample(1, 2))
                .hasMessage("id = 0: is no candidate");
        assertThatThrownBy(() -> Chain.of().sampler(1).accept(-5)).hasMessage("id = -5: must not be negative");
    }

    @Test
    void scoresTokensBeforeAndAfterTheChain() {
        float[] logits = logs(0.1, 0.4, 0.05, 0.4, 0.05);
        ScoredToken token = Chain.of(topK(1)).sampler(1).sampleScored(Logits.of(logits), 3);
        assertThat(token.id()).isEqualTo(1);
        assertThat(token.logProb()).isCloseTo(Math.log(0.4), within(1e-6));
        assertThat(token.rank()).isEqualTo(1);
        assertThat(token.chainLogProb()).isCloseTo(0, within(1e-9));
        assertThat(token.top()).extracting(TokenLogProb::id).containsExactly(1, 3, 0);
        assertThat(token.top().get(2).logProb()).isCloseTo(Math.log(0.1), within(1e-6));
        Filter without = (candidates, step) -> {
            candidates.setLogit(1, Float.NEGATIVE_INFINITY);
            candidates.settle();
        };
        ScoredToken second = Chain.of(without, topK(1)).sampler(1).sampleScored(Logits.of(logits), 0);
        assertThat(second.id()).isEqualTo(3);
        assertThat(second.rank()).isEqualTo(2);
        assertThat(second.chainRank()).isEqualTo(1);
        assertThat(second.logProb()).isCloseTo(Math.log(0.4), within(1e-6));
        assertThat(second.top()).isEmpty();
    }

    @Test
    void explainsWhatEachFilterKept() {
        float[] logits = logs(0.1, 0.4, 0.05, 0.3, 0.15);
        Sampler sampler = Chain.of(topK(3), temperature(0.5), minP(0.5)).sampler(1);
        Explanation explanation = sampler.explain(Logits.of(logits), 5);
        assertThat(explanation.stages())
                .extracting(Explanation.Stage::name)
                .containsExactly("logits", "top-k 3", "temperature 0.5", "min-p 0.5", "categorical");
        assertThat(explanation.stages())
                .extracting(Explanation.Stage::candidates)
                .containsExactly(5, 3, 3, 2, 2);
        double[] kept = {1, 0.85, 1, 0.25 / 0.2725, 1};
        double[] mass = {1, 0.85, 0.85, 0.7, 0.7};
        for (int i = 0; i < 5; i++) {
            assertThat(explanation.stages().get(i).kept()).isCloseTo(kept[i], within(1e-6));
            assertThat(explanation.stages().get(i).mass()).isCloseTo(mass[i], within(1e-6));
        }
        assertThat(explanation.stages().get(4).highest()).isCloseTo(0.64, within(1e-6));
        double entropy = -0.64 * Math.log(0.64) - 0.36 * Math.log(0.36);
        assertThat(explanation.stages().get(4).entropy()).isCloseTo(entropy, within(1e-6));
        assertThat(explanation.candidates())
                .extracting(Explanation.Candidate::id)
                .containsExactly(1, 3);
        assertThat(explanation.candidates().get(1).raw()).isCloseTo(0.3, within(1e-6));
        assertThat(explanation.candidates().get(1).probability()).isCloseTo(0.36, within(1e-6));
        assertThat(sampler.position()).isZero();
    }

    @Test
    void aChainRefusesToGoOnWithNothing() {
        Filter nothing = new Filter() {
            @Override
            public void apply(Candidates candidates, SamplingStep step) {
                candidates.keepAllowed(step.emptyMask(candidates.vocabulary()));
            }

            @Override
            public String toString() {
                return "nothing";
            }
        };
        Sampler sampler = Chain.of(topK(2), nothing).sampler(1);
        assertThatThrownBy(() -> sampler.sample(1, 2, 3))
                .isInstanceOf(NoCandidatesException.class)
                .hasMessage("nothing left no candidate of 3 tokens at position 0");
        assertThat(sampler.history().length()).isZero();
        assertThatThrownBy(() -> Chain.of().sampler(1, -1)).hasMessage("sequence = -1: must not be negative");
    }

    static float[] logs(double... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.log(probabilities[i]);
        }
        return logits;
    }
}
