package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That {@link Workspace#run} allocates nothing is shown in the testkit. */
@Timeout(30)
class WorkspaceTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void runsEachIndexOnce(int threads) {
        try (Workspace workspace = Workspace.ofThreads(threads)) {
            assertThat(workspace.threads()).isEqualTo(threads);
            for (int round = 0; round < 300; round++) {
                for (int tasks : new int[] {0, 1, 2, 7, 100}) {
                    AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
                    AtomicInteger strangers = new AtomicInteger();
                    workspace.run(tasks, (index, worker) -> {
                        runs.incrementAndGet(index);
                        if (worker < 0 || worker >= threads) {
                            strangers.incrementAndGet();
                        }
                    });
                    for (int i = 0; i < tasks; i++) {
                        assertThat(runs.get(i)).isEqualTo(1);
                    }
                    assertThat(strangers).hasValue(0);
                }
            }
        }
    }

    /** A worker is one thread, so that scratch memory by worker is nobody else's. */
    @Test
    void aWorkerIsAThread() {
        Set<String> pairs = ConcurrentHashMap.newKeySet();
        try (Workspace workspace = Workspace.ofThreads(3)) {
            for (int round = 0; round < 200; round++) {
                workspace.run(
                        30,
                        (index, worker) ->
                                pairs.add(worker + " " + Thread.currentThread().threadId()));
            }
        }
        assertThat(pairs).hasSizeLessThanOrEqualTo(3);
    }

    /** A pause of helpers that sleep, and the next job finds them. */
    @Test
    void allThreadsTakePartAlsoAfterAPause() throws InterruptedException {
        try (Workspace workspace = Workspace.ofThreads(3)) {
            for (int round = 0; round < 3; round++) {
                CountDownLatch all = new CountDownLatch(3);
                workspace.run(3, (index, worker) -> {
                    all.countDown();
                    await(all);
                });
                Thread.sleep(20);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "1, 9", "2, 0", "2, 1", "2, 9", "8, 0", "8, 5", "8, 9"})
    void anExceptionReachesTheCallerAndTheWorkspaceStaysUsable(int threads, int failing) {
        try (Workspace workspace = Workspace.ofThreads(threads)) {
            for (int round = 0; round < 50; round++) {
                assertThatThrownBy(() -> workspace.run(10, (index, worker) -> {
                            if (index == failing) {
                                throw new ArithmeticException("task " + index);
                            }
                        }))
                        .isInstanceOf(ArithmeticException.class)
                        .hasMessage("task " + failing);
                AtomicInteger runs = new AtomicInteger();
                workspace.run(10, (index, worker) -> runs.incrementAndGet());
                assertThat(runs).hasValue(10);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void anErrorReachesTheCallerToo(int threads) {
        try (Workspace workspace = Workspace.ofThreads(threads)) {
            assertThatThrownBy(() -> workspace.run(2, (index, worker) -> {
                        throw new AssertionError("broken");
                    }))
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("broken");
        }
    }

    @Test
    void aCheckedExceptionArrivesAsACause() {
        try (Workspace workspace = Workspace.ofThreads(2)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> workspace.run(2, (index, worker) -> sneak(new IOException("disk"))))
                    .withRootCauseInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void refusesARunWithinARun(int threads) {
        try (Workspace workspace = Workspace.ofThreads(threads)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> workspace.run(2, (index, worker) -> workspace.run(1, (i, w) -> {})))
                    .withMessageContaining("in use");
            workspace.run(2, (index, worker) -> {});
        }
    }

    @Test
    void refusesASecondCaller() throws InterruptedException {
        try (Workspace workspace = Workspace.ofThreads(2)) {
            CountDownLatch running = new CountDownLatch(1);
            CountDownLatch refused = new CountDownLatch(1);
            Thread other = Thread.ofPlatform()
                    .start(() -> workspace.run(1, (index, worker) -> {
                        running.countDown();
                        await(refused);
                    }));
            running.await();
            assertThatIllegalStateException()
                    .isThrownBy(() -> workspace.run(1, (index, worker) -> {}))
                    .withMessageContaining("in use");
            refused.countDown();
            other.join();
            workspace.run(1, (index, worker) -> {});
        }
    }

    @Test
    void anInterruptedCallerFinishesAndStaysInterrupted() {
        AtomicInteger runs = new AtomicInteger();
        try (Workspace workspace = Workspace.ofThreads(2)) {
            Thread.currentThread().interrupt();
            workspace.run(100, (index, worker) -> runs.incrementAndGet());
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(runs).hasValue(100);
    }

    @Test
    void closeEndsTheThreadsAndRefusesWork() throws InterruptedException {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        Workspace workspace = Workspace.ofThreads(3);
        CountDownLatch all = new CountDownLatch(3);
        workspace.run(3, (index, worker) -> {
            threads.add(Thread.currentThread());
            all.countDown();
            await(all);
        });
        threads.remove(Thread.currentThread());
        assertThat(threads)
                .hasSize(2)
                .allMatch(Thread::isDaemon)
                .allMatch(t -> t.getName().startsWith("vastmax-"));
        workspace.close();
        workspace.close();
        for (Thread thread : threads) {
            thread.join(10_000);
            assertThat(thread.isAlive()).isFalse();
        }
        assertThatIllegalStateException()
                .isThrownBy(() -> workspace.run(1, (index, worker) -> {}))
                .withMessageContaining("closed");
        assertThatIllegalStateException()
                .isThrownBy(() -> workspace.run(0, (index, worker) -> {}))
                .withMessageContaining("closed");
    }

    @Test
    void keepsScratchMemoryByKind() {
        try (Workspace workspace = Workspace.ofThreads(1)) {
            StringBuilder first = workspace.scratch(StringBuilder.class, StringBuilder::new);
            assertThat(workspace.scratch(StringBuilder.class, StringBuilder::new))
                    .isSameAs(first);
            assertThat(workspace.scratch(AtomicInteger.class, AtomicInteger::new))
                    .hasValue(0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1025})
    void refusesThreads(int threads) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Workspace.ofThreads(threads))
                .withMessageContaining("threads = " + threads);
    }

    @Test
    void refusesTooLittleMemory() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Workspace.of(1, (1 << 20) - 1))
                .withMessageContaining("memory = 1048575");
        try (Workspace workspace = Workspace.of(1, 1 << 20)) {
            assertThat(workspace.memory()).isEqualTo(1 << 20);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> void sneak(Throwable e) throws E {
        throw (E) e;
    }
}
