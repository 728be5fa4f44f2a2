package io.vastmax.cli;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * How far a run over many tokens is: tokens, tokens per second, the loss and the time left, in one line of standard
 * error that renews itself. Where standard error is no terminal, nothing at all. For one thread.
 */
final class Progress implements AutoCloseable {
    private static final int STANDARD_ERROR = 2;

    private final @Nullable ProgressBar bar;

    private Progress(@Nullable ProgressBar bar) {
        this.bar = bar;
    }

    /** Whether anything is shown: whether standard error is a terminal. */
    static boolean isShown() {
        return LibC.isTerminal(STANDARD_ERROR);
    }

    /** Starts the clock of {@code task}, which will take {@code tokens} tokens. */
    static Progress of(String task, long tokens) {
        return of(task, tokens, 0);
    }

    /** Starts the clock of {@code task}, which goes on after {@code done} of its {@code tokens} tokens. */
    static Progress of(String task, long tokens, long done) {
        return isShown() ? of(task, tokens, done, new ConsoleProgressBarConsumer(System.err)) : new Progress(null);
    }

    static Progress of(String task, long tokens, long done, ProgressBarConsumer line) {
        ProgressBarStyle style = System.err.charset().newEncoder().canEncode('█')
                ? ProgressBarStyle.UNICODE_BLOCK
                : ProgressBarStyle.ASCII;
        return new Progress(new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(tokens)
                .startsFrom(done, Duration.ZERO)
                .setUnit(" tokens", 1)
                .showSpeed(new DecimalFormat("#,##0", DecimalFormatSymbols.getInstance(Locale.ROOT)))
                .setStyle(style)
                .setUpdateIntervalMillis(500)
                .setConsumer(line)
                .build());
    }

    /** Another {@code tokens} tokens are done. */
    void advance(long tokens) {
        if (bar != null) {
            bar.stepBy(tokens);
        }
    }

    /** So many tokens are done in all. */
    void advanceTo(long tokens) {
        if (bar != null) {
            bar.stepTo(tokens);
        }
    }

    /** Another {@code tokens} tokens are done, and the loss is now {@code loss} nats a token. */
    void advance(long tokens, double loss) {
        if (bar != null) {
            bar.stepBy(tokens);
            bar.setExtraMessage(String.format(Locale.ROOT, ", loss %.3f", loss));
        }
    }

    /** Leaves the line as it is and ends it. */
    @Override
    public void close() {
        if (bar != null) {
            // The bar's own close() forgets an interrupt
            boolean interrupted = Thread.interrupted();
            bar.close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
