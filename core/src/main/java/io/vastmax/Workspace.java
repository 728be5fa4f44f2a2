package io.vastmax;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a computation needs and no layer should own: threads, and memory that is kept from one call to the next.
 *
 * <p>A workspace serves one caller at a time; threads that compute at the same time take a workspace each. Results do not
 * depend on the number of threads, nor does the allowance of memory change more than the last bits of a sum. The threads
 * are daemons: a workspace that is never closed does not keep Java running.
 */
public final class Workspace implements AutoCloseable {
    /** The allowance of {@link #ofThreads}: 64 MiB. */
    public static final long DEFAULT_MEMORY = 64L << 20;

    /** About twenty microseconds: the pause between two parts of a computation, but not between two steps of training. */
    private static final int SPINS = 2_000;

    private final long memory;
    private final Map<Class<?>, Object> scratch = new HashMap<>();
    private final Thread[] helpers;
    private final AtomicBoolean inUse = new AtomicBoolean();

    // The job at hand. Written before `job` is counted up and read after its change was seen.
    private @Nullable Task task;
    private int tasks;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private volatile @Nullable Thread caller;
    private volatile @Nullable Throwable failure;
    private volatile int job;
    private volatile boolean closed;

    /** A piece of a computation. */
    @FunctionalInterface
    public interface Task {
        /**
         * Does one piece.
         *
         * @param index which piece
         * @param worker which thread it runs on, from 0 to {@code threads - 1}: an index into scratch memory
         */
        void run(int index, int worker);
    }

    private Workspace(int threads, long memory) {
        if (threads < 1 || threads > 1024) {
            throw new IllegalArgumentException("threads = " + threads + ": must be from 1 to 1024");
        }
        if (memory < 1 << 20) {
            throw new IllegalArgumentException("memory = " + memory + " bytes: must be at least 1 MiB");
        }
        this.memory = memory;
        this.helpers = new Thread[threads - 1];
    }

    /** A workspace with a number of threads, the caller's included, and {@link #DEFAULT_MEMORY}. */
    public static Workspace ofThreads(int threads) {
        return of(threads, DEFAULT_MEMORY);
    }

    /**
     * A workspace.
     *
     * @param threads the number of threads, the caller's included; from 1 to 1,024
     * @param memory the bytes that a layer may use beyond its inputs, parameters and gradients, and two copies of the
     *     hidden vectors; at least 1 MiB
     */
    public static Workspace of(int threads, long memory) {
        Workspace workspace = new Workspace(threads, memory);
        for (int i = 0; i < workspace.helpers.length; i++) {
            int worker = i + 1;
            workspace.helpers[i] =
                    Thread.ofPlatform().daemon().name("vastmax-" + worker).start(() -> workspace.help(worker));
        }
        return workspace;
    }

    /** The number of threads, the caller's included. */
    public int threads() {
        return helpers.length + 1;
    }

    /** The allowance of memory in bytes. */
    public long memory() {
        return memory;
    }

    /** The scratch memory of one kind of computation, made at its first use and kept. */
    public <T> T scratch(Class<T> type, Supplier<T> make) {
        Object kept = scratch.get(type);
        if (kept == null) {
            kept = make.get();
            scratch.put(type, kept);
        }
        return type.cast(kept);
    }

    /**
     * Runs {@code task} for each index below {@code tasks}, on all threads, and returns when all are done. Which thread
     * takes which index is left open. Allocates nothing.
     *
     * @throws IllegalStateException if the workspace is closed, or in use by another thread or an outer {@code run}
     */
    public void run(int tasks, Task task) {
        if (!inUse.compareAndSet(false, true)) {
            throw new IllegalStateException("This workspace is in use: it serves one caller at a time");
        }
        try {
            if (closed) {
                throw new IllegalStateException("This workspace is closed");
            }
            if (helpers.length == 0 || tasks <= 1) {
                for (int i = 0; i < tasks; i++) {
                    task.run(i, 0);
                }
            } else {
                runOnAll(tasks, task);
            }
        } finally {
            inUse.set(false);
        }
    }

    /** Ends the threads. */
    @Override
    public void close() {
        closed = true;
        for (Thread helper : helpers) {
            LockSupport.unpark(helper);
        }
    }

    // The volatile counter has one writer, the caller.
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void runOnAll(int tasks, Task task) {
        this.task = task;
        this.tasks = tasks;
        failure = null;
        caller = Thread.currentThread();
        next.set(0);
        running.set(helpers.length);
        job++;
        for (Thread helper : helpers) {
            LockSupport.unpark(helper);
        }
        work(task, tasks, 0);
        for (int spins = 0; running.get() > 0; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(this);
            }
        }
        this.task = null;
        switch (failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    private void help(int worker) {
        int seen = 0;
        while (true) {
            for (int spins = 0; job == seen && !closed; spins++) {
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            if (job == seen) {
                return;
            }
            seen = job;
            Task current = task;
            if (current != null) {
                work(current, tasks, worker);
            }
            if (running.decrementAndGet() == 0) {
                LockSupport.unpark(caller);
            }
        }
    }

    private void work(Task task, int tasks, int worker) {
        try {
            for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
                task.run(i, worker);
            }
        } catch (Throwable t) {
            next.set(tasks);
            failure = t;
        }
    }
}
