package io.vastmax.cli;

import io.vastmax.Workspace;
import io.vastmax.djl.LanguageModelFiles;
import io.vastmax.djl.RecurrentDecoder;
import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Filters;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.Generation;
import io.vastmax.text.GenerationSettings;
import io.vastmax.text.Generator;
import io.vastmax.text.Vocabulary;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
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
            "Write text with a model, word by word.",
            "",
            "Each word is drawn from the model's distribution by the samplers that are given, in their order;"
                    + " by --top-k 40 --temperature 0.8 if none is. The logits are log-probabilities.",
            "",
            "A text has --tokens words, unless it comes to an --end or a --stop; Ctrl-C ends it, too.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  vastmax generate --model model --prompt \"public static\" --tokens 60 --temperature 0.7",
            "  vastmax generate --model model --prompt \"if (\" --stop \"{\" --end \"<eos>\" --samples 3"
        })
final class GenerateCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "DIR", required = true, description = "Folder of the model.")
    @SuppressWarnings("NullAway.Init")
    private Path model;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "What the text begins with. Default: the beginning of a line.")
    private String prompt = "";

    @Option(names = "--tokens", paramLabel = "N", description = "How many words to write. Default: ${DEFAULT-VALUE}.")
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
            description = "End a text at this word of the vocabulary, such as <eos>. May be given again.")
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
        if (stops.contains("")) {
            throw new ParameterException(spec.commandLine(), "--stop must not be empty");
        }
        LanguageModelFiles.Loaded loaded = LanguageModelFiles.load(model);
        Vocabulary vocabulary = loaded.vocabulary();
        PrintWriter out = spec.commandLine().getOut();
        try (Interrupts interrupts = new Interrupts();
                RecurrentLanguageModel lm = loaded.model();
                Workspace workspace = run.workspace()) {
            Chain chain = SamplingOptions.areGiven(spec)
                    ? SamplingOptions.chain(spec, file -> LogitsFile.readBeside(file, 0, vocabulary.size()))
                    : Chain.of(Filters.topK(40), Filters.temperature(0.8));
            GenerationSettings settings = GenerationSettings.of(chain, tokens)
                    .withSeed(seed)
                    .withEndTokens(ends.stream()
                            .mapToInt(end -> endToken(end, vocabulary))
                            .toArray())
                    .withStopStrings(stops.toArray(String[]::new));
            Generator generator = new Generator(new RecurrentDecoder(lm, workspace), Detokenizer.words(vocabulary));
            boolean streams = samples == 1 && !run.json();
            List<int[]> prompts = Collections.nCopies(samples, promptIds(loaded));
            if (streams) {
                out.print(prompt);
            }
            List<Generation> texts = generator.generate(prompts, settings, token -> {
                if (streams) {
                    out.print(token.text());
                }
                // Flushes; and whoever read this may be gone, as `head` is after ten lines
                boolean gone = streams && out.checkError();
                return !gone && !interrupts.requested();
            });
            if (run.json()) {
                out.print(Json.write(result(texts, vocabulary)));
            } else if (streams) {
                out.println();
            } else {
                print(texts, out);
            }
            // before the JVM ends, after Ctrl-C
            out.flush();
        }
        return 0;
    }

    private void check(String option, int number) {
        if (number < 1) {
            throw new ParameterException(spec.commandLine(), option + " " + number + ": must be at least 1");
        }
    }

    private int endToken(String token, Vocabulary vocabulary) {
        int id = vocabulary.id(token);
        if (id == vocabulary.unkId() && !token.equals(Vocabulary.UNK)) {
            throw new ParameterException(
                    spec.commandLine(), "--end " + token + ": is no word of the model's vocabulary");
        }
        return id;
    }

    private void print(List<Generation> texts, PrintWriter out) {
        for (int i = 0; i < texts.size(); i++) {
            out.printf("--- %d of %d ---%n", i + 1, texts.size());
            out.println(prompt + texts.get(i).text());
        }
    }

    private Object result(List<Generation> texts, Vocabulary vocabulary) {
        List<Sample> all = texts.stream()
                .map(text -> new Sample(
                        text.tokens().stream().map(vocabulary::token).toList(),
                        prompt + text.text(),
                        text.finish().name().toLowerCase(Locale.ROOT)))
                .toList();
        Sample first = all.getFirst();
        return all.size() == 1
                ? new Result(prompt, first.tokens(), first.text(), first.finish())
                : new Samples(prompt, all);
    }

    /**
     * The prompt after the end of a line, so that there is something to go on from, without an end of its last line, which goes
     * on. It stands between two words that are dropped: a tokenizer ends every line, and may take the first for a header.
     */
    private int[] promptIds(LanguageModelFiles.Loaded loaded) throws IOException {
        List<String> words = new ArrayList<>();
        loaded.tokenizer().tokenize(new StringReader(".\n" + prompt + " ."), words::add);
        return words.subList(1, words.size() - 2).stream()
                .mapToInt(loaded.vocabulary()::id)
                .toArray();
    }
}
