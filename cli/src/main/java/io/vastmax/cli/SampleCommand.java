package io.vastmax.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.vastmax.Workspace;
import io.vastmax.sampling.BatchSampler;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Explanation;
import io.vastmax.sampling.Logits;
import io.vastmax.sampling.Sampler;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vastmax sample}. */
@Command(
        name = "sample",
        sortOptions = false,
        description = {
            "Draw next tokens from logits in a file.",
            "",
            "Samplers are applied in the order in which they are given, or in that of --profile.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  vastmax sample --logits logits.npy --top-k 40 --top-p 0.95 --min-p 0.05 --temperature 0.8 --explain",
            "  vastmax sample --logits logits.f32 --vocab-size 50257 --row 2 --profile llama.cpp --draws 1000 --json"
        })
final class SampleCommand implements Callable<Integer> {
    private static final int SHOWN = 20;

    /** How many samplers there are at a time, each with a history. */
    private static final int TOGETHER = 256;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--logits",
            paramLabel = "FILE",
            required = true,
            description = "Raw little-endian 32-bit floats, .npy or a JSON array; - for standard input.")
    @SuppressWarnings("NullAway.Init")
    private String logits;

    @Option(names = "--row", paramLabel = "R", description = "Which row of them. Default: ${DEFAULT-VALUE}.")
    private int row;

    @Option(
            names = "--vocab-size",
            paramLabel = "V",
            description = "How many logits a row has: for raw files of several rows.")
    private @Nullable Integer vocabulary;

    @Option(
            names = "--history",
            paramLabel = "IDS",
            description = "The tokens before this one, the oldest first, for the penalties.")
    private @Nullable String history;

    @Option(
            names = "--draws",
            paramLabel = "N",
            description = "How many tokens to draw, all for this same step. Default: ${DEFAULT-VALUE}.")
    private int draws = 1;

    @Option(names = "--seed", paramLabel = "S", description = "Of the draws. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Option(
            names = "--json",
            description = "Print the candidates and the draws as JSON (see docs/cli.md) instead of as text.")
    private boolean json;

    @Option(names = "--explain", description = "Show what each step of the chain left.")
    private boolean explain;

    /** A candidate in JSON. */
    private record Candidate(int id, float logit, double probability) {}

    /** The result in JSON. */
    private record Result(
            List<Candidate> candidates,
            List<Integer> draws,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<Explanation.Stage> explanation) {}

    @Override
    public Integer call() throws IOException {
        if (draws < 0) {
            throw new ParameterException(spec.commandLine(), "--draws " + draws + ": must not be negative");
        }
        Logits step = read();
        Chain chain = SamplingOptions.chain(spec, file -> LogitsFile.readBeside(file, row, step.size()));
        Sampler sampler = chain.sampler(seed);
        for (int id : history()) {
            sampler.accept(id);
        }
        Explanation explanation = sampler.explain(step, step.size());
        int[] drawn = draw(sampler, step);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            List<Candidate> candidates = new ArrayList<>();
            for (Explanation.Candidate candidate : explanation.candidates()) {
                candidates.add(new Candidate(candidate.id(), candidate.logit(), candidate.probability()));
            }
            out.print(Json.write(new Result(
                    candidates, IntStream.of(drawn).boxed().toList(), explain ? explanation.stages() : null)));
        } else {
            if (explain) {
                ExplanationTable.print(explanation, out);
            }
            print(explanation.candidates(), drawn, out);
        }
        out.flush();
        return 0;
    }

    /** Each draw is that of a sequence of its own at the same position. */
    private int[] draw(Sampler sampler, Logits step) {
        int[] drawn = new int[draws];
        try (Workspace workspace = Workspace.ofThreads(Runtime.getRuntime().availableProcessors())) {
            for (int from = 0; from < draws; from += TOGETHER) {
                int[] some = new int[Math.min(TOGETHER, draws - from)];
                List<Sampler> samplers = new ArrayList<>();
                for (int i = 0; i < some.length; i++) {
                    samplers.add(sampler.fork(from + i));
                }
                new BatchSampler(samplers).sample(Collections.nCopies(some.length, step), some, workspace);
                System.arraycopy(some, 0, drawn, from, some.length);
            }
        }
        return drawn;
    }

    private Logits read() throws IOException {
        try {
            return LogitsFile.read(logits, row, vocabulary);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private int[] history() {
        if (history == null || history.isBlank()) {
            return new int[0];
        }
        try {
            return new Numbers(history).ids();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--history: " + e.getMessage(), e);
        }
    }

    private static void print(List<Explanation.Candidate> candidates, int[] drawn, PrintWriter out) {
        out.printf(Locale.ROOT, "%8s %12s %12s%n", "token", "logit", "probability");
        for (Explanation.Candidate candidate : candidates.subList(0, Math.min(SHOWN, candidates.size()))) {
            out.printf(
                    Locale.ROOT,
                    "%8d %12.4f %12.6f  %s%n",
                    candidate.id(),
                    candidate.logit(),
                    candidate.probability(),
                    ExplanationTable.bar(candidate.probability(), 30));
        }
        if (candidates.size() > SHOWN) {
            out.printf(Locale.ROOT, "%8s (%,d more)%n", "...", candidates.size() - SHOWN);
        }
        if (drawn.length > 0) {
            out.print(drawn.length == 1 ? "\nDrawn:" : "\nDraws:");
            for (int id : drawn) {
                out.print(" " + id);
            }
            out.println();
        }
    }
}
