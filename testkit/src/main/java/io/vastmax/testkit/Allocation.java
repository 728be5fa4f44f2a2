package io.vastmax.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;

/** Counts the bytes that this thread allocates. */
public final class Allocation {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int CALLS = 200;
    private static final int ROUNDS = 60;

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
            LockSupport.parkNanos(5_000_000);
        }
        return least;
    }
}
