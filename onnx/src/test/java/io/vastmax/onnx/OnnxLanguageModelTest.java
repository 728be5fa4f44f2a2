package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.vastmax.onnx.DecoderGraph.Sizes;
import io.vastmax.onnx.DecoderGraph.Trait;
import io.vastmax.onnx.RecurrentGraph.Cell;
import io.vastmax.onnx.RecurrentGraph.Settings;
import io.vastmax.sampling.BeamSettings;
import io.vastmax.sampling.Chain;
import io.vastmax.sampling.Filters;
import io.vastmax.sampling.Hypothesis;
import io.vastmax.sampling.Logits;
import io.vastmax.sampling.Selectors;
import io.vastmax.text.Decoding;
import io.vastmax.text.Detokenizer;
import io.vastmax.text.FinishReason;
import io.vastmax.text.Generation;
import io.vastmax.text.GenerationListener;
import io.vastmax.text.GenerationSettings;
import io.vastmax.text.Generator;
import io.vastmax.text.Perplexity;
import io.vastmax.text.TokenIds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OnnxLanguageModelTest {
    private static final Detokenizer LETTERS = Detokenizer.bytes(id -> new byte[] {(byte) ('0' + id)});
    private static final DecoderGraph GRAPH = DecoderGraph.of(Sizes.SMALL, 7);

    @TempDir
    private Path folder;

    @Test
    void readsWhatStandsBesideTheModel() throws IOException {
        GRAPH.write(folder);
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [4, 3, 99]}");
        try (OnnxLanguageModel model = OnnxLanguageModel.open(folder)) {
            assertThat(model.vocabularySize()).isEqualTo(50);
            assertThat(model.maxLength()).isEqualTo(64);
            assertThat(model.beginToken()).hasValue(0);
            assertThat(model.endTokens()).containsExactlyInAnyOrder(3, 4); // 99 is none of its tokens
        }
        try (OnnxLanguageModel model =
                OnnxLanguageModel.open(folder.resolve("model.onnx"), OnnxOptions.DEFAULT.withMaxLength(32))) {
            assertThat(model.maxLength()).isEqualTo(32);
        }
    }

    /** As Hugging Face's repositories are laid out. */
    @Test
    void readsWhatStandsAboveAFolderOfGraphs() throws IOException {
        Path graphs = Files.createDirectory(folder.resolve("onnx"));
        Path graph = Files.move(GRAPH.write(graphs), graphs.resolve("model_q4.onnx"));
        Files.move(graphs.resolve("config.json"), folder.resolve("config.json"));
        Path tokenizer = Files.writeString(folder.resolve("tokenizer.json"), "{}");
        for (Path path : List.of(folder, graphs, graph)) {
            try (OnnxLanguageModel model = OnnxLanguageModel.open(path)) {
                assertThat(model.maxLength()).isEqualTo(64);
                assertThat(model.beside("tokenizer.json"))
                        .hasValueSatisfying(file -> assertThat(file).hasSameBinaryContentAs(tokenizer));
                assertThat(model.beside("vocab.txt")).isEmpty();
            }
        }
        Files.copy(graph, graphs.resolve("model_fp16.onnx"));
        assertThatThrownBy(() -> OnnxLanguageModel.open(folder))
                .hasMessageContaining(
                        "onnx holds several .onnx files, name one of them: model_fp16.onnx, model_q4.onnx");
        Files.copy(graph, folder.resolve("decoder.onnx"));
        Files.writeString(graphs.resolve("tokenizer.json"), "[]");
        try (OnnxLanguageModel model = OnnxLanguageModel.open(folder)) {
            assertThat(model.maxLength()).isEqualTo(64); // the graph beside is taken, not those below
            assertThat(model.beside("tokenizer.json")).hasValue(tokenizer);
        }
        try (OnnxLanguageModel model = OnnxLanguageModel.open(graph)) {
            assertThat(model.beside("tokenizer.json")).hasValue(graphs.resolve("tokenizer.json"));
        }
    }

    @Test
    void theGraphMayStandInAFolderOfItsOwn() throws IOException {
        Path graphs = Files.createDirectory(folder.resolve("onnx"));
        GRAPH.write(graphs);
        Files.move(graphs.resolve("config.json"), folder.resolve("config.json"));
        for (Path path : List.of(folder, graphs, graphs.resolve("model.onnx"))) {
            try (OnnxLanguageModel model = OnnxLanguageModel.open(path)) {
                assertThat(model.maxLength()).isEqualTo(64);
            }
        }
    }

    /** As where some layers have none: the pattern of GenAI's names is for all. */
    @Test
    void cachesThatTheModelHasNotAreNotMissed() throws IOException {
        DecoderGraph graph = DecoderGraph.of(Sizes.SMALL, 7, Trait.OWN_NAMES);
        graph.write(folder);
        Path config = folder.resolve("genai_config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace("\"num_hidden_layers\" : 2", "\"num_hidden_layers\" : 3"));
        assertThat(Files.readString(config)).isNotEqualTo(text);
        try (OnnxLanguageModel model = OnnxLanguageModel.open(folder);
                Decoding decoding = model.start(1)) {
            decoding.feed(new int[] {1, 2});
            assertThat((double) decoding.feed(new int[] {3}).getFirst().get(0))
                    .isCloseTo(graph.logits(1, 2, 3)[2][0], within(1e-4));
        }
    }

    @Test
    void textsOfABatchAreThoseOfTheirPromptsAlone() throws IOException {
        GRAPH.write(folder);
        Random random = new Random(1);
        List<int[]> prompts = new ArrayList<>();
        for (int length : new int[] {1, 17, 5, 5, 30}) {
            prompts.add(random.ints(length, 0, 50).toArray());
        }
        prompts.add(prompts.getFirst());
        Chain chain = Chain.of(Filters.topK(20), Filters.temperature(0.9));
        GenerationSettings settings =
                GenerationSettings.of(chain, 20).withSeed(5).withEndTokens(7).withLogProbs(2);
        try (OnnxLanguageModel model = OnnxLanguageModel.open(folder)) {
            Generator generator = new Generator(model, LETTERS);
            List<Generation> together = generator.generate(prompts, settings, GenerationListener.NONE);
            for (int i = 0; i < prompts.size(); i++) {
                Generation alone = generator.generate(prompts.get(i), settings.withSequence(i));
                assertThat(together.get(i).tokens()).isEqualTo(alone.tokens());
                assertThat(together.get(i).text()).isEqualTo(alone.text());
            }
        }
    }

    @Test
    void beamsAreThoseOfTheReference() throws IOException {
        int[] prompt = {3, 1, 4};
        try (OnnxLanguageModel model = OnnxLanguageModel.open(GRAPH.write(folder))) {
            Hypothesis best = new Generator(model, LETTERS)
                    .beamSearch(prompt, Chain.of(), BeamSettings.of(3, 4))
                    .getFirst();
            int[] all = IntStream.concat(
                            Arrays.stream(prompt), best.tokens().stream().mapToInt(id -> id))
                    .toArray();
            double[][] logits = GRAPH.logits(all);
            double sum = 0;
            for (int t = 3; t < all.length; t++) {
                sum += logProb(logits[t - 1], all[t]);
            }
            assertThat(best.logProbability()).isCloseTo(sum, within(1e-3));
        }
    }

    private static double logProb(double[] logits, int id) {
        double max = Arrays.stream(logits).max().orElseThrow();
        return logits[id]
                - max
                - Math.log(Arrays.stream(logits).map(z -> Math.exp(z - max)).sum());
    }

    @Test
    void aDraftChangesNoText() throws IOException {
        Path large = Files.createDirectory(folder.resolve("large"));
        Path small = Files.createDirectory(folder.resolve("small"));
        GRAPH.write(large);
        RecurrentGraph.of(new Settings(Cell.LSTM, 1, 50, 8, true, "past_%s", "present_%s"), 3)
                .write(small);
        GenerationSettings settings = GenerationSettings.of(Chain.of().select(Selectors.greedy()), 30);
        List<int[]> prompts = List.of(new int[] {1, 2, 3}, new int[] {4}, new int[] {9, 9, 9, 9, 9});
        try (OnnxLanguageModel model = OnnxLanguageModel.open(large);
                OnnxLanguageModel draft = OnnxLanguageModel.open(small)) {
            Generator plain = new Generator(model, LETTERS);
            List<Generation> expected = plain.generate(prompts, settings, GenerationListener.NONE);
            for (int drafts : new int[] {1, 4}) {
                List<Generation> speculative =
                        plain.withDraft(draft, drafts).generate(prompts, settings, GenerationListener.NONE);
                assertThat(speculative.stream().map(Generation::tokens))
                        .isEqualTo(expected.stream().map(Generation::tokens).toList());
                // the model as its own draft
                assertThat(plain.withDraft(model, drafts).generate(prompts, settings, GenerationListener.NONE).stream()
                                .map(Generation::tokens))
                        .isEqualTo(expected.stream().map(Generation::tokens).toList());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void perplexityIsThatOfTheReference(boolean recurrent) throws IOException {
        int[] text = new Random(2).ints(150, 0, 40).toArray();
        double nats = 0;
        if (recurrent) {
            RecurrentGraph graph = RecurrentGraph.of(Settings.of(Cell.LSTM), 5);
            graph.write(folder);
            double[][] logits = graph.logits(text);
            for (int t = 1; t < text.length; t++) {
                nats -= logProb(logits[t - 1], text[t]);
            }
        } else {
            GRAPH.write(folder);
            for (int from = 0; from < text.length - 1; from += 64) { // its context
                int[] window = Arrays.copyOfRange(text, from, Math.min(from + 64, text.length - 1));
                double[][] logits = GRAPH.logits(window);
                for (int t = 0; t < window.length; t++) {
                    nats -= logProb(logits[t], text[from + t + 1]);
                }
            }
        }
        try (OnnxLanguageModel model = OnnxLanguageModel.open(folder);
                TokenIds ids = TokenIds.of(text)) {
            List<Long> progress = new ArrayList<>();
            Perplexity perplexity = Perplexity.of(model, ids, progress::add);
            assertThat(perplexity.tokens()).isEqualTo(149);
            assertThat(perplexity.nats()).isCloseTo(nats, within(1e-2));
            assertThat(progress.getLast()).isEqualTo(149);
        }
    }

    @Test
    void whatIsNoModelIsRefused() throws IOException {
        Path missing = folder.resolve("missing.onnx");
        assertThatThrownBy(() -> OnnxLanguageModel.open(missing))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("missing.onnx");
        assertThatThrownBy(() -> OnnxLanguageModel.open(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("holds no .onnx file");
        Path text = Files.writeString(folder.resolve("text.onnx"), "This is no model.");
        assertThatThrownBy(() -> OnnxLanguageModel.open(text))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("text.onnx is not an ONNX model");
        Path empty = Files.writeString(folder.resolve("empty.onnx"), "");
        assertThatThrownBy(() -> OnnxLanguageModel.open(empty))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("empty.onnx");
        assertThatThrownBy(() -> OnnxLanguageModel.open(folder))
                .hasMessageContaining("several .onnx files, name one of them: empty.onnx, text.onnx");
        byte[] whole = Files.readAllBytes(GRAPH.write(folder));
        Path half = Files.write(folder.resolve("half.onnx"), Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> OnnxLanguageModel.open(half))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("half.onnx is not an ONNX model");
        Files.writeString(folder.resolve("genai_config.json"), "{");
        assertThatThrownBy(() -> OnnxLanguageModel.open(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("genai_config.json is not JSON");
    }

    @Test
    void whatItCannotRunItNames() throws IOException {
        Path foreign = DecoderGraph.of(Sizes.SMALL, 1, Trait.FOREIGN_INPUT).write(folder);
        assertThatThrownBy(() -> OnnxLanguageModel.open(foreign))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("inputs that are not known");
        Path model = GRAPH.write(folder);
        assertThatThrownBy(() -> OnnxLanguageModel.open(model, OnnxOptions.DEFAULT.withState("h", "h_out")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no input h: its inputs are [input_ids int64[batch_size, sequence_length]");
        Path deep = DecoderGraph.of(new Sizes(30, 1, 1, 2, 5, 4), 1, Trait.FOREIGN_INPUT)
                .write(folder);
        assertThatThrownBy(() -> OnnxLanguageModel.open(deep, OnnxOptions.DEFAULT.withState("h", "h_out")))
                .hasMessageContaining("no input h: its inputs are [input_ids ")
                .hasMessageEndingWith(", and 56 more]");
        Path recurrent = RecurrentGraph.of(Settings.of(Cell.LSTM).named("%s_in", "%s_out"), 1)
                .write(folder);
        assertThatThrownBy(() -> OnnxLanguageModel.open(recurrent))
                .hasMessageContaining(
                        "inputs that are not known: [h_in float[2, batch, 16], c_in float[2, batch, 16]]");
        Path layer = folder.resolve("layer.onnx");
        Graph graph = new Graph("layer");
        graph.output("y", graph.op("Relu", graph.input("hidden", DataType.FLOAT, "n", 4)), DataType.FLOAT, "n", 4);
        graph.model(Map.of()).write(layer);
        assertThatThrownBy(() -> OnnxLanguageModel.open(layer)).hasMessageContaining("takes no token ids");
    }

    @Test
    void promptsAndVocabulariesMustFit() throws IOException {
        try (OnnxLanguageModel model = OnnxLanguageModel.open(GRAPH.write(folder))) {
            Generator generator = new Generator(model, LETTERS);
            GenerationSettings settings = GenerationSettings.of(Chain.of(), 10);
            assertThatThrownBy(() -> generator.generate(new int[64], settings))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("prompt has 64 tokens")
                    .hasMessageContaining("the model's context holds 64");
            assertThatThrownBy(() -> generator.generate(new int[] {50}, settings))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("prompt[0] = 50");
            assertThat(generator.generate(new int[60], settings))
                    .returns(FinishReason.LENGTH, Generation::finish)
                    .satisfies(text -> assertThat(text.tokens()).hasSize(4));
        }
    }

    @Test
    void aFailedRunClosesItsDecodingAlone() throws IOException {
        try (OnnxLanguageModel model = OnnxLanguageModel.open(GRAPH.write(folder));
                Decoding decoding = model.start(1)) {
            List<Logits> before = decoding.feed(new int[] {1, 2});
            float first = before.getFirst().get(0);
            assertThatThrownBy(() -> decoding.feed(new int[] {50}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("The model failed");
            assertThatThrownBy(() -> decoding.feed(new int[] {1})).hasMessageContaining("closed");
            try (Decoding other = model.start(1)) {
                assertThat(other.feed(new int[] {1, 2}).getFirst().get(0)).isEqualTo(first);
            }
        }
    }
}
