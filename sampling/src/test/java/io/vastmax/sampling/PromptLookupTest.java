package io.vastmax.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptLookupTest {
    private static final int END = 99;

    private static int[] ids(String text) {
        return text.isEmpty()
                ? new int[0]
                : Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
    }

    @ParameterizedTest
    @CsvSource({
        "'',                2, 3, ''",
        "'7',               2, 3, ''",
        "'1 2 3',           2, 3, ''", // 3 is new
        "'1 2 3 1',         2, 3, '2 3 1'",
        "'1 2 3 4 1',       2, 3, '2 3 4'",
        "'1 2 3 4 1',       2, 9, '2 3 4 1'", // as far as there is something
        "'5 2 7 1 2 8 1 2', 2, 1, '8'", // the longer
        "'5 2 7 1 2 8 1 2', 1, 1, '7'", // the earliest
        "'1 2 7 1 2 8 1 2', 2, 2, '7 1'", // the earliest of the longer
        "'1 2 7 1 2 8 1 2', 9, 2, '7 1'",
        "'4 4 4',           2, 5, '4'", // overlaps the end
        "'4 4 4',           1, 5, '4 4'",
        "'3 1 99 2 3',      2, 5, '1'", // stops before the end token
        "'3 99 1 2 3',      2, 5, ''",
    })
    void looksTheLastTokensUp(String history, int maxNgram, int tokens, String drafts) {
        Sampler sampler = Chain.of().sampler(1).prompt(ids(history));
        assertThat(PromptLookup.of(maxNgram, tokens, END).draft(sampler.history()))
                .isEqualTo(ids(drafts));
    }

    @Test
    void draftsNoMoreThanThereIsRoomFor() {
        History history = Chain.of().sampler(1).prompt(1, 2, 3, 4, 1).history();
        PromptLookup lookup = PromptLookup.of(2, 3);
        assertThat(lookup.draft(history, 2)).containsExactly(2, 3);
        assertThat(lookup.draft(history, 5)).containsExactly(2, 3, 4);
        assertThat(lookup.draft(history, 0)).isEmpty();
    }

    @Test
    void refusesNumbersThatAreNotPositive() {
        assertThatThrownBy(() -> PromptLookup.of(0, 1)).hasMessageContaining("maxNgram = 0");
        assertThatThrownBy(() -> PromptLookup.of(1, 0)).hasMessageContaining("tokens = 0");
    }
}
