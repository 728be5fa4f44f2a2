package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vastmax.FullSoftmax;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.text.TokenIds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HiddenStatesTest {
    private static final int WIDTH = 3;
    private static final int TOKENS = 2500;

    @Test
    void areKeptWhereTheyFitAndComputedAnewWhereNot() throws IOException {
        int[] ids = new int[TOKENS];
        for (int i = 0; i < TOKENS; i++) {
            ids[i] = i * i % 7;
        }
        RandomKey key = RandomKey.of(1);
        long size = (TOKENS - 1) * (Float.BYTES * WIDTH + Integer.BYTES);
        try (RecurrentLanguageModel model = new RecurrentLanguageModel(
                        new RecurrentLanguageModel.Settings(WIDTH, 1, 0), FullSoftmax.create(7, WIDTH, key), key);
                TokenIds text = TokenIds.of(ids)) {
            HiddenStates kept = new HiddenStates(model, text, size);
            HiddenStates streamed = new HiddenStates(model, text, size - 1);
            assertThat(kept.tokens()).isEqualTo(TOKENS - 1);
            List<Matrix> first = read(kept);
            assertThat(first).hasSizeGreaterThan(1);
            assertThat(read(kept))
                    .usingElementComparator((a, b) -> a == b ? 0 : 1)
                    .isEqualTo(first);
            for (int reading = 0; reading < 2; reading++) {
                List<Matrix> again = read(streamed);
                assertThat(again).hasSameSizeAs(first).doesNotContainAnyElementsOf(first);
                for (int i = 0; i < first.size(); i++) {
                    assertThat(again.get(i).array()).isEqualTo(first.get(i).array());
                }
            }
        }
    }

    private static List<Matrix> read(HiddenStates states) {
        List<Matrix> read = new ArrayList<>();
        long[] tokens = new long[1];
        states.forEachStretch((hidden, targets) -> {
            assertThat(hidden.rows()).isEqualTo(targets.length);
            read.add(hidden);
            tokens[0] += targets.length;
        });
        assertThat(tokens[0]).isEqualTo(states.tokens());
        return read;
    }
}
