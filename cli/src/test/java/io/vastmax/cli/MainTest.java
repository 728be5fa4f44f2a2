package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void versionNamesWhatAReportNeeds() {
        assertThat(execute("--version")).isZero();
        assertThat(out.toString())
                .startsWith("vastmax " + Version.number() + System.lineSeparator())
                .contains("JDK:     " + Runtime.version())
                .containsPattern("Kernels: (scalar|\\d+-bit vectors)")
                .contains(" processors for Java");
        assertThat(Version.number()).matches("\\d+\\.\\d+.*");
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h", "help"})
    void helpGoesToStandardOutput(String argument) {
        assertThat(execute(argument)).isZero();
        assertThat(out.toString()).contains("Usage: vastmax", "--verbose", "generate-completion");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void everyCommandHasHelp() {
        for (String name : Main.commandLine().getSubcommands().keySet()) {
            assertThat(execute(name, "--help")).as(name).isZero();
            assertThat(out.toString()).as(name).contains("Usage: vastmax " + name, "Show ");
        }
    }

    @Test
    void completionIsAScript() {
        assertThat(execute("generate-completion")).isZero();
        assertThat(out.toString()).contains("complete -F _complete_vastmax");
    }

    @Test
    void wrongUsageIsExitCode2AndSuggests() {
        assertThat(execute("hepl")).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("vastmax: Unmatched argument at index 0: 'hepl'")
                .contains("Did you mean: vastmax help", "Usage: vastmax [-hvV] COMMAND", "Try 'vastmax --help'.");
        assertThat(out.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--bogus", "--version=maybe", "@file"})
    void wrongOptions(String argument) {
        assertThat(execute(argument)).isEqualTo(2);
        assertThat(err.toString()).startsWith("vastmax: ").contains(argument.substring(0, 5), "Usage: vastmax");
    }

    @Test
    void noCommandIsWrongUsage() {
        assertThat(execute()).isEqualTo(2);
        assertThat(err.toString()).contains("Missing required subcommand", "Usage: vastmax");
    }

    @Test
    void failureIsExitCode1AndOneLine() {
        assertThat(execute(() -> {
                    throw new IOException("no text\nin corpus");
                }))
                .isEqualTo(1);
        assertThat(err.toString()).isEqualTo("vastmax: no text in corpus" + System.lineSeparator());
    }

    @Test
    void verboseShowsWhere() {
        assertThat(execute(
                        () -> {
                            throw new IOException("no text");
                        },
                        "--verbose"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("vastmax: no text", "java.io.IOException: no text", "at io.vastmax.cli");
    }

    @Test
    void errorsAreFailuresToo() {
        assertThat(execute(() -> {
                    throw new OutOfMemoryError("Java heap space");
                }))
                .isEqualTo(1);
        assertThat(err.toString())
                .startsWith("vastmax: out of memory: Java heap space.")
                .contains("VASTMAX_JAVA_OPTS");
    }

    private int execute(String... arguments) {
        return execute(Main.commandLine(), arguments);
    }

    /** Runs {@code vastmax work options...}. */
    private int execute(Callable<Integer> work, String... options) {
        CommandLine line = Main.commandLine().addSubcommand("work", new Work(work));
        // as commands have it that Main names itself
        line.setExecutionExceptionHandler(line.getExecutionExceptionHandler());
        String[] arguments = new String[options.length + 1];
        arguments[0] = "work";
        System.arraycopy(options, 0, arguments, 1, options.length);
        return execute(line, arguments);
    }

    private int execute(CommandLine line, String... arguments) {
        return line.setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    @Command
    private static final class Work implements Callable<Integer> {
        private final Callable<Integer> work;

        Work(Callable<Integer> work) {
            this.work = work;
        }

        @Override
        public Integer call() throws Exception {
            return work.call();
        }
    }
}
