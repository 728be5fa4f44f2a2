package io.vastmax.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.vastmax.FullSoftmax;
import io.vastmax.Matrix;
import io.vastmax.Step;
import io.vastmax.TopK;
import io.vastmax.Workspace;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What promises to allocate nothing does not, once it is warm. Core's classes: core cannot use the testkit itself. */
class AllocationTest {
    private static byte[] kept = new byte[0];

    @Test
    void countsBytes() {
        assertThat(Allocation.bytes(() -> kept = new byte[1 << 20])).isBetween(1L << 20, (1L << 20) + 1_000);
        assertThat(Allocation.bytesOnceWarm(() -> kept = new byte[100])).isBetween(100L, 120L);
        assertThat(kept).hasSize(100);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void aWorkspaceRunsTasksWithoutAllocation(int threads) {
        AtomicInteger sum = new AtomicInteger();
        Workspace.Task task = (index, worker) -> sum.addAndGet(index);
        try (Workspace workspace = Workspace.ofThreads(threads)) {
            assertThat(Allocation.bytesOnceWarm(() -> workspace.run(20, task))).isZero();
        }
        assertThat(sum).hasValueGreaterThan(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theLikeliestClassesOfASingleRowAllocateNothing(int threads) {
        Problem<FullSoftmax> problem = Problem.of(FullSoftmax.create(300, 20, Problem.KEY), 1);
        TopK top = TopK.of(1, 40);
        FullSoftmax layer = problem.objective();
        Matrix hidden = problem.hidden();
        try (Workspace workspace = Workspace.ofThreads(threads)) {
            assertThat(Allocation.bytesOnceWarm(() -> layer.topK(hidden, top, workspace)))
                    .isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 32, 33, 64, 200})
    void trainingKeepsToItsAllowanceOfMemory(int rows) {
        // Vectors are objects until the kernels are compiled, which takes some steps
        long least = Long.MAX_VALUE;
        for (int step = 0; step < 200 && least >= 2 << 20; step++) {
            least = Math.min(least, bytesOfAStepInAMebibyte(rows));
        }
        assertThat(least).isLessThan(2 << 20);
    }

    /** What a first step makes for itself: scratch memory within the allowance, and small tables. */
    private static long bytesOfAStepInAMebibyte(int rows) {
        Problem<FullSoftmax> problem = Problem.of(FullSoftmax.create(100_000, 2, Problem.KEY), rows);
        try (Workspace workspace = Workspace.of(1, 1 << 20)) {
            Step step = new Step(Problem.KEY, workspace);
            return Allocation.bytes(
                    () -> problem.objective().lossAndGradients(problem.hidden(), problem.targets(), step, null, null));
        }
    }
}
