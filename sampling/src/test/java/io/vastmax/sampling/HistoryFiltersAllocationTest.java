package io.vastmax.sampling;

import static io.vastmax.sampling.Constraints.allow;
import static io.vastmax.sampling.Constraints.ban;
import static io.vastmax.sampling.Constraints.banSequences;
import static io.vastmax.sampling.Constraints.bias;
import static io.vastmax.sampling.Constraints.constraint;
import static io.vastmax.sampling.Constraints.guidance;
import static io.vastmax.sampling.Constraints.minLength;
import static io.vastmax.sampling.Constraints.vocabulary;
import static io.vastmax.sampling.HistoryFiltering.ids;
import static io.vastmax.sampling.Penalties.dry;
import static io.vastmax.sampling.Penalties.frequency;
import static io.vastmax.sampling.Penalties.noRepeatNgram;
import static io.vastmax.sampling.Penalties.presence;
import static io.vastmax.sampling.Penalties.repetition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.vastmax.testkit.Allocation;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Filters over a large vocabulary and a long history allocate nothing once they are warm. */
class HistoryFiltersAllocationTest {
    private static final int VOCABULARY = 131_072;
    private static final Constraint EVEN = (history, mask) -> {
        for (int id = 0; id < mask.vocabulary(); id += 2) {
            mask.allow(id);
        }
    };

    static Stream<Arguments> chains() {
        float[] logits = random(2);
        return Stream.of(
                arguments(Chain.of(
                        repetition(1.1, 64),
                        frequency(.2),
                        presence(.2, Scope.generated()),
                        dry(.8, 1.75, 2, Scope.all(), 13, 198),
                        noRepeatNgram(4))),
                arguments(Chain.of(Filters.topK(40), frequency(.2), dry(.8, 1.75, 2, Scope.last(512)))),
                arguments(Chain.of(
                        vocabulary(131_000),
                        bias(Map.of(5, 1.0, 70_000, -2.0)),
                        ban(1, 2, 3),
                        banSequences(ids(5), ids(1, 2, 3)),
                        minLength(1_000, 2),
                        constraint(EVEN))),
                arguments(Chain.of(guidance(fixed(Logits.of(logits)), 1.5), allow(1, 2, 3))));
    }

    @ParameterizedTest
    @MethodSource("chains")
    void allocateNothing(Chain chain) {
        Sampler sampler = chain.sampler(1).prompt(text());
        float[] logits = random(1);
        Runnable step = () -> {
            sampler.sample(logits);
            sampler.rollback(1);
        };
        assertThat(Allocation.bytesOnceWarm(step)).isZero();
    }

    private static Supplier<Logits> fixed(Logits logits) {
        return () -> logits;
    }

    private static int[] text() {
        SplittableRandom random = new SplittableRandom(3);
        return random.ints(3_000, 0, 300).map(id -> id * 400).toArray();
    }

    private static float[] random(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] logits = new float[VOCABULARY];
        for (int id = 0; id < VOCABULARY; id++) {
            logits[id] = (float) random.nextDouble(-8, 8);
        }
        return logits;
    }
}
