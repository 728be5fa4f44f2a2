package io.vastmax.bench;

import com.sun.management.ThreadMXBean;
import io.vastmax.FullSoftmax;
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
    private record Extra(long resident, long heap) {
        String line() {
            return "extra " + resident + " " + heap;
        }

        static Extra parse(String line) {
            String[] words = line.split(" ", -1);
            return new Extra(Long.parseLong(words[1]), Long.parseLong(words[2]));
        }
    }

    /** What to measure, and whether PyTorch's step too. */
    private record Case(Layer layer, Problem problem, boolean peer) {}

    private static List<Case> cases(boolean quick) {
        Layer full = new Layer.Full();
        List<Case> cases = new ArrayList<>(List.of(new Case(full, Suites.WORDS, true)));
        if (!quick) {
            cases.add(new Case(full, new Problem(8192, 256, 33_278), false));
            cases.add(new Case(full, Suites.MILLION, false));
            cases.add(new Case(full, new Problem(8192, 128, 1_000_000), false));
        }
        for (Layer layer : List.of(Suites.SAMPLED, Suites.HIERARCHICAL)) {
            for (Problem problem : quick ? Suites.SIZES.subList(0, 1) : Suites.SIZES) {
                cases.add(new Case(layer, problem, false));
            }
        }
        return cases;
    }

    /** Measures in child JVMs; the report in Markdown. */
    static String run(boolean quick) throws IOException, InterruptedException {
        String when = Machine.now();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("One step", "Bound", "Vastmax, resident", "Vastmax, heap", "PyTorch, resident"));
        for (Case each : cases(quick)) {
            Problem problem = each.problem();
            Extra ours = inChild(Implementation.VASTMAX, each.layer(), problem);
            String peer = each.peer()
                    ? mebibytes(inChild(Implementation.PYTORCH, each.layer(), problem)
                            .resident())
                    : "not run";
            long bound = (64L << 20) + 8L * problem.rows() * problem.width();
            rows.add(List.of(
                    each.layer().label() + ": " + problem,
                    each.layer() instanceof Layer.Full ? mebibytes(bound) : "",
                    mebibytes(ours.resident()),
                    mebibytes(ours.heap()),
                    peer));
        }
        return "# Memory of loss and gradients beyond inputs, parameters and gradients\n\n"
                + Machine.description() + ". " + when + ".\n\n" + Table.markdown(rows)
                + """

                - Bound: 64 MiB + 8 N d bytes. %d threads; each figure is of one step in a JVM of its own.
                - Resident: the growth of the peak of the process's resident memory (VmHWM of Linux) over what was resident
                  before the step: all of it, what the compiler and the collector take during the step included.
                - Heap: the bytes that all threads allocated during the step, which the heap cannot have grown beyond.
                - Sampled and hierarchical: the extra memory must not grow with V.
                """.formatted(THREADS);
    }

    /** The child: takes an implementation, a layer and NxdxV. */
    public static void main(String[] args) {
        Layer layer = Layer.parse(args[1]);
        Problem problem = Problem.parse(args[2]);
        Extra growth = switch (Implementation.valueOf(args[0])) {
            case VASTMAX -> vastmax(layer, problem);
            case PYTORCH -> pytorch(layer, problem);
            default -> throw Implementation.valueOf(args[0]).notHere();
        };
        System.out.println(growth.line());
    }

    private static Extra vastmax(Layer layer, Problem problem) {
        // With the usual allowance the logits are kept, with the least they are computed twice: both want compiling
        Problem small = new Problem(64, problem.width(), 4096);
        for (long memory : new long[] {Workspace.DEFAULT_MEMORY, 1 << 20}) {
            try (LossStep step = new VastmaxLossStep(layer, small, Workspace.of(THREADS, memory))) {
                warmUp(step);
            }
        }
        try (VastmaxLossStep step = new VastmaxLossStep(layer, problem, Workspace.ofThreads(THREADS))) {
            if (!(layer instanceof Layer.Full)) {
                // Gradients by row come to be in the first step
                step.run();
                step.restart(Workspace.ofThreads(THREADS));
            }
            return growth(step);
        }
    }

    private static Extra pytorch(Layer layer, Problem problem) {
        // The gradients of the parameters come to be in the first step: so a step of a few rows goes first
        Problem few = new Problem(8, problem.width(), problem.classes());
        if (!(layer.of(few) instanceof FullSoftmax full)) {
            throw Implementation.PYTORCH.notHere();
        }
        try (PyTorchLossStep step = new PyTorchLossStep(full, few, THREADS)) {
            warmUp(step);
            step.take(problem);
            Extra growth = growth(step);
            // That of the hidden vectors came to be in the step that was measured, and is no extra
            return new Extra(growth.resident() - (long) Float.BYTES * problem.rows() * problem.width(), -1);
        }
    }

    private static void warmUp(LossStep step) {
        for (long start = System.nanoTime(); System.nanoTime() - start < WARM_UP_SECONDS * 1_000_000_000L; ) {
            step.run();
        }
    }

    private static Extra growth(LossStep step) {
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
        return new Extra(resident < 0 ? -1 : peak - resident, heap);
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

    private static Extra inChild(Implementation implementation, Layer layer, Problem problem)
            throws IOException, InterruptedException {
        System.err.printf("%s: %s: %s, %s: ", NAME, layer.label(), problem, implementation.label());
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Xms16m",
                "-Xmx3g",
                "-XX:MinHeapFreeRatio=0",
                "-XX:MaxHeapFreeRatio=1"));
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(Given.flags());
        command.addAll(List.of(MemoryReport.class.getName(), implementation.name(), layer.text(), problem.text()));
        Process child =
                new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
        String line = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (child.waitFor() != 0) {
            throw new IllegalStateException("The child JVM failed, see above: " + String.join(" ", command));
        }
        Extra growth = Extra.parse(line);
        System.err.println(mebibytes(growth.resident()));
        return growth;
    }

    private static String mebibytes(long bytes) {
        return bytes < 0 ? "unknown" : "%,.0f MiB".formatted((double) bytes / MIB);
    }
}
