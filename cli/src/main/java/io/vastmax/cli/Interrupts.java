package io.vastmax.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a long run end in order when the user presses Ctrl-C: the run asks {@link #requested()} between two steps, and the
 * JVM waits until the run has closed this.
 */
final class Interrupts implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean requested;

    Interrupts() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::end, "vastmax-interrupt"));
    }

    /** Whether the run should end now. */
    boolean requested() {
        return requested;
    }

    @Override
    public void close() {
        ended.countDown();
    }

    private void end() {
        requested = true;
        try {
            boolean inTime = ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (!inTime) {
                System.err.println("vastmax: gave up waiting for the run to end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
