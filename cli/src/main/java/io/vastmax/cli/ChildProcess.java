package io.vastmax.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * This program once more, in a process of its own: what it takes of memory is its own too. It runs on the same Java with
 * the same flags and class path as this process, reads nothing, and writes its standard error to ours; it ends when we do.
 */
final class ChildProcess {
    private static final String CHILD = "vastmax.child";

    private ChildProcess() {}

    /**
     * Runs {@code vastmax arguments...} and waits for it.
     *
     * @return what it wrote to its standard output
     * @throws IOException if it cannot be started, or if its exit code is not 0
     * @throws InterruptedException if this thread is interrupted meanwhile; the child is then gone
     */
    static String run(List<String> arguments) throws IOException, InterruptedException {
        return run(Main.class, arguments);
    }

    static String run(Class<?> main, List<String> arguments) throws IOException, InterruptedException {
        Process child = new ProcessBuilder(command(main, arguments))
                .redirectError(Redirect.INHERIT)
                .start();
        Thread end = new Thread(child::destroyForcibly);
        try {
            Runtime.getRuntime().addShutdownHook(end);
            CompletableFuture<String> output = CompletableFuture.supplyAsync(() -> output(child), newThread());
            int exitCode = child.waitFor();
            if (exitCode != 0) {
                throw new IOException(
                        "vastmax " + String.join(" ", arguments) + " ended with the exit code " + exitCode);
            }
            return output.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof UncheckedIOException unread) {
                throw unread.getCause();
            }
            throw e;
        } finally {
            child.destroyForcibly();
            try {
                Runtime.getRuntime().removeShutdownHook(end);
            } catch (IllegalStateException e) {
                // We are shutting down, and the hook does its work
            }
        }
    }

    /**
     * In the process that {@link #run} started: makes it end when its parent does, even where the parent is killed. Its
     * standard input is a pipe in which nothing ever comes but its end.
     */
    static void endWithParent() {
        if (Boolean.getBoolean(CHILD)) {
            Thread.ofPlatform().daemon().name("parent").start(() -> {
                try {
                    System.in.transferTo(OutputStream.nullOutputStream());
                } catch (IOException e) {
                    // as good as the end
                }
                Runtime.getRuntime().halt(1);
            });
        }
    }

    private static List<String> command(Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            // A second process cannot listen on the debugger's port
            if (!flag.startsWith("-agentlib:jdwp") && !flag.startsWith("-Xrunjdwp")) {
                command.add(flag);
            }
        }
        command.add("-D" + CHILD + "=true");
        command.add("-Dstdout.encoding=UTF-8");
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(arguments);
        return command;
    }

    private static String output(Process child) {
        try {
            return new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Executor newThread() {
        return task -> Thread.ofVirtual().name("child-output").start(task);
    }
}
