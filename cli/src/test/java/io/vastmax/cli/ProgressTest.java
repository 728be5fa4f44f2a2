package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import org.junit.jupiter.api.Test;

class ProgressTest {
    @Test
    void showsTokensAndLoss() {
        List<String> lines = new CopyOnWriteArrayList<>();
        try (Progress progress = Progress.of("Training", 2000, 0, new DelegatingProgressBarConsumer(lines::add, 120))) {
            progress.advance(500);
            progress.advance(500, 5.4321);
        }
        assertThat(lines.getLast())
                .startsWith("Training  50%")
                .contains("1000/2000 tokens", "tokens/s", "loss 5.432")
                .hasSizeLessThanOrEqualTo(120);
    }

    @Test
    void goesOnWhereARunStopped() {
        List<String> lines = new CopyOnWriteArrayList<>();
        Progress.of("Training", 2000, 1500, new DelegatingProgressBarConsumer(lines::add, 120))
                .close();
        assertThat(lines.getFirst()).startsWith("Training  75%").contains("1500/2000 tokens");
    }

    @Test
    void closingKeepsAnInterrupt() {
        Progress progress = Progress.of("Training", 2000, 0, new DelegatingProgressBarConsumer(line -> {}, 120));
        Thread.currentThread().interrupt();
        progress.close();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void saysNothingWhereStandardErrorIsNoTerminal() {
        // The build's tests have theirs in a pipe
        assertThat(Progress.isShown()).isFalse();
        PrintStream err = System.err;
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
        try (Progress progress = Progress.of("Training", 2000)) {
            progress.advance(2000, 1);
        } finally {
            System.setErr(err);
        }
        assertThat(written.toString(StandardCharsets.UTF_8)).isEmpty();
    }
}
