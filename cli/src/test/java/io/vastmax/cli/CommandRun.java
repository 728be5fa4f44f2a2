package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;

/** A command as a user runs it, and what it printed. */
record CommandRun(String out, String err) {
    /** Runs a command that ends with an exit code. A failure is one line, a wrong argument one before the usage. */
    static CommandRun of(int exitCode, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(err));
        int code = command.execute(arguments);
        assertThat(code).as(err.toString()).isEqualTo(exitCode);
        return new CommandRun(out.toString(), err.toString());
    }

    /** What a command says that refuses its arguments (2) or fails (1): one line without the name of an exception. */
    static String refusal(int exitCode, String... arguments) {
        CommandRun run = of(exitCode, arguments);
        assertThat(run.out).isEmpty();
        List<String> lines = run.err.lines().toList();
        assertThat(lines.getFirst()).startsWith("vastmax: ").doesNotContain("Exception", "--verbose");
        if (exitCode == 1) {
            assertThat(lines).hasSize(1);
        } else {
            assertThat(lines.get(1)).startsWith("Usage: ");
        }
        return lines.getFirst();
    }

    /** Arguments, and more of them. */
    static String[] with(String[] arguments, String... more) {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(Arrays.asList(more));
        return all.toArray(String[]::new);
    }

    JsonNode json() throws JsonProcessingException {
        return new ObjectMapper().readTree(out);
    }
}
