package io.vastmax.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Counts the bytes that this thread allocates. */
public final class Allocation {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int CALLS = 200;
    private static final int ROUNDS = 400;

    private Allocation() {}

    /** The bytes that one run of a task allocates on this thread. */
    public static long bytes(Runnable task) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        task.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    /**
     * The bytes that a task allocates on this thread in each of many runs, once it is warm: the least over some rounds of
     * runs, between which the compiler gets time.
     */
    public static long bytesOnceWarm(Runnable task) {
        Runnable calls = () -> {
            for (int i = 0; i < CALLS; i++) {
                task.run();
            }
        };
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS && least > 0; round++) {
            least = Math.min(least, bytes(calls) / CALLS);
            rest();
        }
        return least;
    }

    /** Sleeps; to park would not do, since a workspace's threads may have unparked this one beforehand. */
    private static void rest() {
        try {
            Thread.sleep(5);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
