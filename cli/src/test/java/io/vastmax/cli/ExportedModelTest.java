package io.vastmax.cli;

import static io.vastmax.cli.CommandRun.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vastmax.djl.LanguageModelFiles;
import io.vastmax.djl.RecurrentLanguageModel;
import io.vastmax.onnx.OnnxExport;
import io.vastmax.onnx.RecurrentGraph;
import io.vastmax.onnx.RecurrentGraph.Cell;
import io.vastmax.onnx.RecurrentGraph.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code vastmax generate --onnx} and {@code evaluate --onnx} of an exported model, against the model itself. */
class ExportedModelTest {
    private static final List<String> WORDS = List.of("the", "cat", "sat", "on", "mat", "dog");

    @TempDir
    private static Path folder;

    private static Path model;
    private static Path onnx;

    /** The model without metadata. */
    private static Path bare;

    @BeforeAll
    static void train() throws IOException {
        model = folder.resolve("model");
        onnx = folder.resolve("lstm.onnx");
        Path corpus = Files.createDirectory(folder.resolve("corpus"));
        Files.writeString(corpus.resolve("train.txt"), "the cat sat on the mat\nthe dog sat on the cat\n".repeat(20));
        Files.writeString(corpus.resolve("valid.txt"), "the dog sat on the mat\n");
        Files.writeString(corpus.resolve("test.txt"), longText());
        String options =
                "train --min-count=1 --dim=8 --layers=2 --batch=2 --steps=5 --epochs=3 --lr=0.05 --dropout=0 --threads=1";
        CommandRun.of(0, with(options.split(" ", -1), "--corpus=" + corpus, "--output=" + model));
        CommandRun.of(0, "export", "--model=" + model, "--out=" + onnx);
        bare = Files.createDirectory(folder.resolve("bare")).resolve("model.onnx");
        try (RecurrentLanguageModel lm = LanguageModelFiles.load(model).model()) {
            OnnxExport.languageModel(lm.input(), lm.parameters(), lm.objective().exact())
                    .write(bare);
        }
    }

    /** Lines of one to nine words, which are more than the tokens of two windows. */
    private static String longText() {
        Random random = new Random(1);
        StringBuilder text = new StringBuilder();
        for (int line = 0; line < 400; line++) {
            text.append(random.ints(random.nextInt(1, 10), 0, WORDS.size())
                            .mapToObj(WORDS::get)
                            .collect(Collectors.joining(" ")))
                    .append('\n');
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--prompt=the",
                "--prompt=the --greedy",
                "--prompt=the --seed=7 --temperature=2",
                "--prompt=cat --top-p=0.8 --repetition-penalty=1.2 --seed=3",
                "--prompt=dog --samples=3 --temperature=1.5",
                "--temperature=3 --end=<eos> --seed=2",
                "--prompt=the --end=sat --end=mat --temperature=2",
                "--prompt=the --stop=t on --temperature=1.5",
                "--prompt=elephants --gumbel"
            })
    void textsAreThoseOfTheModel(String options) throws IOException {
        String[] arguments =
                with(new String[] {"generate", "--tokens=40", "--threads=1"}, options.split(" (?=--)", -1));
        CommandRun expected = CommandRun.of(0, with(arguments, "--model=" + model));
        JsonNode details =
                CommandRun.of(0, with(arguments, "--model=" + model, "--json")).json();
        CommandRun run = CommandRun.of(0, with(arguments, "--onnx=" + onnx));
        assertThat(run).isEqualTo(expected);
        assertThat(CommandRun.of(0, with(arguments, "--onnx=" + onnx, "--json")).json())
                .isEqualTo(details);
        assertThat(CommandRun.of(0, with(arguments, "--onnx=" + bare, "--vocab=" + model.resolve("vocab.txt"))))
                .isEqualTo(expected);
    }

    @Test
    void theVocabularyBesideAModelIsItsOwn() throws IOException {
        Path beside = Files.createDirectory(folder.resolve("beside"));
        Files.copy(bare, beside.resolve("any-name.onnx"));
        Files.copy(model.resolve("vocab.txt"), beside.resolve("vocab.txt"));
        String[] arguments = {"generate", "--prompt=the", "--tokens=9", "--greedy"};
        assertThat(CommandRun.of(0, with(arguments, "--onnx=" + beside)))
                .isEqualTo(CommandRun.of(0, with(arguments, "--model=" + model)));
    }

    /** A text comes in pieces, which together are the text. */
    @Test
    void textIsWrittenAsItComes() throws IOException {
        String[] arguments = {"generate", "--onnx=" + onnx, "--prompt=the", "--tokens=30", "--temperature=2"};
        List<String> pieces = new ArrayList<>();
        StringBuilder unflushed = new StringBuilder();
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(new Writer() {
            @Override
            public void write(char[] buffer, int from, int length) {
                unflushed.append(buffer, from, length);
            }

            @Override
            public void flush() {
                pieces.add(unflushed.toString());
                unflushed.setLength(0);
            }

            @Override
            public void close() {}
        }));
        assertThat(command.execute(arguments)).isZero();
        JsonNode whole = CommandRun.of(0, with(arguments, "--json")).json();
        assertThat(whole.path("tokens")).hasSize(30);
        assertThat(pieces.stream().filter(piece -> !piece.isEmpty())).hasSizeGreaterThanOrEqualTo(30);
        assertThat(String.join("", pieces))
                .isEqualToNormalizingNewlines(whole.path("text").asText() + "\n");
    }

    @Test
    void aDraftChangesNoGreedyText() throws IOException {
        Path small = Files.createDirectory(folder.resolve("small"));
        RecurrentGraph.of(new Settings(Cell.LSTM, 1, 8, 4, true, "past_%s", "present_%s"), 3)
                .write(small);
        String[] arguments = {"generate", "--onnx=" + onnx, "--prompt=the", "--tokens=30", "--greedy", "--json"};
        CommandRun plain = CommandRun.of(0, arguments);
        assertThat(CommandRun.of(0, with(arguments, "--draft=" + onnx))).isEqualTo(plain);
        assertThat(CommandRun.of(0, with(arguments, "--draft=" + small, "--drafts=2", "--samples=1")))
                .isEqualTo(plain);
        CommandRun.of(0, "generate", "--onnx=" + onnx, "--draft=" + small, "--samples=2", "--temperature=2");
    }

    @Test
    void aTextEndsWithTheContext() throws IOException {
        String[] arguments = {"generate", "--onnx=" + onnx, "--prompt=the dog", "--greedy", "--json"};
        JsonNode whole = CommandRun.of(0, with(arguments, "--tokens=9")).json();
        // <eos> the dog, and five more
        JsonNode cut = CommandRun.of(0, with(arguments, "--context=8")).json();
        assertThat(cut.path("finish").asText()).isEqualTo("length");
        assertThat(cut.path("tokens")).hasSize(5);
        assertThat(whole.path("text").asText()).startsWith(cut.path("text").asText());
        assertThat(CommandRun.refusal(1, with(arguments, "--context=3")))
                .contains("prompt has 3 tokens", "the model's context holds 3");
    }

    @ParameterizedTest
    @CsvSource({"test, 2048", "valid, 5"})
    void perplexityIsThatOfTheModel(String part, long atLeast) throws IOException {
        Path corpus = folder.resolve("corpus");
        String[] arguments = {"evaluate", "--corpus=" + corpus, "--part=" + part, "--json"};
        JsonNode expected =
                CommandRun.of(0, with(arguments, "--model=" + model)).json();
        assertThat(expected.path("tokens").asLong()).isGreaterThan(atLeast);
        JsonNode metadata = CommandRun.of(0, with(arguments, "--onnx=" + onnx)).json();
        JsonNode vocabulary = CommandRun.of(
                        0, with(arguments, "--onnx=" + bare, "--vocab=" + model.resolve("vocab.txt")))
                .json();
        for (JsonNode evaluated : List.of(metadata, vocabulary)) {
            assertThat(evaluated.fieldNames())
                    .toIterable()
                    .containsExactly("corpus", "part", "tokens", "perplexity", "bits_per_token");
            for (String same : List.of("corpus", "part", "tokens")) {
                assertThat(evaluated.path(same)).isEqualTo(expected.path(same));
            }
            for (String number : List.of("perplexity", "bits_per_token")) {
                double value = expected.path(number).asDouble();
                assertThat(evaluated.path(number).asDouble()).isCloseTo(value, within(1e-5 * value));
            }
        }
    }

    @Test
    void aShortContextIsWorthSomething() throws IOException {
        Path file = folder.resolve("corpus").resolve("test.txt");
        String[] arguments = {"evaluate", "--onnx=" + onnx, "--corpus=" + file};
        double whole = CommandRun.of(0, with(arguments, "--json"))
                .json()
                .path("perplexity")
                .asDouble();
        double cut = CommandRun.of(0, with(arguments, "--json", "--context=2"))
                .json()
                .path("perplexity")
                .asDouble();
        assertThat(cut).isNotCloseTo(whole, within(1e-3 * whole));
        assertThat(CommandRun.of(0, arguments).out())
                .startsWith("Perplexity of " + onnx + " on the test part of test.txt: ")
                .contains(String.format(Locale.ROOT, ": %.2f (", whole));
    }
}
