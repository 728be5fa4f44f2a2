package io.vastmax.sampling;

import static io.vastmax.sampling.Constraints.allow;
import static io.vastmax.sampling.Constraints.ban;
import static io.vastmax.sampling.Constraints.banSequence;
import static io.vastmax.sampling.Constraints.banSequences;
import static io.vastmax.sampling.Constraints.bias;
import static io.vastmax.sampling.Constraints.constraint;
import static io.vastmax.sampling.Constraints.minLength;
import static io.vastmax.sampling.Constraints.minTotalLength;
import static io.vastmax.sampling.Constraints.suppress;
import static io.vastmax.sampling.Constraints.suppressAtBegin;
import static io.vastmax.sampling.Constraints.vocabulary;
import static io.vastmax.sampling.HistoryFiltering.MASKED;
import static io.vastmax.sampling.HistoryFiltering.after;
import static io.vastmax.sampling.HistoryFiltering.ids;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConstraintsTest {
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    /** Allows the token after the last. */
    private enum Next implements Constraint {
        NEXT;

        @Override
        public void allow(History history, TokenMask mask) {
            mask.allow((history.last(0) + 1) % mask.vocabulary());
        }
    }

    static Stream<Arguments> table() {
        int[] none = ids();
        return Stream.of(
                arguments(bias(Map.of(0, 2.5, 2, -1.0)), none, none, row(3.5f, 2, 2, MASKED)),
                arguments(bias(Map.of(1, -INFINITY, 3, 100.0)), none, none, row(1, MASKED, 3, MASKED)),
                arguments(bias(ids(2, 0), row(-1, 2.5f)), none, none, row(3.5f, 2, 2, MASKED)),
                arguments(bias(Map.of(0, 1e300)), none, none, row(Float.MAX_VALUE, 2, 3, MASKED)),
                arguments(bias(Map.of()), none, none, row(1, 2, 3, MASKED)),
                arguments(ban(1), none, none, row(1, MASKED, 3, MASKED)),
                arguments(ban(3, 1, 0, 1), none, none, row(MASKED, MASKED, 3, MASKED)),
                arguments(ban(), none, none, row(1, 2, 3, MASKED)),
                arguments(suppress(1), none, none, row(1, MASKED, 3, MASKED)),
                arguments(suppressAtBegin(1), ids(2), none, row(1, MASKED, 3, MASKED)),
                arguments(suppressAtBegin(1), ids(2), ids(2), row(1, 2, 3, MASKED)),
                arguments(banSequence(1), none, none, row(1, MASKED, 3, MASKED)),
                arguments(banSequence(0, 1), none, none, row(1, 2, 3, MASKED)),
                arguments(banSequence(0, 1), none, ids(0), row(1, MASKED, 3, MASKED)),
                arguments(banSequence(0, 1), ids(0), none, row(1, MASKED, 3, MASKED)),
                arguments(banSequence(0, 1), ids(0), ids(1), row(1, 2, 3, MASKED)),
                arguments(banSequence(0, 1, 2), ids(1, 0), ids(1), row(1, 2, MASKED, MASKED)),
                arguments(banSequence(0, 1, 2), ids(1, 1), ids(1), row(1, 2, 3, MASKED)),
                arguments(banSequence(0, 0), ids(0), none, row(MASKED, 2, 3, MASKED)),
                arguments(banSequences(ids(0, 1), ids(0, 2), ids(1, 0)), ids(0), none, row(1, MASKED, MASKED, MASKED)),
                arguments(banSequences(), ids(0), none, row(1, 2, 3, MASKED)),
                arguments(allow(0, 2), none, none, row(1, MASKED, 3, MASKED)),
                arguments(allow(3, 2), none, none, row(MASKED, MASKED, 3, MASKED)),
                arguments(minLength(2, 1, 3), ids(0, 0), none, row(1, MASKED, 3, MASKED)),
                arguments(minLength(2, 1, 3), ids(0, 0), ids(0), row(1, MASKED, 3, MASKED)),
                arguments(minLength(2, 1, 3), ids(0, 0), ids(0, 0), row(1, 2, 3, MASKED)),
                arguments(minLength(0, 1), none, none, row(1, 2, 3, MASKED)),
                arguments(minTotalLength(2, 1, 3), ids(0), none, row(1, MASKED, 3, MASKED)),
                arguments(minTotalLength(2, 1, 3), ids(0, 0), none, row(1, 2, 3, MASKED)),
                arguments(vocabulary(2), none, none, row(1, 2, MASKED, MASKED)),
                arguments(vocabulary(4), none, none, row(1, 2, 3, MASKED)),
                arguments(vocabulary(9), none, none, row(1, 2, 3, MASKED)),
                arguments(constraint(Next.NEXT), ids(0), none, row(MASKED, 2, MASKED, MASKED)),
                arguments(constraint(Next.NEXT), ids(0), ids(3), row(1, MASKED, MASKED, MASKED)));
    }

    @ParameterizedTest
    @MethodSource("table")
    void narrows(Filter filter, int[] prompt, int[] generated, float[] expected) {
        assertThat(after(filter, prompt, generated, 1, 2, 3, MASKED)).isEqualTo(expected);
    }

    @Test
    void aConstraintIsAskedOnceAStepWithTheHistorySoFar() {
        List<List<Integer>> asked = new ArrayList<>();
        Constraint spy = (history, mask) -> {
            assertThat(mask.vocabulary()).isEqualTo(3);
            assertThat(List.of(mask.allows(0), mask.allows(1), mask.allows(2))).containsOnly(false);
            asked.add(Stream.of(history.toArray())
                    .flatMapToInt(Arrays::stream)
                    .boxed()
                    .toList());
            mask.allow(history.length() % 3);
        };
        Sampler sampler = Chain.of(constraint(spy)).sampler(1).prompt(2);
        assertThat(List.of(sampler.sample(0, 0, 0), sampler.sample(0, 0, 0))).containsExactly(1, 2);
        sampler.rollback(1);
        assertThat(sampler.sample(0, 0, 0)).isEqualTo(2);
        assertThat(asked).containsExactly(List.of(2), List.of(2, 1), List.of(2, 1));
    }

    @Test
    void filtersBehindASmallerVocabularyDoNotKnowTheRest() {
        Chain chain = Chain.of(vocabulary(2), ban(2));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> chain.sampler(1).sample(1, 2, 3, 4))
                .withMessage("ban: id = 2: must be below 2, the size of the vocabulary");
        Chain listed = Chain.of(Filters.topK(3), vocabulary(2), allow(2));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> listed.sampler(1).sample(4, 3, 2, 1))
                .withMessage("allow: id = 2: must be below 2, the size of the vocabulary");
    }

    static Stream<Arguments> foreign() {
        return Stream.of(
                arguments(bias(Map.of(1, 1.0, 70000, 1.0)), "bias: id = 70000"),
                arguments(bias(ids(9), row(1)), "bias: id = 9"),
                arguments(ban(1, 8, 4), "ban: id = 4"),
                arguments(suppress(4), "suppress: id = 4"),
                arguments(suppressAtBegin(4), "suppress at begin: id = 4"),
                arguments(banSequence(5, 1), "ban sequences: id = 5"),
                arguments(banSequences(ids(1), ids(1, 4)), "ban sequences: id = 4"),
                arguments(allow(0, 4), "allow: id = 4"),
                arguments(minLength(0, 4), "at least 0 tokens before: id = 4"),
                arguments(minTotalLength(0, 4), "at least 0 tokens with the prompt before: id = 4"));
    }

    @ParameterizedTest
    @MethodSource("foreign")
    void refusesIdsBeyondTheVocabularyEvenWhereItWouldNotTouchThem(Filter filter, String named) {
        Sampler sampler = Chain.of(filter).sampler(1).prompt(1, 1);
        sampler.accept(0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sampler.sample(1, 2, 3, 4))
                .withMessage(named + ": must be below 4, the size of the vocabulary");
    }

    static Stream<Arguments> emptying() {
        return Stream.of(
                arguments(ban(0, 1), "ban 0, 1"),
                arguments(bias(Map.of(0, -INFINITY, 1, -INFINITY)), "bias of 0: -Infinity, 1: -Infinity"),
                arguments(banSequences(ids(0), ids(7, 1)), "ban 2 sequences"),
                arguments(allow(2), "allow 2"),
                arguments(minLength(5, 1, 0), "at least 5 tokens before 0, 1"),
                arguments(Penalties.noRepeatNgram(1), "no repeated 1-gram over all tokens"),
                arguments(constraint(Next.NEXT), "constraint NEXT"));
    }

    @ParameterizedTest
    @MethodSource("emptying")
    void whatLeavesNothingIsNamed(Filter filter, String name) {
        float[] logits = {0, 0, MASKED, MASKED, MASKED, MASKED, MASKED, MASKED, MASKED};
        Sampler sampler = Chain.of(filter).sampler(1).prompt(0, 1);
        sampler.accept(7);
        assertThatExceptionOfType(NoCandidatesException.class)
                .isThrownBy(() -> sampler.sample(logits))
                .withMessage(name + " left no candidate of 9 tokens at position 1");
    }

    @Test
    void theyReadLikeTheirSettings() {
        assertThat(ban(7, 3)).hasToString("ban 3, 7");
        assertThat(ban()).hasToString("ban no tokens");
        assertThat(ban(1, 2, 3, 4, 5)).hasToString("ban 5 tokens");
        assertThat(suppress(220)).hasToString("suppress 220");
        assertThat(suppressAtBegin(220, 1)).hasToString("suppress at begin 1, 220");
        assertThat(banSequence(7, 3)).hasToString("ban sequence 7 3");
        assertThat(allow(7, 3)).hasToString("allow 3, 7");
        assertThat(minLength(5, 2)).hasToString("at least 5 tokens before 2");
        assertThat(minTotalLength(5, 2)).hasToString("at least 5 tokens with the prompt before 2");
        assertThat(bias(Map.of(7, -1.0, 3, 2.5))).hasToString("bias of 3: 2.5, 7: -1.0");
        assertThat(bias(Map.of(1, 1.0, 2, 1.0, 3, 1.0, 4, 1.0, 5, 1.0))).hasToString("bias of 5 tokens");
        assertThat(vocabulary(50257)).hasToString("vocabulary of 50257");
        assertThat(constraint(Next.NEXT)).hasToString("constraint NEXT");
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refusal("ban: id = -1: must not be negative", () -> ban(1, -1)),
                refusal("bias: id = -1: must not be negative", () -> bias(Map.of(-1, 1.0))),
                refusal(
                        "bias of id 1 = Infinity: must be finite, or -inf to remove the token",
                        () -> bias(Map.of(1, INFINITY))),
                refusal(
                        "bias of id 1 = NaN: must be finite, or -inf to remove the token",
                        () -> bias(ids(1), row(Float.NaN))),
                refusal("ids are 1, values 2: must be as many", () -> bias(ids(1), row(1, 2))),
                refusal("ids[2] = 4: must not occur twice", () -> bias(ids(4, 1, 4), row(1, 2, 3))),
                refusal("sequences[1] is empty: must have at least one id", () -> banSequences(ids(1), ids())),
                refusal("allow: must be given at least one id", () -> allow()),
                refusal("at least 3 tokens before: must be given at least one id", () -> minLength(3)),
                refusal("generatedTokens = -1: must not be negative", () -> minLength(-1, 2)),
                refusal("tokens = -1: must not be negative", () -> minTotalLength(-1, 2)),
                refusal("size = 0: must be positive", () -> vocabulary(0)));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesSettings(String message, ThrowingCallable setting) {
        assertThatIllegalArgumentException().isThrownBy(setting).withMessage(message);
    }

    @Test
    void settingsAreCopied() {
        int[] banned = {1};
        int[][] sequences = {{1}};
        Filter ban = ban(banned);
        Filter banSequences = banSequences(sequences);
        banned[0] = 0;
        sequences[0][0] = 0;
        assertThat(after(ban, ids(), ids(), 0, 0)).containsExactly(0, MASKED);
        assertThat(after(banSequences, ids(), ids(), 0, 0)).containsExactly(0, MASKED);
    }

    private static Arguments refusal(String message, ThrowingCallable setting) {
        return arguments(message, setting);
    }

    private static float[] row(float... logits) {
        return logits;
    }
}
