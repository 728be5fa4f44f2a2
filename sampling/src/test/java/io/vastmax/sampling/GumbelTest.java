package io.vastmax.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.testkit.ChiSquare;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Gumbel-max, and draws without replacement, which are the same noise. */
class GumbelTest {
    private static final double[] SHARES = {0.1, 0.4, 0, 0.3, 0.2};

    private final Chain chain = Chain.of().select(Selectors.gumbel());

    @Test
    void drawsByProbability() {
        Draws.check(chain, Filtering.logits(SHARES), 200_000, SHARES);
        Draws.check(Chain.of(), Filtering.logits(SHARES), 200_000, SHARES);
    }

    @Test
    void drawsByProbabilityBehindFilters() {
        Chain filtered = Chain.of(Filters.temperature(0.5), Filters.topK(3)).select(Selectors.gumbel());
        Draws.check(filtered, Filtering.logits(SHARES), 100_000, 0, 16 / 29., 0, 9 / 29., 4 / 29.);
        Draws.check(
                filtered.select(Selectors.categorical()),
                Filtering.logits(SHARES),
                100_000,
                0,
                16 / 29.,
                0,
                9 / 29.,
                4 / 29.);
    }

    @Test
    void drawsImprobableTokensAsOftenAsTheyShould() {
        double[] shares = {1 - 7e-5, 1e-5, 2e-5, 4e-5};
        Draws.check(chain, Filtering.logits(shares), 2_000_000, shares);
        double[] many = new double[600];
        Arrays.fill(many, 0.1 / 599);
        many[123] = 0.9;
        Draws.check(chain, Filtering.logits(many), 100_000, many);
    }

    /** The winner's exponential noise is as small as its probability: down there it is as precise as elsewhere. */
    @Test
    void noiseIsPreciseWhereItDecides() {
        int[] ids = IntStream.range(0, 1 << 16).toArray();
        float[] noise = new float[ids.length];
        double least = Double.POSITIVE_INFINITY;
        for (int sequence = 0; sequence < 8; sequence++) {
            SamplingStep step = new SamplingStep(3, sequence);
            step.minusGumbel(ids, noise, ids.length);
            for (int id : ids) {
                double exponential = -StrictMath.log1p(-step.uniformOf(id));
                assertThat(StrictMath.exp(noise[id])).isCloseTo(exponential, within(4e-6 * exponential + 0x1p-52));
                least = Math.min(least, exponential);
            }
        }
        assertThat(least).isBetween(1e-8, 1e-4);
    }

    @Test
    void aTokenThatWinsAlsoWinsAmongFewer() {
        float[] logits = Filtering.random(100, true, true, 4);
        Sampler sampler = chain.sampler(6);
        for (int i = 0; i < 200; i++) {
            int winner = sampler.draw(logits);
            float[] fewer = logits.clone();
            for (int id = i % 3; id < fewer.length; id += 3) {
                fewer[id] = id == winner ? fewer[id] : Float.NEGATIVE_INFINITY;
            }
            assertThat(sampler.draw(fewer)).isEqualTo(winner);
            sampler.accept(winner);
        }
    }

    /** So that a change of the noise does not go unnoticed. */
    @Test
    void drawsTheSameTokensEverywhere() {
        Sampler sampler = chain.sampler(2026);
        float[] logits = Filtering.random(1000, false, false, 1);
        int[] drawn = IntStream.range(0, 12).map(i -> sampler.sample(logits)).toArray();
        assertThat(drawn).containsExactly(260, 956, 116, 116, 299, 3, 956, 436, 382, 3, 563, 362);
    }

    @Test
    void drawsPairsWithoutReplacement() {
        double[] shares = {0.5, 0.2, 0.05, 0, 0.25};
        float[] logits = Filtering.logits(shares);
        Sampler sampler = Chain.of().sampler(9);
        long[] counts = new long[25];
        double[] pairs = new double[25];
        int[] pair = new int[2];
        Logits source = Logits.of(logits);
        for (int i = 0; i < 200_000; i++) {
            assertThat(sampler.drawWithoutReplacement(source, pair)).isEqualTo(2);
            counts[5 * pair[0] + pair[1]]++;
            sampler.accept(pair[0]);
        }
        for (int i = 0; i < 25; i++) {
            double first = shares[i / 5];
            pairs[i] = i / 5 == i % 5 ? 0 : first * shares[i % 5] / (1 - first);
        }
        ChiSquare.check("pairs", counts, pairs);
    }

    @Test
    void moreDrawsContinueFewer() {
        float[] logits = Filtering.random(300, true, false, 8);
        Sampler sampler = Chain.of(Filters.topK(100), Filters.temperature(0.8)).sampler(3);
        int[] all = sampler.drawWithoutReplacement(1000, logits);
        assertThat(all).hasSize(100).doesNotHaveDuplicates();
        assertThat(all).containsExactlyInAnyOrder(Filtering.kept(logits, Filters.topK(100)));
        assertThat(sampler.drawWithoutReplacement(7, logits)).containsExactly(Arrays.copyOf(all, 7));
        assertThat(sampler.position()).isZero();
        assertThat(sampler.history().length()).isZero();
        Sampler gumbel = sampler.chain().select(Selectors.gumbel()).sampler(3);
        assertThat(gumbel.draw(logits)).isEqualTo(all[0]);
    }

    @Test
    void refusesToDrawNone() {
        Sampler sampler = Chain.of().sampler(3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sampler.drawWithoutReplacement(0, 1, 2))
                .withMessageContaining("k = 0");
    }
}
