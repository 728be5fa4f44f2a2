package io.vastmax.sampling;

import static io.vastmax.sampling.HistoryFiltering.MASKED;
import static io.vastmax.sampling.HistoryFiltering.after;
import static io.vastmax.sampling.HistoryFiltering.ids;
import static io.vastmax.sampling.HistoryFiltering.zeros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Match lengths by token, as they are seen through a multiplier of 1 and a base of 2. */
class DryTest {
    private static final int[] TEXT = ids(1, 2, 3, 3, 2, 3, 9, 1, 2, 3);
    private static final int[] SEVENS = ids(7, 7, 7, 7, 7, 7);

    static Stream<Arguments> table() {
        return Stream.of(
                arguments(TEXT, 2, Scope.all(), ids(), Map.of(3, 3, 9, 2)),
                arguments(TEXT, 1, Scope.all(), ids(), Map.of(3, 3, 2, 1, 9, 2)),
                arguments(TEXT, 3, Scope.all(), ids(), Map.of(3, 3)),
                arguments(TEXT, 4, Scope.all(), ids(), Map.of()),
                arguments(TEXT, 2, Scope.all(), ids(1), Map.of(3, 2, 9, 2)),
                arguments(TEXT, 2, Scope.all(), ids(9), Map.of(3, 3)),
                arguments(TEXT, 1, Scope.all(), ids(2), Map.of(3, 1, 9, 1)),
                arguments(TEXT, 1, Scope.all(), ids(3), Map.of()),
                arguments(TEXT, 1, Scope.last(10), ids(), Map.of(3, 3, 2, 1, 9, 2)),
                arguments(TEXT, 1, Scope.last(9), ids(), Map.of(3, 2, 2, 1, 9, 2)),
                arguments(TEXT, 1, Scope.last(7), ids(), Map.of(2, 1, 9, 2)),
                arguments(TEXT, 1, Scope.last(6), ids(), Map.of(9, 2)),
                arguments(TEXT, 1, Scope.last(5), ids(), Map.of(9, 1)),
                arguments(TEXT, 1, Scope.last(4), ids(), Map.of()),
                arguments(TEXT, 1, Scope.last(1), ids(), Map.of()),
                arguments(SEVENS, 2, Scope.all(), ids(), Map.of(7, 5)),
                arguments(SEVENS, 1, Scope.last(2), ids(), Map.of(7, 1)),
                arguments(ids(4), 1, Scope.all(), ids(), Map.of()),
                arguments(ids(), 1, Scope.all(), ids(), Map.of()));
    }

    @ParameterizedTest
    @MethodSource("table")
    void matchesCount(int[] history, int allowedLength, Scope scope, int[] breakers, Map<Integer, Integer> expected) {
        Filter dry = Penalties.dry(1, 2, allowedLength, scope, breakers);
        assertThat(lengths(after(dry, history, ids(), zeros(10)), allowedLength))
                .isEqualTo(expected);
        assertThat(lengths(after(dry, ids(), history, zeros(10)), allowedLength))
                .isEqualTo(expected);
    }

    @Test
    void theScopeMayLeaveThePromptOut() {
        int[] prompt = ids(1, 2, 3, 3);
        int[] generated = ids(2, 3, 9, 1, 2, 3);
        Filter dry = Penalties.dry(1, 2, 1, Scope.generated());
        assertThat(lengths(after(dry, prompt, generated, zeros(10)), 1)).isEqualTo(Map.of(9, 2));
        assertThat(after(dry, TEXT, ids(), zeros(10))).containsOnly(0);
    }

    @Test
    void thePenaltyGrowsWithTheMatch() {
        float[] logits = {1, 1, 1, 1, 1, 1, 1, 1, 1, MASKED};
        float[] expected = logits.clone();
        expected[3] = (float) (1 - .8 * 1.75);
        Filter dry = Penalties.dry(.8, 1.75, 2, Scope.all());
        assertThat(after(dry, TEXT, ids(), logits)).isEqualTo(expected);
        logits[9] = 1;
        expected[9] = (float) (1 - .8);
        assertThat(after(dry, TEXT, ids(), logits)).isEqualTo(expected);
        assertThat(after(Penalties.dry(0, 1.75, 1, Scope.all()), TEXT, ids(), logits))
                .containsOnly(1);
    }

    @ParameterizedTest
    @MethodSource("longMatches")
    void matchesCountToFifty(int sevens, int expected) {
        int[] history = new int[sevens];
        Arrays.fill(history, 7);
        Filter dry = Penalties.dry(1, 2, 2, Scope.all());
        assertThat(lengths(after(dry, history, ids(), zeros(10)), 2)).isEqualTo(Map.of(7, expected));
    }

    static Stream<Arguments> longMatches() {
        return Stream.of(arguments(50, 49), arguments(51, 50), arguments(52, 50), arguments(400, 50));
    }

    @Test
    void aPenaltyBeyondFloatsMasksNothing() {
        int[] history = new int[60];
        Filter dry = Penalties.dry(1, 1e300, 2, Scope.all());
        assertThat(after(dry, history, ids(), 0, 0)).containsExactly(-Float.MAX_VALUE, 0);
    }

    @Test
    void aBreakerMustBeAToken() {
        Filter dry = Penalties.dry(1, 2, 2, Scope.all(), 3, 5);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> after(dry, TEXT, ids(), zeros(4)))
                .withMessage("DRY breakers: id = 5: must be below 4, the size of the vocabulary");
    }

    @Property(tries = 10_000, edgeCases = EdgeCasesMode.NONE)
    void itIsWhatASearchFinds(
            @ForAll @Size(max = 70) List<@IntRange(max = 3) Integer> tokens,
            @ForAll @IntRange(min = 1, max = 4) int alphabet,
            @ForAll @IntRange(min = 1, max = 5) int allowedLength,
            @ForAll @IntRange(max = 70) int promptLength,
            @ForAll @IntRange(min = 1, max = 80) int window,
            @ForAll boolean promptIncluded,
            @ForAll @Size(max = 1) List<@IntRange(max = 3) Integer> breakers) {
        int[] history = tokens.stream().mapToInt(id -> id % alphabet).toArray();
        check(history, promptLength, allowedLength, new Scope(window, promptIncluded), array(breakers));
    }

    /** Random letters hardly match for long: a short text again and again, with a letter wrong now and then. */
    @Property(tries = 3_000)
    void itIsWhatASearchFindsWhereTextRepeats(
            @ForAll @Size(min = 1, max = 9) List<@IntRange(max = 3) Integer> text,
            @ForAll @IntRange(min = 1, max = 200) int length,
            @ForAll @Size(max = 3) List<@IntRange(max = 199) Integer> wrong,
            @ForAll @IntRange(min = 1, max = 5) int allowedLength,
            @ForAll @Size(max = 1) List<@IntRange(max = 3) Integer> breakers) {
        int[] history = new int[length];
        Arrays.setAll(history, i -> wrong.contains(i) ? 0 : text.get(i % text.size()));
        check(history, 0, allowedLength, Scope.all(), array(breakers));
    }

    private static void check(int[] history, int promptLength, int allowedLength, Scope scope, int... breakers) {
        int split = Math.min(promptLength, history.length);
        int[] prompt = Arrays.copyOf(history, split);
        int[] generated = Arrays.copyOfRange(history, split, history.length);
        int[] counted = scope.promptIncluded() ? history : generated;
        int[] seen = Arrays.copyOfRange(counted, Math.max(0, counted.length - scope.window()), counted.length);
        Filter dry = Penalties.dry(1, 2, allowedLength, scope, breakers);
        assertThat(lengths(after(dry, prompt, generated, zeros(5)), allowedLength))
                .isEqualTo(search(seen, allowedLength, breakers));
    }

    /** Each earlier place of the last token, compared token by token: quadratic, as the author's is. */
    private static Map<Integer, Integer> search(int[] text, int allowedLength, int... breakers) {
        Map<Integer, Integer> longest = new TreeMap<>();
        int last = text.length - 1;
        for (int i = 0; i < last; i++) {
            int n = 0;
            while (n < 50 && n <= i && text[i - n] == text[last - n] && !contains(breakers, text[i - n])) {
                n++;
            }
            if (n >= allowedLength && !contains(breakers, text[i + 1])) {
                longest.merge(text[i + 1], n, Math::max);
            }
        }
        return longest;
    }

    private static boolean contains(int[] ids, int id) {
        return Arrays.stream(ids).anyMatch(other -> other == id);
    }

    private static Map<Integer, Integer> lengths(float[] penalised, int allowedLength) {
        Map<Integer, Integer> lengths = new TreeMap<>();
        for (int id = 0; id < penalised.length; id++) {
            if (penalised[id] != 0) {
                lengths.put(id, Math.getExponent(penalised[id]) + allowedLength);
            }
        }
        return lengths;
    }

    private static int[] array(List<Integer> ids) {
        return ids.stream().mapToInt(id -> id).toArray();
    }
}
