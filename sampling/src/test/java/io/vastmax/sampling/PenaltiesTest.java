package io.vastmax.sampling;

import static io.vastmax.sampling.HistoryFiltering.MASKED;
import static io.vastmax.sampling.HistoryFiltering.after;
import static io.vastmax.sampling.HistoryFiltering.ids;
import static io.vastmax.sampling.Penalties.frequency;
import static io.vastmax.sampling.Penalties.noRepeatNgram;
import static io.vastmax.sampling.Penalties.presence;
import static io.vastmax.sampling.Penalties.repetition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PenaltiesTest {
    private static final float BIG = Float.MAX_VALUE;

    // Logits by id:                                  0   1   2  3   4
    private static final float[] LOGITS = new float[] {4, -4, 0, 1, MASKED};

    // Oldest first
    private static final int[] PROMPT = ids(0, 1, 3, 4);
    private static final int[] GENERATED = ids(1, 1, 2, 0);

    private static final Scope LAST_GENERATED = new Scope(2, false);

    static Stream<Arguments> table() {
        return Stream.of(
                arguments(repetition(2), row(2, -8, 0, .5f, MASKED)),
                arguments(repetition(.5), row(8, -2, 0, 2, MASKED)),
                arguments(repetition(1), LOGITS),
                arguments(repetition(2, 1), row(2, -4, 0, 1, MASKED)),
                arguments(repetition(2, 3), row(2, -8, 0, 1, MASKED)),
                arguments(repetition(2, 5), row(2, -8, 0, 1, MASKED)),
                arguments(repetition(2, 6), row(2, -8, 0, .5f, MASKED)),
                arguments(repetition(2, 100), row(2, -8, 0, .5f, MASKED)),
                arguments(repetition(2, Scope.generated()), row(2, -8, 0, 1, MASKED)),
                arguments(repetition(2, LAST_GENERATED), row(2, -4, 0, 1, MASKED)),
                arguments(repetition(1e-60), row(BIG, -0f, 0, BIG, MASKED)),
                arguments(repetition(1e60), row(0, -BIG, 0, 0, MASKED)),
                arguments(frequency(.5), row(3, -5.5f, -.5f, .5f, MASKED)),
                arguments(frequency(-.5), row(5, -2.5f, .5f, 1.5f, MASKED)),
                arguments(frequency(0), LOGITS),
                arguments(frequency(.5, 3), row(3.5f, -4.5f, -.5f, 1, MASKED)),
                arguments(frequency(.5, Scope.generated()), row(3.5f, -5, -.5f, 1, MASKED)),
                arguments(frequency(.5, LAST_GENERATED), row(3.5f, -4, -.5f, 1, MASKED)),
                arguments(frequency(1e60), row(-BIG, -BIG, -BIG, -BIG, MASKED)),
                arguments(presence(.5), row(3.5f, -4.5f, -.5f, .5f, MASKED)),
                arguments(presence(-1), row(5, -3, 1, 2, MASKED)),
                arguments(presence(0), LOGITS),
                arguments(presence(.5, 2), row(3.5f, -4, -.5f, 1, MASKED)),
                arguments(presence(.5, Scope.generated()), row(3.5f, -4.5f, -.5f, 1, MASKED)));
    }

    @ParameterizedTest
    @MethodSource("table")
    void penalisesWhatOccurred(Filter filter, float[] expected) {
        assertThat(after(filter, PROMPT, GENERATED, LOGITS)).isEqualTo(expected);
    }

    @Test
    void nothingOccurredBeforeTheFirstToken() {
        for (Filter filter : List.of(repetition(2), frequency(1), presence(1), noRepeatNgram(1))) {
            assertThat(after(filter, ids(), ids(), LOGITS)).isEqualTo(LOGITS);
            Filter generated = repetition(2, Scope.generated());
            assertThat(after(generated, PROMPT, ids(), LOGITS)).isEqualTo(LOGITS);
        }
    }

    @Test
    void theyActOnLogitsWithTheirTemperature() {
        Chain chain = Chain.of(Filters.temperature(.5), frequency(1), presence(2));
        Candidates candidates = new Candidates();
        candidates.begin(LOGITS.clone(), 0, 5);
        HistoryFiltering.sampler(chain, PROMPT, GENERATED).filter(candidates);
        assertThat(HistoryFiltering.row(candidates, 5)).containsExactly(8 - 4, -8 - 5, -3, 2 - 3, MASKED);
    }

    @Test
    void tokensOfTheHistoryBeyondTheVocabularyHaveNoEffect() {
        int[] history = ids(7, -1, 1, Integer.MAX_VALUE, 7, 7, 1);
        assertThat(after(presence(1), history, ids(), 0, 0)).containsExactly(0, -1);
        assertThat(after(noRepeatNgram(1), history, ids(), 0, 0)).containsExactly(0, MASKED);
        assertThat(after(noRepeatNgram(2), ids(1, 7, 1), ids(), 0, 0)).containsExactly(0, 0);
        assertThat(after(Penalties.dry(1, 2, 1, Scope.all()), ids(1, 7, 1), ids(), 0, 0))
                .containsExactly(0, 0);
    }

    static Stream<Arguments> ngrams() {
        return Stream.of(
                arguments(noRepeatNgram(1), ids(0, 2), ids(2), row(MASKED, 0, MASKED, 0)),
                arguments(noRepeatNgram(2), ids(0, 2), ids(0), row(0, 0, MASKED, 0)),
                arguments(noRepeatNgram(2), ids(0, 2, 0, 3), ids(0), row(0, 0, MASKED, MASKED)),
                arguments(noRepeatNgram(2), ids(1, 1), ids(), row(0, MASKED, 0, 0)),
                arguments(noRepeatNgram(2), ids(1), ids(), row(0, 0, 0, 0)),
                arguments(noRepeatNgram(3), ids(0, 1, 2, 3), ids(0, 1), row(0, 0, MASKED, 0)),
                arguments(noRepeatNgram(3), ids(1, 1, 1), ids(), row(0, MASKED, 0, 0)),
                arguments(noRepeatNgram(3), ids(0, 1, 3), ids(1), row(0, 0, 0, 0)),
                arguments(noRepeatNgram(3, Scope.last(4)), ids(0, 1, 2, 0), ids(1), row(0, 0, 0, 0)),
                arguments(noRepeatNgram(3, Scope.last(5)), ids(0, 1, 2, 0), ids(1), row(0, 0, MASKED, 0)),
                arguments(noRepeatNgram(3, Scope.generated()), ids(0, 1, 2, 0), ids(1), row(0, 0, 0, 0)),
                arguments(noRepeatNgram(9), ids(0, 1, 2, 0), ids(1), row(0, 0, 0, 0)),
                arguments(noRepeatNgram(Integer.MAX_VALUE), ids(0, 1, 2, 0), ids(1), row(0, 0, 0, 0)));
    }

    @ParameterizedTest
    @MethodSource("ngrams")
    void noNgramOccursTwice(Filter filter, int[] prompt, int[] generated, float[] expected) {
        assertThat(after(filter, prompt, generated, 0, 0, 0, 0)).isEqualTo(expected);
    }

    @Property(tries = 2_000)
    void ngramsAreThoseThatASearchFinds(
            @ForAll @Size(max = 40) List<@IntRange(max = 2) Integer> tokens,
            @ForAll @IntRange(min = 1, max = 6) int n,
            @ForAll @IntRange(min = 1, max = 45) int window) {
        int[] history = tokens.stream().mapToInt(id -> id).toArray();
        float[] expected = new float[4];
        int first = Math.max(0, history.length - window);
        for (int i = first; i + n <= history.length; i++) {
            int[] begun = Arrays.copyOfRange(history, history.length - n + 1, history.length);
            if (Arrays.equals(Arrays.copyOfRange(history, i, i + n - 1), begun)) {
                expected[history[i + n - 1]] = MASKED;
            }
        }
        assertThat(after(noRepeatNgram(n, Scope.last(window)), history, ids(), 0, 0, 0, 0))
                .isEqualTo(expected);
    }

    @Property(tries = 1_000)
    void orderWithinTheScopeDoesNotMatter(
            @ForAll @Size(max = 30) List<@IntRange(max = 3) Integer> tokens, @ForAll @IntRange(min = 1) int times) {
        int[] history = tokens.stream().mapToInt(id -> id).toArray();
        int[] sorted = Arrays.stream(history).sorted().toArray();
        for (Filter filter : List.of(repetition(1.5), frequency(.1), presence(times))) {
            assertThat(after(filter, history, ids(), 3, 1, 0, -2, 5))
                    .isEqualTo(after(filter, ids(), sorted, 3, 1, 0, -2, 5));
        }
    }

    @Test
    void aRolledBackSamplerChoosesTheSameAgain() {
        Chain chain = Chain.of(
                repetition(1.2, 16),
                frequency(.3),
                presence(.2, Scope.generated()),
                Penalties.dry(.8, 1.75, 2, Scope.all(), 0),
                noRepeatNgram(6));
        float[] logits = {1, 2, 1.5f, .5f, 3, 0, 1};
        Sampler sampler = chain.sampler(3).prompt(4, 1, 2, 4, 1);
        for (int i = 0; i < 60; i++) {
            sampler.sample(logits);
        }
        int[] before = sampler.history().toArray();
        Sampler copy = sampler.copy();
        sampler.rollback(45);
        for (int i = 0; i < 45; i++) {
            sampler.sample(logits);
        }
        assertThat(sampler.history().toArray()).isEqualTo(before);
        assertThat(sampler.sample(logits)).isEqualTo(copy.sample(logits));
    }

    @Test
    void theyReadLikeTheirSettings() {
        assertThat(repetition(1.1, 64)).hasToString("repetition penalty 1.1 over the last 64 tokens");
        assertThat(repetition(1.1)).hasToString("repetition penalty 1.1 over all tokens");
        assertThat(frequency(.5, Scope.generated())).hasToString("frequency penalty 0.5 over all generated tokens");
        assertThat(presence(.5, LAST_GENERATED)).hasToString("presence penalty 0.5 over the last 2 generated tokens");
        assertThat(noRepeatNgram(3)).hasToString("no repeated 3-gram over all tokens");
        assertThat(Penalties.dry(.8, 1.75, 2, Scope.last(512), 13))
                .hasToString("DRY 0.8, base 1.75, allowed length 2, over the last 512 tokens");
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refusal("r = 0.0: must be positive and finite", () -> repetition(0)),
                refusal("r = NaN: must be positive and finite", () -> repetition(Double.NaN)),
                refusal("r = Infinity: must be positive and finite", () -> repetition(Double.POSITIVE_INFINITY)),
                refusal("window = 0: must be positive", () -> repetition(1.1, 0)),
                refusal("f = Infinity: must be finite", () -> frequency(Double.POSITIVE_INFINITY)),
                refusal("p = NaN: must be finite", () -> presence(Double.NaN)),
                refusal("n = 0: must be positive", () -> noRepeatNgram(0)),
                refusal("multiplier = -1.0: must be at least 0.0 and finite", () -> dry(-1, 2, 2)),
                refusal("base = 0.5: must be at least 1.0 and finite", () -> dry(1, .5, 2)),
                refusal("base = NaN: must be at least 1.0 and finite", () -> dry(1, Double.NaN, 2)),
                refusal("allowedLength = 0: must be from 1 to 50", () -> dry(1, 2, 0)),
                refusal("allowedLength = 51: must be from 1 to 50", () -> dry(1, 2, 51)),
                refusal("DRY breakers: id = -1: must not be negative", () -> dry(1, 2, 2, -1)));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesSettings(String message, ThrowingCallable setting) {
        assertThatIllegalArgumentException().isThrownBy(setting).withMessage(message);
    }

    private static Arguments refusal(String message, ThrowingCallable setting) {
        return arguments(message, setting);
    }

    private static Filter dry(double multiplier, double base, int allowedLength, int... breakers) {
        return Penalties.dry(multiplier, base, allowedLength, Scope.all(), breakers);
    }

    private static float[] row(float... logits) {
        return logits;
    }
}
