package io.vastmax.cli;

import io.vastmax.Workspace;
import io.vastmax.djl.LanguageModelFiles;
import io.vastmax.djl.RecurrentDecoder;
import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.onnx.OnnxLanguageModel;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Filters;
import io.vastmax.text.CausalLanguageModel;
import io.vastmax.text.Generation;
import io.vastmax.text.GenerationSettings;
import io.vastmax.text.Generator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vastmax generate}. */
@Command(
        name = "generate",
        sortOptions = false,
        description = {
            "Write text with a model, token by token: one that train has made, or a language model as ONNX.",
            "",
            "Each token is drawn from the model's distribution by the samplers that are given, in their order;"
                    + " by --top-k 40 --temperature 0.8 if none is. The logits of a model of train are log-probabilities.",
            "",
            "A text has --tokens tokens, unless it comes to an --end or a --stop, or fills the model's context; Ctrl-C ends"
                    + " it, too.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  vastmax generate --model model --prompt \"public static\" --tokens 60 --temperature 0.7",
            "  vastmax generate --model model --prompt \"if (\" --stop \"{\" --end \"<eos>\" --samples 3",
            "  vastmax generate --onnx gpt2 --prompt \"Once upon a time\" --top-p 0.95 --temperature 0.8"
        })
final class GenerateCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "DIR", description = "Folder of a model that train has made.")
    private @Nullable Path model;

    @Mixin
    private OnnxModelOptions onnx = new OnnxModelOptions();

    @Option(
            names = "--draft",
            paramLabel = "PATH",
            description =
                    "A smaller ONNX model of the same tokens, which drafts for the one of --onnx, so that it runs less often."
                            + " Texts have the same distribution; greedy ones are the same.")
    private @Nullable Path draft;

    @Option(
            names = "--drafts",
            paramLabel = "N",
            description = "How many tokens it drafts at a time. Default: ${DEFAULT-VALUE}.")
    private int drafts = 4;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "What the text begins with. Default: the beginning of a line, or of a text.")
    private String prompt = "";

    @Option(names = "--tokens", paramLabel = "N", description = "How many tokens to write. Default: ${DEFAULT-VALUE}.")
    private int tokens = 100;

    @Option(names = "--seed", paramLabel = "N", description = "Of the draws. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Option(
            names = "--samples",
            paramLabel = "N",
            description = "How many texts to write, each with draws of its own. Default: ${DEFAULT-VALUE}.")
    private int samples = 1;

    @Option(
            names = "--end",
            paramLabel = "TOKEN",
            description =
                    "End a text at this token of the vocabulary, such as <eos>. May be given again. Default: as the"
                            + " files beside an ONNX model say; none for other models.")
    private List<String> ends = List.of();

    @Option(
            names = "--stop",
            paramLabel = "TEXT",
            description = "End a text before it comes to this, as written. May be given again.")
    private List<String> stops = List.of();

    @Mixin
    private RunOptions run = new RunOptions();

    /** A text, for {@code --json}. */
    private record Sample(List<String> tokens, String text, String finish) {}

    /** The result of several. */
    private record Samples(String prompt, List<Sample> samples) {}

    /** The result of one. */
    private record Result(String prompt, List<String> tokens, String text, String finish) {}

    @Override
    public Integer call() throws IOException {
        check("--tokens", tokens);
        check("--samples", samples);
        check("--drafts", drafts);
        onnx.check(spec, model);
        if (draft != null && model != null) {
            throw new ParameterException(spec.commandLine(), "--draft goes with --onnx");
        }
        if (draft == null && spec.commandLine().getParseResult().hasMatchedOption("--drafts")) {
            throw new ParameterException(spec.commandLine(), "--drafts goes with --draft");
        }
        if (stops.contains("")) {
            throw new ParameterException(spec.commandLine(), "--stop must not be empty");
        }
        try (Interrupts interrupts = new Interrupts()) {
            if (model != null) {
                withTrained(model, interrupts);
            } else {
                withOnnx(interrupts);
            }
        }
        return 0;
    }

    private void withTrained(Path folder, Interrupts interrupts) throws IOException {
        LanguageModelFiles.Loaded loaded = LanguageModelFiles.load(folder);
        WordTokens words = new WordTokens(loaded.vocabulary(), loaded.tokenizer());
        try (RecurrentLanguageModel lm = loaded.model();
                Workspace workspace = run.workspace()) {
            RecurrentDecoder decoder = new RecurrentDecoder(lm, workspace);
            write(
                    new Generator(decoder, words.detokenizer()),
                    settings(decoder, words, Set.of()),
                    words.prompt(prompt),
                    words,
                    interrupts);
        }
    }

    private void withOnnx(Interrupts interrupts) throws IOException {
        try (OnnxLanguageModel lm = onnx.open(run.threads());
                OnnxLanguageModel small = draft == null ? null : OnnxModelOptions.open(draft, run.threads());
                TextTokens text = onnx.tokens(spec, lm)) {
            int[] given = text.prompt(prompt);
            int[] ids = given.length > 0 ? given : lm.beginToken().stream().toArray();
            if (ids.length == 0) {
                throw new ParameterException(
                        spec.commandLine(), "--prompt is empty, and the model does not say what a text begins with");
            }
            Generator generator = new Generator(lm, text.detokenizer());
            write(
                    small == null ? generator : generator.withDraft(small, drafts),
                    settings(lm, text, lm.endTokens()),
                    ids,
                    text,
                    interrupts);
        }
    }

    private GenerationSettings settings(CausalLanguageModel lm, TextTokens text, Set<Integer> usualEnds)
            throws IOException {
        Chain chain = SamplingOptions.areGiven(spec)
                ? SamplingOptions.chain(spec, file -> LogitsFile.readBeside(file, 0, lm.vocabularySize()))
                : Chain.of(Filters.topK(40), Filters.temperature(0.8));
        IntStream endTokens = ends.isEmpty()
                ? usualEnds.stream().mapToInt(id -> id)
                : ends.stream().mapToInt(end -> endToken(end, text));
        return GenerationSettings.of(chain, tokens)
                .withSeed(seed)
                .withEndTokens(endTokens.toArray())
                .withStopStrings(stops.toArray(String[]::new));
    }

    private void write(
            Generator generator, GenerationSettings settings, int[] ids, TextTokens text, Interrupts interrupts)
            throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        boolean streams = samples == 1 && !run.json();
        // Written with the first token: until that is drawn, the prompt may be refused
        StringBuilder next = new StringBuilder(prompt);
        List<Generation> texts = generator.generate(Collections.nCopies(samples, ids), settings, token -> {
            if (streams) {
                out.print(next.append(token.text()));
                next.setLength(0);
            }
            // Flushes; and whoever read this may be gone, as `head` is after ten lines
            boolean gone = streams && out.checkError();
            return !gone && !interrupts.requested();
        });
        if (run.json()) {
            out.print(Json.write(result(texts, text)));
        } else if (streams) {
            out.println();
        } else {
            print(texts, out);
        }
        // before the JVM ends, after Ctrl-C
        out.flush();
    }

    private void check(String option, int number) {
        if (number < 1) {
            throw new ParameterException(spec.commandLine(), option + " " + number + ": must be at least 1");
        }
    }

    private int endToken(String token, TextTokens text) {
        return text.id(token)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "--end " + token + ": is no token of the model's vocabulary"));
    }

    private void print(List<Generation> texts, PrintWriter out) {
        for (int i = 0; i < texts.size(); i++) {
            out.printf("--- %d of %d ---%n", i + 1, texts.size());
            out.println(prompt + texts.get(i).text());
        }
    }

    private Object result(List<Generation> texts, TextTokens tokens) {
        List<Sample> all = texts.stream()
                .map(text -> new Sample(
                        text.tokens().stream().map(tokens::token).toList(),
                        prompt + text.text(),
                        text.finish().name().toLowerCase(Locale.ROOT)))
                .toList();
        Sample first = all.getFirst();
        return all.size() == 1
                ? new Result(prompt, first.tokens(), first.text(), first.finish())
                : new Samples(prompt, all);
    }
}
