package io.vastmax.sampling;

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
import static io.vastmax.sampling.Selectors.adaptiveP;
import static io.vastmax.sampling.Selectors.categorical;
import static io.vastmax.sampling.Selectors.greedy;
import static io.vastmax.sampling.Selectors.gumbel;
import static io.vastmax.sampling.Selectors.mirostat1;
import static io.vastmax.sampling.Selectors.mirostat2;
import static org.assertj.core.api.Assertions.assertThat;

import io.vastmax.testkit.Allocation;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Choosing a token of a large vocabulary allocates nothing, once it is warm. */
class AllocationTest {
    private static final int VOCABULARY = 131_072;

    private final float[] logits = Filtering.random(VOCABULARY, true, false, 1);

    static Stream<Filter> filters() {
        return Stream.of(
                temperature(0.8),
                dynamicTemperature(0.8, 0.4, 1.3),
                topK(40),
                topKWithTies(40),
                topP(0.95),
                minP(0.05),
                typical(0.95),
                typicalWithTies(0.95),
                typicalBeyond(0.95),
                epsilon(1e-4),
                eta(1e-4),
                topNSigma(1),
                topA(0.2),
                tailFree(0.95),
                topH(0.4),
                topHOfHundred(0.4),
                xtc(0.5, 0.001));
    }

    @ParameterizedTest
    @MethodSource("filters")
    void filtersAllocateNothing(Filter filter) {
        allocatesNothing(Chain.of(filter));
    }

    static Stream<Selector> selectors() {
        return Stream.of(categorical(), greedy(), gumbel(), mirostat1(5, 0.1), mirostat2(5, 0.1), adaptiveP(0.3, 0.9));
    }

    @ParameterizedTest
    @MethodSource("selectors")
    void selectorsAllocateNothing(Selector selector) {
        allocatesNothing(Chain.of().select(selector));
        allocatesNothing(Chain.of(topK(100), minP(0.01)).select(selector));
    }

    @Test
    void drawsWithoutReplacementAllocateNothing() {
        Sampler sampler = Chain.of().sampler(1);
        Logits source = Logits.of(logits);
        int[] ids = new int[100];
        assertThat(Allocation.bytesOnceWarm(() -> sampler.drawWithoutReplacement(source, ids)))
                .isZero();
    }

    /** The history, which grows with its tokens, does not grow here. */
    private void allocatesNothing(Chain chain) {
        Sampler sampler = chain.sampler(1);
        assertThat(Allocation.bytesOnceWarm(() -> {
                    sampler.sample(logits);
                    sampler.rollback(1);
                }))
                .as("%s", chain)
                .isZero();
    }
}
