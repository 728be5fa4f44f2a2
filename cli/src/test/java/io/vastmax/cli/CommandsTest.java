package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The commands on a text of a few words, as a user would run them. */
class CommandsTest {
    private static final String[] SMALL = {
        "--min-count=1", "--dim=8", "--batch=2", "--steps=5", "--epochs=3", "--lr=0.05", "--dropout=0", "--threads=1"
    };

    @TempDir
    private Path folder;

    private Path corpus;
    private Path model;
    private String err = "";

    @BeforeEach
    void writeCorpus() throws IOException {
        corpus = Files.createDirectory(folder.resolve("corpus"));
        model = folder.resolve("model");
        Files.writeString(corpus.resolve("train.txt"), "the cat sat on the mat\nthe dog sat on the cat\n".repeat(20));
        Files.writeString(corpus.resolve("valid.txt"), "the dog sat on the mat\n");
        Files.writeString(corpus.resolve("test.txt"), "the cat sat on the dog\nthe bird sat\n");
    }

    @Test
    void trainEvaluateAndGenerate() throws IOException {
        JsonNode trained = json(run(0, train("--output", model.toString(), "--json")));
        assertThat(trained.path("corpus").path("train_tokens").asLong()).isEqualTo(280);
        assertThat(trained.path("vocabulary").asInt()).isEqualTo(8);
        assertThat(trained.path("steps").asLong()).isEqualTo(81);
        assertThat(trained.path("epochs").asDouble()).isEqualTo(3.0);
        assertThat(trained.path("part").asText()).isEqualTo("valid");
        assertThat(trained.path("perplexity").asDouble()).isBetween(1.0, 4.0);
        assertThat(trained.path("settings").path("lr").asDouble()).isEqualTo(0.05);

        JsonNode evaluated = json(run(0, "evaluate", "--model", model.toString(), "--part=valid", "--json"));
        assertThat(evaluated.path("perplexity").asDouble())
                .isCloseTo(trained.path("perplexity").asDouble(), within(1e-9));
        assertThat(evaluated.path("tokens").asLong()).isEqualTo(6);

        Path file = corpus.resolve("valid.txt");
        assertThat(run(0, "evaluate", "--model", model.toString(), "--corpus", file.toString()))
                .contains("on the test part of valid.txt", "6 tokens");

        String[] generate = {
            "generate", "--model", model.toString(), "--prompt", "the dog sat", "--tokens=5", "--seed=3", "--json"
        };
        JsonNode generated = json(run(0, generate));
        assertThat(generated.path("tokens")).hasSize(5);
        assertThat(generated.path("text").asText()).startsWith("the dog sat on the");
        assertThat(json(run(0, generate))).isEqualTo(generated);
    }

    @Test
    void generateEndsWhereItIsTold() throws IOException {
        run(0, train("--output", model.toString()));
        String[] plain = {"generate", "--model=" + model, "--prompt=the", "--tokens=12", "--greedy"};
        String text = run(0, plain).stripTrailing();
        // such as "the cat sat on the cat"
        String[] words = text.split("\\s+", -1);
        assertThat(words[2]).isEqualTo("sat");

        assertThat(run(0, with(plain, "--stop=t o"))).isEqualToNormalizingNewlines("the " + words[1] + " sa\n");
        assertThat(run(0, with(plain, "--end=<eos>", "--end=sat")))
                .isEqualToNormalizingNewlines("the " + words[1] + "\n");
        JsonNode stopped = json(run(0, with(plain, "--stop=never", "--stop=sat", "--json")));
        assertThat(stopped.fieldNames()).toIterable().containsExactly("prompt", "tokens", "text", "finish");
        assertThat(stopped.path("finish").asText()).isEqualTo("stop_string");
        assertThat(stopped.path("text").asText()).isEqualTo("the " + words[1] + " ");
        assertThat(stopped.path("tokens")).hasSize(2);
        assertThat(json(run(0, with(plain, "--json"))).path("finish").asText()).isEqualTo("length");

        run(2, with(plain, "--end=elephant"));
        assertThat(err).contains("--end elephant: is no token of the model's vocabulary");
        run(2, with(plain, "--stop="));
        assertThat(err).contains("--stop must not be empty");
        run(2, with(plain, "--samples=0"));
        assertThat(err).contains("--samples 0: must be at least 1");
    }

    @Test
    void generateWritesSeveralTextsOfOnePrompt() throws IOException {
        run(0, train("--output", model.toString()));
        String[] plain = {"generate", "--model=" + model, "--prompt=the", "--tokens=8", "--temperature=2"};
        JsonNode one = json(run(0, with(plain, "--json")));
        JsonNode several = json(run(0, with(plain, "--samples=3", "--json")));
        assertThat(several.fieldNames()).toIterable().containsExactly("prompt", "samples");
        assertThat(several.path("samples")).hasSize(3);
        assertThat(several.path("samples").path(0).path("text")).isEqualTo(one.path("text"));
        assertThat(several.path("samples").findValuesAsText("text")).doesNotHaveDuplicates();
        assertThat(run(0, with(plain, "--samples=2")))
                .containsSubsequence("--- 1 of 2 ---", one.path("text").asText(), "--- 2 of 2 ---", "the ");
    }

    /** Not as a document of its own: of a last line that is over, and of what would be a licence header. */
    @Test
    void aPromptIsReadAsItStands() throws IOException {
        Files.writeString(corpus.resolve("train.txt"), "/ / a b\n".repeat(40));
        run(0, train("--output", model.toString()));
        assertThat(firstWord("/ / a b")).isEqualTo("<eos>");
        assertThat(firstWord("/ / a b\n")).isEqualTo("/");
        assertThat(firstWord("")).isEqualTo("/");
        Path config = model.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config).replaceFirst("\"tokenizer\" *: *\"words\"", "\"tokenizer\": \"java\""));
        assertThat(firstWord("// a")).isEqualTo("b");
    }

    @Test
    void generateEndsWhenNobodyReads() throws IOException {
        run(0, train("--output", model.toString()));
        int[] writes = {0};
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(new Writer() {
            @Override
            public void write(char[] buffer, int from, int length) throws IOException {
                writes[0]++;
                throw new IOException("Broken pipe");
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        }));
        assertThat(command.execute("generate", "--model=" + model, "--prompt=the", "--tokens=1000"))
                .isZero();
        assertThat(writes[0]).isLessThan(5);
    }

    private String firstWord(String prompt) throws IOException {
        return json(run(0, "generate", "--model=" + model, "--prompt=" + prompt, "--tokens=1", "--greedy", "--json"))
                .path("tokens")
                .path(0)
                .asText();
    }

    private static String[] with(String[] arguments, String... more) {
        String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return all;
    }

    /** On a text that is not much like the one trained on, so that a temperature is worth something. */
    @ParameterizedTest
    @ValueSource(
            strings = {"full", "sampled --negatives=4", "hierarchical", "adaptive --cutoffs=3,5 --div-value=2", "cosine"
            })
    void calibrateLowersThePerplexityThatEvaluateFinds(String layer) throws IOException {
        Files.writeString(corpus.resolve("valid.txt"), "the mat sat on the dog\nthe cat on the dog sat\n");
        run(0, train(("--layer=" + layer + " --output=" + model).split(" ", -1)));
        Path out = folder.resolve("report");
        double before = evaluated("valid");
        double testBefore = evaluated("test");

        JsonNode calibrated =
                json(run(0, "calibrate", "--model=" + model, "--out=" + out, "--bins=4", "--threads=1", "--json"));

        assertThat(calibrated.fieldNames())
                .toIterable()
                .containsExactly("corpus", "temperature_before", "temperature", "at_end", "evaluations", "parts");
        assertThat(calibrated.path("corpus").asText()).isEqualTo("corpus");
        assertThat(calibrated.path("temperature_before").asDouble()).isEqualTo(1);
        double temperature = calibrated.path("temperature").asDouble();
        assertThat(temperature).isBetween(0.05, 20.0).isNotEqualTo(1);
        JsonNode valid = calibrated.path("parts").path(0);
        assertThat(valid.path("part").asText()).isEqualTo("valid");
        assertThat(valid.path("tokens").asInt()).isEqualTo(13);
        assertThat(valid.path("before").path("perplexity").asDouble()).isCloseTo(before, within(1e-9));
        assertThat(valid.path("before").path("temperature").asDouble()).isEqualTo(1);
        assertThat(valid.path("after").path("temperature").asDouble()).isEqualTo(temperature);
        assertThat(valid.path("after").path("reliability")).hasSize(4);
        assertThat(valid.path("after").path("coverage")).hasSize(101);
        JsonNode test = calibrated.path("parts").path(1);
        assertThat(test.path("part").asText()).isEqualTo("test");
        assertThat(test.path("before").path("perplexity").asDouble()).isCloseTo(testBefore, within(1e-9));

        double after = evaluated("valid");
        assertThat(after).isLessThan(before);
        assertThat(after).isCloseTo(valid.path("after").path("perplexity").asDouble(), within(1e-9));
        assertThat(evaluated("test"))
                .isCloseTo(test.path("after").path("perplexity").asDouble(), within(1e-9));

        assertThat(json(Files.readString(out.resolve("calibration.json")))).isEqualTo(calibrated);
        assertThat(out.resolve("calibration.html")).content().contains("<svg");

        JsonNode again = json(run(0, "calibrate", "--model=" + model, "--json"));
        assertThat(again.path("temperature_before").asDouble()).isEqualTo(temperature);
        assertThat(again.path("temperature").asDouble()).isCloseTo(temperature, within(2e-3 * temperature));
        assertThat(model.resolve("calibration.html")).exists();
    }

    private double evaluated(String part) throws IOException {
        return json(run(0, "evaluate", "--model=" + model, "--part=" + part, "--json"))
                .path("perplexity")
                .asDouble();
    }

    @Test
    void calibrateSaysWhatItFound() throws IOException {
        run(0, train("--output", model.toString()));
        assertThat(run(0, "calibrate", "--model=" + model))
                .contains("perplexity", "ECE", "threshold", "coverage", "The temperature is kept with " + model);
        assertThat(err).contains("T = 1.0000: loss ");

        run(2, "calibrate", "--model=" + model, "--bins=0");
        assertThat(err).contains("--bins 0: must be from 1 to 1000");
        run(1, "calibrate", "--model=" + model, "--corpus=" + corpus.resolve("test.txt"));
        assertThat(err).contains("test.txt", "valid part").doesNotContain("Exception");
        run(0, train("--layer=spherical", "--output=" + model));
        run(1, "calibrate", "--model=" + model);
        assertThat(err).contains("no temperature to fit").doesNotContain("Exception", "loss");
    }

    @Test
    void theSameSeedGivesTheSamePerplexity() throws IOException {
        assertThat(perplexity("--seed=5")).isEqualTo(perplexity("--seed=5"));
        assertThat(perplexity("--seed=5")).isNotEqualTo(perplexity("--seed=6"));
    }

    /** Each layer, and each of the ways to train it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "full",
                "sampled --negatives=4",
                "sampled --negatives=3 --negative-sampler=batch+uniform --correct-targets",
                "sampled --negatives=4 --negative-sampler=learned --with-replacement --per-example",
                "sampled --negatives=5 --negative-sampler=unigram --distortion=1 --sampled-loss=nce",
                "sampled --negatives=5 --sampled-loss=negative-sampling --with-replacement",
                "hierarchical",
                "hierarchical --tree=word2vec",
                "hierarchical --tree=balanced --arity=3",
                "hierarchical --tree=two-level",
                "adaptive --cutoffs=3,5 --div-value=2 --head-bias",
                "adaptive --cutoffs=measured",
                "full --tied",
                "sampled --negatives=4 --tied",
                "sampled --negatives=5 --sampled-loss=nce --tied",
                "adaptive --cutoffs=3,5 --div-value=2 --head-bias --tied",
                "adaptive --cutoffs=3,5 --div-value=2 --adaptive-input",
                "cosine --cosine-scale=8 --angular-margin=0.2",
                "spherical --spherical-epsilon=0.1",
                "full --label-smoothing=0.05 --z-loss=1e-4 --soft-cap=20 --class-weights=effective-number",
                "full --focal=0.5 --temperature=0.7 --ignore=<unk>",
                "sampled --negatives=4 --label-smoothing=0.05 --temperature=1.5",
                "hierarchical --label-smoothing=0.05",
                "hierarchical --label-smoothing=0.05 --path-smoothing --temperature=0.8",
                "adaptive --cutoffs=3,5 --div-value=2 --label-smoothing=0.05 --soft-cap=20"
            })
    void everyLayerTrainsAndIsEvaluatedExactly(String layer) throws IOException {
        String[] options = ("--layer=" + layer + " --json --output=" + model).split(" ", -1);
        double trained = json(run(0, train(options))).path("perplexity").asDouble();
        assertThat(trained).isBetween(1.0, layer.contains("nce") ? 30.0 : 6.0);
        String[] evaluate = {"evaluate", "--model", model.toString(), "--part=valid", "--json"};
        assertThat(json(run(0, evaluate)).path("perplexity").asDouble()).isCloseTo(trained, within(1e-9));
        assertThat(run(0, "generate", "--model", model.toString(), "--tokens=3"))
                .isNotBlank();
    }

    @Test
    void aTreeOfOnesOwn() throws IOException {
        Path tree = folder.resolve("tree.txt");
        Files.writeString(tree, "8 8 8 8 9 9 9 9 -1 8\n");
        run(0, train("--layer=hierarchical", "--tree=" + tree));
        Files.writeString(tree, "8 8 8 8 9 9 9 9 -1 -1\n");
        run(1, train("--layer=hierarchical", "--tree=" + tree));
        assertThat(err).contains("tree.txt", "8 words", "root").doesNotContain("Exception");
        Files.writeString(tree, "8 8 eight\n");
        run(1, train("--layer=hierarchical", "--tree=" + tree));
        assertThat(err).contains("the parent of entry 2 is \"eight\"");
    }

    @Test
    void tiedModelsHaveFewerParameters() throws IOException {
        JsonNode untied = json(run(0, train("--layer=full", "--json")));
        JsonNode tied = json(run(0, train("--layer=full", "--tied", "--json")));
        assertThat(tied.path("parameters").asLong())
                .isEqualTo(untied.path("parameters").asLong() - 8 * 8);
        assertThat(untied.path("settings").path("input").asText()).isEqualTo("embedding");
        assertThat(tied.path("settings").path("input").asText()).isEqualTo("tied");
    }

    @Test
    void settingsOfLayersAreCheckedBeforeTraining() throws IOException {
        run(2, train("--layer=sampled", "--negatives=0"));
        assertThat(err).contains("--negatives 0: must be at least 1");
        run(2, train("--layer=sampled", "--negative-sampler=zipf"));
        assertThat(err).contains("--negative-sampler zipf", "log-uniform");
        run(2, train("--layer=sampled", "--sampled-loss=hinge"));
        assertThat(err).contains("--sampled-loss", "hinge", "nce");
        run(2, "compare", "--cutoffs=5,x");
        assertThat(err).contains("--cutoffs 5,x", "auto");
        run(1, train("--layer=adaptive", "--cutoffs=5,99"));
        assertThat(err).contains("--cutoffs 5,99", "cutoffs = [5, 99]", "8").doesNotContain("Exception");
        run(1, "compare", "--corpus=" + corpus, "--min-count=1", "--negatives=4", "--cutoffs=5,99");
        assertThat(err).contains("cutoffs = [5, 99]").doesNotContain("Training with");
        run(1, train("--layer=sampled", "--negatives=9"));
        assertThat(err).contains("--negatives 9", "n = 9", "8").doesNotContain("Exception");
        run(2, train("--layer=sampled", "--negatives=1", "--negative-sampler=uniform+unigram"));
        assertThat(err).contains("--negatives 1: must be at least 2");
        run(2, train("--layer=sampled", "--sampled-loss=nce", "--correct-targets"));
        assertThat(err).contains("--correct-targets with --sampled-loss nce: must be softmax");
        run(2, train("--layer=hierarchical", "--tree=word2vec", "--arity=3"));
        assertThat(err).contains("--arity with --tree word2vec");
        run(2, train("--layer=hierarchical", "--z-loss=1e-4"));
        assertThat(err).contains("--layer hierarchical", "does not take zLoss = 1.0E-4");
        run(2, train("--layer=full", "--margin=0.3"));
        assertThat(err).contains("--layer full", "additive margin 0.3");
        run(2, train("--layer=sampled", "--sampled-loss=nce", "--label-smoothing=0.1"));
        assertThat(err).contains("--layer sampled", "does not take labelSmoothing = 0.1");
        run(2, train("--layer=sampled", "--soft-cap=30"));
        assertThat(err).contains("does not take a soft-cap 30.0:");
        run(2, train("--label-smoothing=1.5"));
        assertThat(err).contains("--label-smoothing 1.5");
        run(2, train("--class-weights=sqrt"));
        assertThat(err).contains("--class-weights", "sqrt", "inverse-frequency");
        run(2, "train", "--corpus=nowhere", "--layer=hierarchical", "--tied");
        assertThat(err).contains("--tied --layer hierarchical: An input cannot be tied", "nodes");
        run(2, train("--layer=cosine", "--tied"));
        assertThat(err).contains("--tied --layer cosine: An input cannot be tied", "directions");
        run(2, train("--layer=spherical", "--tied"));
        assertThat(err).contains("--tied --layer spherical: An input cannot be tied", "opposite");
        run(2, train("--layer=sampled", "--adaptive-input"));
        assertThat(err).contains("--adaptive-input --layer sampled: ", "clusters of an adaptive softmax");
        run(2, train("--layer=adaptive", "--adaptive-input", "--tied"));
        assertThat(err).contains("--adaptive-input does not go with --tied");
        run(2, "compare", "--corpus=" + corpus, "--min-count=1", "--negatives=4", "--focal=2");
        assertThat(err).contains("--layer sampled", "does not take focal").doesNotContain("Training with");
        run(2, "train", "--corpus=" + corpus, "--batch=0");
        assertThat(err).contains("--batch 0");
    }

    @Test
    void compareWritesItsResults() throws IOException {
        Path out = folder.resolve("report");
        String table = run(
                0,
                "compare",
                "--corpus=" + corpus,
                "--dim=8",
                "--min-count=1",
                "--minutes=0.005",
                "--threads=1",
                "--batch=2",
                "--steps=5",
                "--out=" + out);
        assertThat(table).contains("test perplexity", "speed-up", "of full's", "280 tokens to train on");
        assertThat(table).containsSubsequence("full ", "sampled ", "hierarchical ", "adaptive ");
        JsonNode results = json(Files.readString(out.resolve("results.json")));
        assertThat(results.fieldNames())
                .toIterable()
                .containsExactly("corpus", "vocabulary", "settings", "seed", "jdk", "machine", "layers");
        JsonNode layer = results.path("layers").path(0);
        assertThat(layer.fieldNames())
                .toIterable()
                .containsExactly(
                        "name",
                        "description",
                        "train_seconds",
                        "tokens_per_second",
                        "speed_up",
                        "layer_share",
                        "epochs",
                        "test_perplexity",
                        "perplexity_ratio",
                        "peak_bytes",
                        "parameters");
        assertThat(results.path("layers")).hasSize(4);
        assertThat(layer.path("speed_up").asDouble()).isEqualTo(1.0);
        assertThat(layer.path("perplexity_ratio").asDouble()).isEqualTo(1.0);
        assertThat(layer.path("test_perplexity").asDouble()).isBetween(1.0, 50.0);
        assertThat(layer.path("train_seconds").asDouble()).isGreaterThanOrEqualTo(0.3);
        assertThat(layer.path("peak_bytes").asLong()).isGreaterThan(10_000_000);
    }

    @Test
    void wrongUse() throws IOException {
        run(2, "train", "--corpus", corpus.toString(), "--epochs=0");
        assertThat(err).contains("--epochs 0.0: must be positive");
        run(2, "train", "--resume");
        assertThat(err).contains("--resume needs --output");
        run(1, "train", "--corpus", folder.resolve("nowhere").toString());
        assertThat(err).contains("nowhere").doesNotContain("Exception");
        run(1, "evaluate", "--model", folder.toString());
        assertThat(err).contains("holds no model");
        run(0, train("--output", model.toString()));
        run(2, "train", "--resume", "--output", model.toString(), "--lr=0.1");
        assertThat(err).contains("--lr does not go with --resume");
        run(1, "train", "--resume", "--output", model.toString());
        assertThat(err).contains("there is nothing to resume");
        run(2, "generate", "--model", model.toString(), "--tokens=0");
        assertThat(err).contains("--tokens 0");
    }

    private double perplexity(String seed) throws IOException {
        return json(run(0, train(seed, "--json"))).path("perplexity").asDouble();
    }

    private String[] train(String... more) {
        String[] arguments = new String[2 + SMALL.length + more.length];
        arguments[0] = "train";
        arguments[1] = "--corpus=" + corpus;
        System.arraycopy(SMALL, 0, arguments, 2, SMALL.length);
        System.arraycopy(more, 0, arguments, 2 + SMALL.length, more.length);
        return arguments;
    }

    private String run(int exitCode, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter errors = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(errors));
        int code = command.execute(arguments);
        err = errors.toString();
        assertThat(code).as(err).isEqualTo(exitCode);
        return out.toString();
    }

    private static JsonNode json(String text) throws IOException {
        return new ObjectMapper().readTree(text);
    }
}
