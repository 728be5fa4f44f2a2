package io.vastmax.cli;

import java.io.PrintWriter;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Help;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code vastmax} command. Results go to standard output, everything else to standard error; the exit code is 0 when
 * the work is done, 1 when it failed and 2 when the arguments were wrong.
 */
@Command(
        name = "vastmax",
        description = "Softmax output layers and language models on the JVM.",
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = Version.class,
        subcommands = {
            TrainCommand.class,
            EvaluateCommand.class,
            CalibrateCommand.class,
            GenerateCommand.class,
            SampleCommand.class,
            ExportCommand.class,
            CompareCommand.class,
            HelpCommand.class,
            GenerateCompletion.class
        })
public final class Main {
    private static final String HELP = "Show this help and exit.";

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = HELP)
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version, the JDK, the kernels and the machine, and exit.")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean version;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Show where a failure came from.")
    private boolean verbose;

    Main() {}

    public static void main(String... arguments) {
        ChildProcess.endWithParent();
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        for (CommandLine command : line.getSubcommands().values()) {
            // Not by inheritance, which fails at the command `help`: it has this option itself
            if (command.getCommandSpec().findOption("--help") == null) {
                command.getCommandSpec()
                        .addOption(OptionSpec.builder("-h", "--help")
                                .usageHelp(true)
                                .description(HELP)
                                .build());
            }
            if (command.getCommand() instanceof SampleCommand || command.getCommand() instanceof GenerateCommand) {
                SamplingOptions.addTo(command.getCommandSpec());
            }
        }
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                // A prompt may begin with @
                .setExpandAtFiles(false)
                // in the encodings of System.out and System.err, where picocli would take the default one
                .setOut(new PrintWriter(System.out, true, System.out.charset()))
                .setErr(new PrintWriter(System.err, true, System.err.charset()))
                .setParameterExceptionHandler((wrong, arguments) -> refuse(wrong))
                .setExecutionStrategy(Main::run)
                .setExecutionExceptionHandler(Main::fail);
    }

    private static int run(ParseResult parsed) {
        try {
            return new RunLast().execute(parsed);
        } catch (Error e) {
            // Above all too little memory: a failure like others
            throw new ExecutionException(parsed.commandSpec().commandLine(), e.toString(), e);
        }
    }

    private static int refuse(ParameterException wrong) {
        CommandLine command = wrong.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("vastmax: " + wrong.getMessage());
        UnmatchedArgumentException.printSuggestions(wrong, err);
        Help help = command.getHelp();
        err.print(help.synopsisHeading() + help.synopsis(help.synopsisHeadingLength()));
        err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return ExitCode.USAGE;
    }

    private static int fail(Exception thrown, CommandLine command, ParseResult parsed) {
        Throwable failure =
                thrown instanceof ExecutionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        PrintWriter err = command.getErr();
        err.println("vastmax: " + Failures.describe(failure));
        if (command.getCommandSpec().root().userObject() instanceof Main main && main.verbose) {
            failure.printStackTrace(err);
        }
        return ExitCode.SOFTWARE;
    }
}
