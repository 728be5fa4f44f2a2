package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.stream.IntStream;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The ids are their own positions here, so that a window shows where it was read. */
class WindowsTest {
    private static TokenIds positions(int size) {
        return TokenIds.of(IntStream.range(0, size).toArray());
    }

    @Test
    void layStreamsSideBySide() throws IOException {
        try (TokenIds ids = positions(18)) {
            TrainingWindows windows = TrainingWindows.of(ids, 2, 4);
            int[] inputs = new int[windows.rows()];
            int[] targets = new int[windows.rows()];
            assertThat(windows.windows()).isEqualTo(2);
            assertThat(windows.tokens()).isEqualTo(16);
            windows.read(0, inputs, targets);
            assertThat(inputs).containsExactly(0, 1, 2, 3, 8, 9, 10, 11);
            assertThat(targets).containsExactly(1, 2, 3, 4, 9, 10, 11, 12);
            windows.read(1, inputs, targets);
            assertThat(inputs).containsExactly(4, 5, 6, 7, 12, 13, 14, 15);
            assertThat(targets).containsExactly(5, 6, 7, 8, 13, 14, 15, 16);
        }
    }

    @Property(tries = 300)
    void trainOnEachTokenOnceAndGoOnInEachStream(
            @ForAll @IntRange(min = 2, max = 300) int size,
            @ForAll @IntRange(min = 1, max = 7) int batch,
            @ForAll @IntRange(min = 1, max = 9) int steps)
            throws IOException {
        Assume.that(size > batch * steps);
        try (TokenIds ids = positions(size)) {
            TrainingWindows windows = TrainingWindows.of(ids, batch, steps);
            boolean[] predicted = new boolean[size];
            int[] inputs = new int[batch * steps];
            int[] targets = new int[batch * steps];
            int[] last = new int[batch];
            for (long w = 0; w < windows.windows(); w++) {
                windows.read(w, inputs, targets);
                for (int row = 0; row < inputs.length; row++) {
                    assertThat(targets[row]).isEqualTo(inputs[row] + 1);
                    assertThat(predicted[targets[row]]).isFalse();
                    predicted[targets[row]] = true;
                    if (w > 0 || row % steps > 0) {
                        assertThat(inputs[row]).isEqualTo(last[row / steps] + 1);
                    }
                    last[row / steps] = inputs[row];
                }
            }
            int tokens = (int) windows.tokens();
            assertThat(size - 1 - tokens).isBetween(0, batch * steps - 1);
            for (int i = 1; i < size; i++) {
                assertThat(predicted[i]).isEqualTo(i <= tokens);
            }
        }
    }

    @Property(tries = 300)
    void evaluateEachTokenButTheFirstOnce(
            @ForAll @IntRange(min = 2, max = 100) int size,
            @ForAll @IntRange(min = 0, max = 98) int from,
            @ForAll @IntRange(min = 1, max = 9) int steps)
            throws IOException {
        Assume.that(size - from >= 2);
        try (TokenIds ids = positions(size)) {
            EvaluationWindows windows = EvaluationWindows.of(ids, from, size, steps);
            int[] inputs = new int[steps];
            int[] targets = new int[steps];
            int next = from;
            for (long w = 0; w < windows.windows(); w++) {
                int rows = windows.read(w, inputs, targets);
                assertThat(rows).isBetween(1, steps);
                for (int row = 0; row < rows; row++) {
                    assertThat(inputs[row]).isEqualTo(next++);
                    assertThat(targets[row]).isEqualTo(next);
                }
            }
            assertThat(next).isEqualTo(size - 1);
            assertThat(windows.tokens()).isEqualTo(size - from - 1);
        }
    }

    @Test
    void refuseWhatDoesNotFit() throws IOException {
        try (TokenIds ids = positions(12)) {
            assertThatThrownBy(() -> TrainingWindows.of(ids, 3, 4))
                    .hasMessage("one window of batch 3 and steps 4 needs at least 13 tokens, but the text has 12");
            assertThatThrownBy(() -> TrainingWindows.of(ids, 0, 4)).hasMessage("batch must be at least 1, not 0");
            assertThatThrownBy(() -> TrainingWindows.of(ids, 1, -1)).hasMessage("steps must be at least 1, not -1");
            assertThatThrownBy(() -> TrainingWindows.of(ids, 1 << 20, 1 << 20))
                    .hasMessage("batch * steps must fit an int: 1048576 * 1048576");
            assertThatThrownBy(() -> TrainingWindows.of(ids, 1, 4).read(2, new int[4], new int[4]))
                    .hasMessage("window must be in 0..1, not 2");
            assertThatThrownBy(() -> TrainingWindows.of(ids, 1, 4).read(0, new int[3], new int[4]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> EvaluationWindows.of(ids, 0)).hasMessage("steps must be at least 1, not 0");
            assertThatThrownBy(() -> EvaluationWindows.of(ids, 11, 12, 4))
                    .hasMessage("an evaluation needs at least 2 tokens, but 11..12 has 1");
            assertThatThrownBy(() -> EvaluationWindows.of(ids, 3, 13, 4))
                    .hasMessage("from..to must lie in 0..12, not 3..13");
            assertThatThrownBy(() -> EvaluationWindows.of(ids, 4).read(3, new int[4], new int[4]))
                    .hasMessage("window must be in 0..2, not 3");
        }
    }
}
