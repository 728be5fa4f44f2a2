package io.vastmax.cli;

import static io.vastmax.cli.CommandRun.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vastmax.onnx.DecoderGraph;
import io.vastmax.onnx.DecoderGraph.Sizes;
import io.vastmax.onnx.DecoderGraph.Trait;
import io.vastmax.onnx.RecurrentGraph;
import io.vastmax.onnx.RecurrentGraph.Cell;
import io.vastmax.onnx.RecurrentGraph.Settings;
import io.vastmax.testkit.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Models of others, with what stands beside them, against references in double precision. */
class OnnxFolderTest {
    private static final DecoderGraph GRAPH = DecoderGraph.of(Sizes.SMALL, 7);
    private static final OnnxReference REFERENCE = GRAPH::logits;

    /** As {@link OnnxReference#LETTERS} has them. */
    private static final int[] CAB = {4, 2, 3};

    @TempDir
    private Path folder;

    /** Whether its names are Optimum's, GenAI's or told by GenAI's configuration. */
    @ParameterizedTest
    @EnumSource(names = {"TIED", "GENAI", "OWN_NAMES", "CACHE_BRANCH", "NO_CACHE", "KEPT_LOGITS", "INT32"})
    void aFolderSaysAllThatIsNeeded(Trait trait) throws IOException {
        DecoderGraph graph = DecoderGraph.of(Sizes.SMALL, 7, trait);
        OnnxReference reference = graph::logits;
        graph.write(folder);
        OnnxReference.writeTokenizer(folder.resolve("tokenizer.json"));
        List<Integer> expected = reference.greedy(20, CAB);
        String[] arguments = {"generate", "--onnx=" + folder, "--prompt=cab", "--greedy", "--tokens=20", "--end=<s>"};
        JsonNode result = CommandRun.of(0, with(arguments, "--json")).json();
        String text = "cab" + OnnxReference.letters(expected);
        assertThat(result.path("text").asText()).isEqualTo(text);
        assertThat(result.path("tokens").valueStream().map(JsonNode::asText))
                .containsExactlyElementsOf(
                        expected.stream().map(OnnxReference.LETTERS::get).toList());
        assertThat(CommandRun.of(0, arguments).out()).isEqualToNormalizingNewlines(text + "\n");
    }

    /** Each of the places where a tokenizer may be: the graph in a folder {@code onnx}, the others above it. */
    @Test
    void aRepositoryOfHuggingFace() throws IOException {
        Path graphs = Files.createDirectory(folder.resolve("onnx"));
        Files.move(GRAPH.write(graphs), graphs.resolve("model_q4.onnx"));
        Files.move(graphs.resolve("config.json"), folder.resolve("config.json"));
        Path tokenizer = OnnxReference.writeTokenizer(folder.resolve("tokenizer.json"));
        String[] arguments = {"generate", "--prompt=cab", "--greedy", "--tokens=1000", "--end=D", "--json"};
        JsonNode given = CommandRun.of(0, with(arguments, "--onnx=" + folder)).json();
        assertThat(given.path("text").asText()).isEqualTo("cab" + OnnxReference.letters(REFERENCE.greedy(61, CAB)));
        for (Path path : List.of(graphs, graphs.resolve("model_q4.onnx"))) {
            assertThat(CommandRun.of(0, with(arguments, "--onnx=" + path)).json())
                    .isEqualTo(given);
        }
        Path elsewhere = Files.move(tokenizer, folder.resolve("other.json"));
        assertThat(CommandRun.refusal(2, with(arguments, "--onnx=" + folder)))
                .contains("does not say what its tokens are: give --tokenizer tokenizer.json or --vocab vocab.txt");
        assertThat(CommandRun.of(0, with(arguments, "--onnx=" + folder, "--tokenizer=" + elsewhere))
                        .json())
                .isEqualTo(given);
    }

    @Test
    void endTokensAreThoseOfTheFilesOrTheOptions() throws IOException {
        GRAPH.write(folder);
        OnnxReference.writeTokenizer(folder.resolve("tokenizer.json"));
        List<Integer> expected = REFERENCE.greedy(20, CAB);
        int fourth = expected.indexOf(expected.get(3));
        String[] arguments = {"generate", "--onnx=" + folder, "--prompt=cab", "--greedy", "--tokens=20", "--json"};
        Files.writeString(
                folder.resolve("generation_config.json"), "{\"eos_token_id\": [" + expected.get(3) + ", 999]}");
        JsonNode result = CommandRun.of(0, arguments).json();
        assertThat(result.path("finish").asText()).isEqualTo("end_token");
        assertThat(result.path("tokens")).hasSize(fourth + 1);
        assertThat(result.path("text").asText()).isEqualTo("cab" + OnnxReference.letters(expected.subList(0, fourth)));

        String first = OnnxReference.LETTERS.get(expected.getFirst());
        assertThat(CommandRun.of(0, with(arguments, "--end=" + first))
                        .json()
                        .path("text")
                        .asText())
                .isEqualTo("cab");
        String whole = OnnxReference.letters(expected);
        JsonNode stopped = CommandRun.of(0, with(arguments, "--end=<s>", "--stop=" + whole.substring(5, 7)))
                .json();
        assertThat(stopped.path("finish").asText()).isEqualTo("stop_string");
        assertThat(stopped.path("text").asText())
                .isEqualTo("cab" + whole.substring(0, whole.indexOf(whole.substring(5, 7))));
    }

    @Test
    void withoutAPromptATextBeginsAsTheFilesSay() throws IOException {
        GRAPH.write(folder);
        OnnxReference.writeTokenizer(folder.resolve("tokenizer.json"));
        String[] arguments = {"generate", "--onnx=" + folder, "--greedy", "--tokens=9", "--end=<s>"};
        assertThat(CommandRun.of(0, arguments).out())
                .isEqualToNormalizingNewlines(OnnxReference.letters(REFERENCE.greedy(9, 0)) + "\n");
        Files.delete(folder.resolve("config.json"));
        assertThat(CommandRun.refusal(2, arguments))
                .contains("--prompt is empty, and the model does not say what a text begins with");
    }

    @Test
    void aTokenizersTextIsReadAsItStands() throws IOException {
        GRAPH.write(folder);
        OnnxReference.writeTokenizer(folder.resolve("tokenizer.json"));
        int[] ids = new Random(3).ints(200, 1, 50).toArray();
        String text = OnnxReference.letters(IntStream.of(ids).boxed().toList());
        Path corpus = Files.createDirectory(folder.resolve("corpus"));
        for (String part : List.of("train", "valid", "test")) {
            Files.writeString(corpus.resolve(part + ".txt"), part.equals("valid") ? text : "abc");
        }
        Path file = Files.writeString(folder.resolve("file.txt"), text);
        String[] arguments = {"evaluate", "--onnx=" + folder, "--json"};
        JsonNode ofFolder = CommandRun.of(0, with(arguments, "--corpus=" + corpus, "--part=valid"))
                .json();
        JsonNode ofFile = CommandRun.of(0, with(arguments, "--corpus=" + file)).json();
        double expected = REFERENCE.perplexity(Sizes.SMALL.positions(), ids);
        for (JsonNode result : List.of(ofFolder, ofFile)) {
            assertThat(result.path("tokens").asInt()).isEqualTo(199);
            assertThat(result.path("perplexity").asDouble()).isCloseTo(expected, within(1e-4 * expected));
        }
        assertThat(ofFile.path("corpus").asText()).isEqualTo("file.txt");
        assertThat(ofFolder.path("part").asText()).isEqualTo("valid");
        double shorter = REFERENCE.perplexity(10, ids);
        assertThat(CommandRun.of(0, with(arguments, "--corpus=" + file, "--context=10"))
                        .json()
                        .path("perplexity")
                        .asDouble())
                .isCloseTo(shorter, within(1e-4 * shorter));
        assertThat(CommandRun.refusal(1, with(arguments, "--corpus=" + file, "--part=train")))
                .contains("file.txt is a single file and has no train part");
        assertThat(CommandRun.refusal(1, with(arguments, "--corpus=" + folder.resolve("nowhere"))))
                .contains("no such file or folder", "nowhere");
        Files.writeString(file, "a");
        assertThat(CommandRun.refusal(1, with(arguments, "--corpus=" + file))).contains("at least 2 tokens");
    }

    @Test
    void statesOfOtherNames() throws IOException {
        RecurrentGraph graph =
                RecurrentGraph.of(Settings.of(Cell.LSTM).unstacked().named("%s_in", "%s_out"), 1);
        OnnxReference reference = graph::logits;
        graph.write(folder);
        OnnxReference.writeWords(folder.resolve("vocab.txt"), 40);
        String[] states = {
            "--state=h0_in=h0_out", "--state=c0_in=c0_out", "--state=h1_in=h1_out", "--state=c1_in=c1_out"
        };
        String[] generate = {"generate", "--onnx=" + folder, "--prompt=w2 w3", "--greedy", "--tokens=15"};
        assertThat(CommandRun.of(0, with(with(generate, states), "--json"))
                        .json()
                        .path("text")
                        .asText())
                .isEqualTo("w2 w3" + OnnxReference.words(reference.greedy(15, 1, 2, 3)));
        assertThat(CommandRun.refusal(1, generate))
                .contains("inputs that are not known: [h0_in float", "IN=OUT", "h0_out");

        int[] ids = new Random(3).ints(1500, 0, 40).toArray();
        ids[ids.length - 1] = 1; // ends the last line
        Path text = Files.writeString(
                folder.resolve("text.txt"),
                OnnxReference.words(IntStream.of(ids).boxed().toList()));
        String[] evaluate = {"evaluate", "--onnx=" + folder};
        double expected = reference.perplexity(ids.length, ids);
        assertThat(CommandRun.of(0, with(with(evaluate, states), "--corpus=" + text, "--json"))
                        .json()
                        .path("perplexity")
                        .asDouble())
                .isCloseTo(expected, within(1e-4 * expected));
    }

    @Test
    void theTinyGpt2() throws IOException {
        Path model = SharedData.find("tiny-random-gpt2/model.onnx");
        Path words = OnnxReference.writeWords(folder.resolve("words.txt"), 1000);
        String[] arguments = {"generate", "--onnx=" + model, "--vocab=" + words, "--greedy", "--end=<unk>", "--json"};
        JsonNode first = CommandRun.of(0, with(arguments, "--prompt=w5 w6 w7", "--tokens=25"))
                .json();
        assertThat(first.path("tokens")).hasSize(25);
        // Its own tokens, given as a prompt, go on as they did
        String begun = first.path("tokens")
                .valueStream()
                .limit(10)
                .map(JsonNode::asText)
                .collect(Collectors.joining(" ", "w5 w6 w7 ", ""));
        assertThat(CommandRun.of(0, with(arguments, "--prompt=" + begun, "--tokens=15"))
                        .json()
                        .path("text"))
                .isEqualTo(first.path("text"));
        assertThat(CommandRun.of(0, with(arguments, "--prompt=w5 w6 w7", "--tokens=25", "--draft=" + model))
                        .json())
                .isEqualTo(first);
        assertThat(CommandRun.refusal(1, with(arguments, "--prompt=" + "w9 ".repeat(511))))
                .contains("prompt has 512 tokens", "the model's context holds 512");
        Path text = Files.writeString(folder.resolve("text.txt"), "w9 w10 w11\n".repeat(200));
        JsonNode evaluated = CommandRun.of(
                        0, "evaluate", "--onnx=" + model, "--vocab=" + words, "--corpus=" + text, "--json")
                .json();
        assertThat(evaluated.path("tokens").asInt()).isEqualTo(799);
        assertThat(evaluated.path("perplexity").asDouble()).isBetween(500.0, 2000.0);
    }
}
