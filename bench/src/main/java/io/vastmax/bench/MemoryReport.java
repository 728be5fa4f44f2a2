package io.vastmax.bench;

import com.sun.management.ThreadMXBean;
import io.vastmax.Workspace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory that a step of loss and gradients takes beyond inputs, parameters and gradients.
 *
 * <p>Each measurement runs in a JVM of its own. There, small steps first have the compiler do its work; then inputs,
 * parameters and gradients are allocated and written, and free heap is given back to the system; then comes one step, with a
 * workspace that has not been used. Two figures are taken, over what was there before that step: the peak of the process's resident memory, which is all that the
 * system gave it, the compiler's late work and the collector's included; and the bytes that all threads allocated on the
 * heap, which no peak of the heap can exceed.
 */
public final class MemoryReport {
    static final String NAME = "memory";

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int THREADS = 2;
    private static final double MIB = 1 << 20;
    private static final int WARM_UP_SECONDS = 4;

    private MemoryReport() {}

    /** What a child has measured, in bytes; -1 for what it could not. */
    private record Growth(long resident, long heap) {
        String line() {
            return "growth " + resident + " " + heap;
        }

        static Growth parse(String line) {
            String[] words = line.split(" ", -1);
            return new Growth(Long.parseLong(words[1]), Long.parseLong(words[2]));
        }
    }

    /** Measures in child JVMs; the report in Markdown. */
    static String run(boolean quick) throws IOException, InterruptedException {
        List<Problem> problems = new ArrayList<>(List.of(Suite.WORDS));
        if (!quick) {
            problems.add(new Problem(8192, 256, 33_278));
            problems.add(Suite.MILLION);
            problems.add(new Problem(8192, 128, 1_000_000));
        }
        String when = Machine.now();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("One step", "Bound", "Vastmax, resident", "Vastmax, heap", "PyTorch, resident"));
        for (Problem problem : problems) {
            Growth ours = inChild(Implementation.VASTMAX, problem);
            String peer = problem.equals(Suite.WORDS)
                    ? mebibytes(inChild(Implementation.PYTORCH, problem).resident())
                    : "not run";
            long bound = (64L << 20) + 8L * problem.rows() * problem.width();
            rows.add(List.of(
                    problem.toString(), mebibytes(bound), mebibytes(ours.resident()), mebibytes(ours.heap()), peer));
        }
        return "# Memory of loss and gradients beyond inputs, parameters and gradients\n\n"
                + Machine.description() + ". " + when + ".\n\n" + Table.markdown(rows)
                + """

                - Bound: 64 MiB + 8 N d bytes. %d threads; each figure is of one step in a JVM of its own.
                - Resident: the growth of the peak of the process's resident memory (VmHWM of Linux) over what was resident
                  before the step: all of it, what the compiler and the collector take during the step included.
                - Heap: the bytes that all threads allocated during the step, which the heap cannot have grown beyond.
                """.formatted(THREADS);
    }

    /** The child: takes an implementation and NxdxV. */
    public static void main(String[] args) {
        Problem problem = Problem.parse(args[1]);
        Growth growth = switch (Implementation.valueOf(args[0])) {
            case VASTMAX -> vastmax(problem);
            case PYTORCH -> pytorch(problem);
            default -> throw Implementation.valueOf(args[0]).notHere();
        };
        System.out.println(growth.line());
    }

    private static Growth vastmax(Problem problem) {
        // With the usual allowance the logits are kept, with the least they are computed twice: both want compiling
        Problem small = new Problem(64, problem.width(), 4096);
        for (long memory : new long[] {Workspace.DEFAULT_MEMORY, 1 << 20}) {
            try (LossStep step = new VastmaxLossStep(small, Workspace.of(THREADS, memory))) {
                warmUp(step);
            }
        }
        try (LossStep step = new VastmaxLossStep(problem, Workspace.ofThreads(THREADS))) {
            return growth(step);
        }
    }

    private static Growth pytorch(Problem problem) {
        // The gradients of the parameters come to be in the first step: so a step of a few rows goes first
        try (PyTorchLossStep step = new PyTorchLossStep(new Problem(8, problem.width(), problem.classes()), THREADS)) {
            warmUp(step);
            step.take(problem);
            Growth growth = growth(step);
            // That of the hidden vectors came to be in the step that was measured, and is no extra
            return new Growth(growth.resident() - (long) Float.BYTES * problem.rows() * problem.width(), -1);
        }
    }

    private static void warmUp(LossStep step) {
        for (long start = System.nanoTime(); System.nanoTime() - start < WARM_UP_SECONDS * 1_000_000_000L; ) {
            step.run();
        }
    }

    private static Growth growth(LossStep step) {
        // Garbage must not leave memory that the step then takes: with the flags below it goes back to the system, in a
        // while
        System.gc();
        pause(2000);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        resetPeak();
        long resident = Machine.kibibytes(STATUS, "VmRSS") << 10;
        long allocated = threads.getTotalThreadAllocatedBytes();
        step.run();
        long heap = threads.getTotalThreadAllocatedBytes() - allocated;
        long peak = Machine.kibibytes(STATUS, "VmHWM") << 10;
        return new Growth(resident < 0 ? -1 : peak - resident, heap);
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sets VmHWM to VmRSS, see proc(5). */
    private static void resetPeak() {
        Path file = Path.of("/proc/self/clear_refs");
        if (Files.exists(file)) {
            try {
                Files.writeString(file, "5");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static Growth inChild(Implementation implementation, Problem problem)
            throws IOException, InterruptedException {
        System.err.printf("%s: %s, %s: ", NAME, problem, implementation.label());
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Xms16m",
                "-Xmx3g",
                "-XX:MinHeapFreeRatio=0",
                "-XX:MaxHeapFreeRatio=1"));
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of(MemoryReport.class.getName(), implementation.name(), problem.text()));
        Process child =
                new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
        String line = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (child.waitFor() != 0) {
            throw new IllegalStateException("The child JVM failed, see above: " + String.join(" ", command));
        }
        Growth growth = Growth.parse(line);
        System.err.println(mebibytes(growth.resident()));
        return growth;
    }

    private static String mebibytes(long bytes) {
        return bytes < 0 ? "unknown" : "%,.0f MiB".formatted((double) bytes / MIB);
    }
}
