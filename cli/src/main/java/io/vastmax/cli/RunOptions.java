package io.vastmax.cli;

import io.vastmax.Workspace;
import picocli.CommandLine.Option;

/** Options of every command that computes. */
final class RunOptions {
    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads to compute with. Default: the machine's cores, ${DEFAULT-VALUE}.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--memory",
            paramLabel = "MIB",
            description = "Memory in MiB that the output layer may use for logits. Default: ${DEFAULT-VALUE}.")
    private int memory = (int) (Workspace.DEFAULT_MEMORY >> 20);

    @Option(names = "--json", description = "Print the result as JSON (see docs/cli.md) instead of as text.")
    private boolean json;

    int threads() {
        return threads;
    }

    int memory() {
        return memory;
    }

    boolean json() {
        return json;
    }

    Workspace workspace() {
        return Workspace.of(threads, (long) memory << 20);
    }
}
