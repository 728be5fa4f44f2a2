package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vastmax.CosineSoftmax;
import io.vastmax.Embedding;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradient;
import io.vastmax.Gradients;
import io.vastmax.LearningRate;
import io.vastmax.LogitTransform;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.Parameter;
import io.vastmax.RandomKey;
import io.vastmax.SphericalSoftmax;
import io.vastmax.Step;
import io.vastmax.Workspace;
import io.vastmax.adaptive.AdaptiveInput;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import io.vastmax.sampled.LearnedUnigram;
import io.vastmax.sampled.NegativeSampler;
import io.vastmax.sampled.NoiseContrastiveEstimation;
import io.vastmax.sampled.SampledSoftmax;
import io.vastmax.text.TokenIds;
import io.vastmax.text.TrainingWindows;
import io.vastmax.text.Vocabulary;
import io.vastmax.text.WikiTextTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainerTest {
    private static final int WORDS = 20;
    private static final ObjectNode SETTINGS =
            new ObjectMapper().createObjectNode().put("seed", 1);

    private final Workspace workspace = Workspace.ofThreads(2);
    private final Vocabulary vocabulary = vocabulary();
    private final TokenIds text =
            TokenIds.of(IntStream.range(0, 600).map(i -> i * i % 7 + i % 3).toArray());
    private final TrainingWindows windows = TrainingWindows.of(text, 4, 10);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(Trainer.Method.class)
    void learnsAPattern(Trainer.Method method) {
        double rate = method == Trainer.Method.ADAM ? 0.02 : method == Trainer.Method.SGD ? 0.5 : 0.1;
        try (RecurrentLanguageModel model = model()) {
            Trainer trainer = new Trainer(
                    model, windows, new Trainer.Settings(method, LearningRate.constant(rate), 5, 1), workspace);
            double first = trainer.step();
            for (int i = 0; i < 150; i++) {
                trainer.step();
            }
            assertThat(first).isBetween(2.8, 3.2);
            assertThat(model.perplexity(text, workspace, tokens -> {}).value()).isLessThan(2.0);
            assertThat(trainer.epochs()).isEqualTo(151.0 / windows.windows());
            assertThat(trainer.tokens()).isEqualTo(151L * 40);
            assertThat(trainer.layerShare()).isBetween(0.0, 1.0);
        }
    }

    /** A layer to be trained. */
    enum Kind {
        FULL,
        ADAPTIVE,
        HIERARCHICAL,
        SAMPLED,
        NCE,
        COSINE,
        SPHERICAL,
        TRANSFORMED,
        TIED,
        TIED_SAMPLED,
        TIED_NCE,
        TIED_ADAPTIVE,
        ADAPTIVE_INPUT;

        private static final long[] COUNTS = IntStream.range(0, WORDS)
                .asLongStream()
                .map(i -> 1 + i * 7 % 11)
                .toArray();

        OutputLayer layer() {
            RandomKey key = RandomKey.of(4);
            return switch (this) {
                case FULL, SAMPLED, NCE, TIED, TIED_SAMPLED, TIED_NCE, ADAPTIVE_INPUT ->
                    FullSoftmax.create(WORDS, 16, key);
                case ADAPTIVE, TIED_ADAPTIVE ->
                    AdaptiveSoftmax.create(FrequencyClusters.of(COUNTS, 3, 9), 16, 2, true, key);
                case HIERARCHICAL -> HierarchicalSoftmax.create(Tree.huffman(COUNTS, 3), 16, key);
                case COSINE -> CosineSoftmax.create(WORDS, 16, 7, key);
                case SPHERICAL -> SphericalSoftmax.create(WORDS, 16, 0.5, key);
                case TRANSFORMED -> FullSoftmax.create(WORDS, 16, key).transforming(new LogitTransform(0.5, 0.25));
            };
        }

        Objective objective(OutputLayer layer, List<long[]> learned) {
            long[] counts = new long[WORDS];
            Arrays.fill(counts, 1);
            NegativeSampler sampler =
                    NegativeSampler.distinct(LearnedUnigram.of(learned.isEmpty() ? counts : learned.getFirst(), 1), 6);
            return switch (this) {
                case SAMPLED, TIED_SAMPLED -> SampledSoftmax.of((FullSoftmax) layer, sampler);
                case NCE, TIED_NCE ->
                    NoiseContrastiveEstimation.of((FullSoftmax) layer, sampler).learningLogZ(1);
                default -> layer;
            };
        }

        RecurrentLanguageModel model() {
            Objective objective = objective(layer(), List.of());
            RecurrentLanguageModel.Settings settings = new RecurrentLanguageModel.Settings(16, 1, 0.1);
            RandomKey key = RandomKey.of(3);
            return switch (this) {
                case TIED, TIED_SAMPLED, TIED_NCE, TIED_ADAPTIVE ->
                    RecurrentLanguageModel.tied(settings, objective, key);
                case ADAPTIVE_INPUT ->
                    new RecurrentLanguageModel(
                            settings,
                            AdaptiveInput.create(FrequencyClusters.of(COUNTS, 4, 12), 16, 3, key.stream(0))
                                    .scaledBy(1.5),
                            objective,
                            key);
                default -> new RecurrentLanguageModel(settings, objective, key);
            };
        }
    }

    /** Seventeen steps in one go, and five, a save, a load, and twelve more, give the same bits. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void resumesToTheSameBits(Kind kind) throws IOException {
        try (RecurrentLanguageModel straight = kind.model();
                RecurrentLanguageModel stopped = kind.model()) {
            Trainer all = trainer(straight);
            for (int i = 0; i < 17; i++) {
                all.step();
            }
            Trainer before = trainer(stopped);
            for (int i = 0; i < 5; i++) {
                before.step();
            }
            LanguageModelFiles.save(folder, stopped, vocabulary, new WikiTextTokenizer(), SETTINGS, before);
            assertThat(LanguageModelFiles.canResume(folder)).isTrue();

            LanguageModelFiles.Loaded loaded =
                    LanguageModelFiles.load(folder, (layer, words, learned) -> kind.objective(layer, learned));
            try (RecurrentLanguageModel resumed = loaded.model()) {
                assertThat(resumed.isTied()).isEqualTo(kind.name().startsWith("TIED"));
                Trainer after = trainer(resumed);
                LanguageModelFiles.resume(folder, after);
                assertThat(after.steps()).isEqualTo(5);
                for (int i = 0; i < 12; i++) {
                    after.step();
                }
                assertThat(parameters(resumed)).isEqualTo(parameters(straight));
            }
        }
    }

    /** What evaluates is the exact layer, whatever trained it. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void aLoadedModelHasThePerplexityOfTheSavedOne(Kind kind) throws IOException {
        try (RecurrentLanguageModel model = kind.model()) {
            Trainer trainer = trainer(model);
            for (int i = 0; i < 5; i++) {
                trainer.step();
            }
            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, null);
            try (RecurrentLanguageModel loaded = LanguageModelFiles.load(folder).model()) {
                assertThat(loaded.objective()).isSameAs(loaded.objective().exact());
                assertThat(loaded.perplexity(text, workspace, tokens -> {}).value())
                        .isEqualTo(
                                model.perplexity(text, workspace, tokens -> {}).value());
            }
        }
    }

    /** One step of SGD by hand: the sum of both uses' gradients, clipped together with the body's, subtracted once. */
    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"TIED", "TIED_SAMPLED", "TIED_ADAPTIVE"})
    void aSharedParameterIsSteppedOnceByItsWholeGradient(Kind kind) {
        try (RecurrentLanguageModel trained = kind.model();
                RecurrentLanguageModel same = kind.model()) {
            double rate = 0.3;
            double clip = 0.01;
            new Trainer(
                            trained,
                            windows,
                            new Trainer.Settings(Trainer.Method.SGD, LearningRate.constant(rate), clip, 9),
                            workspace)
                    .step();
            int[] inputs = new int[windows.rows()];
            int[] targets = new int[windows.rows()];
            windows.read(0, inputs, targets);
            Gradients body = same.newBodyGradients();
            Gradients layer = same.objective().newGradients();
            Step step = new Step(RandomKey.of(9), workspace);
            same.lossAndGradients(inputs, targets, same.zeroState(4), step, body, layer, new long[1]);
            Gradients all = body.and(layer);
            double scale = clip / all.norm(workspace);
            assertThat(all).hasSize((int)
                    StreamSupport.stream(same.parameters().spliterator(), false).count());
            Iterator<Parameter> moved = trained.parameters().iterator();
            for (Parameter parameter : same.parameters()) {
                float[] w = parameter.value().array().clone();
                Gradient gradient = all.of(parameter);
                int columns = parameter.value().columns();
                float[] g = new float[w.length];
                switch (gradient) {
                    case Gradient.Dense dense -> g = dense.value().array();
                    case Gradient.ByRow rows -> {
                        for (int i = 0; i < rows.size(); i++) {
                            System.arraycopy(rows.values(), i * columns, g, rows.row(i) * columns, columns);
                        }
                    }
                }
                for (int i = 0; i < w.length; i++) {
                    w[i] -= (float) (rate * scale * g[i]);
                }
                assertThat(moved.next().value().array()).as(parameter.name()).containsExactly(w, within(1e-7f));
            }
        }
    }

    /** What is shared is saved once, and shared again. */
    @Test
    void aTiedModelIsSavedOnce() throws IOException {
        try (RecurrentLanguageModel model = Kind.TIED_ADAPTIVE.model()) {
            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, null);
        }
        assertThat(Files.readString(folder.resolve("config.json")))
                .contains("\"tied\" : true", "\"input_scale\" : 4.0");
        try (RecurrentLanguageModel loaded = LanguageModelFiles.load(folder).model()) {
            assertThat(loaded.input().parameters())
                    .allMatch(parameter -> loaded.objective().parameters().contains(parameter));
        }
        try (RecurrentLanguageModel model = Kind.ADAPTIVE.model()) {
            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, null);
        }
        assertThat(Files.readString(folder.resolve("config.json"))).doesNotContain("tied", "input");
    }

    @Test
    void anInputThatIsNotUnderstoodIsRefused() throws IOException {
        try (RecurrentLanguageModel model = Kind.ADAPTIVE_INPUT.model()) {
            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, null);
        }
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace("\"adaptive\"", "\"characters\""));
        assertThatThrownBy(() -> LanguageModelFiles.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("names the input \"characters\"");
        try (RecurrentLanguageModel model = Kind.HIERARCHICAL.model()) {
            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, null);
        }
        Files.writeString(config, Files.readString(config).replaceFirst("\\{", "{ \"tied\": true, "));
        assertThatThrownBy(() -> LanguageModelFiles.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot be tied to a hierarchical softmax");
    }

    /** It would be saved as an embedding, under a name that none has. */
    @Test
    void anInputTiedToAnotherLayerIsNotSaved() throws IOException {
        RandomKey key = RandomKey.of(1);
        FullSoftmax elsewhere = FullSoftmax.create(WORDS, 16, key);
        Objective hierarchical = Kind.HIERARCHICAL.layer();
        try (RecurrentLanguageModel model = new RecurrentLanguageModel(
                new RecurrentLanguageModel.Settings(16, 1, 0), Embedding.tiedTo(elsewhere), hierarchical, key)) {
            assertThatThrownBy(() ->
                            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("softmax.weight 20 x 16 is that of another layer");
        }
        assertThat(folder).isEmptyDirectory();
    }

    /** A temperature that is fitted later replaces the one before; the weights stay where they are. */
    @Test
    void aSavedModelTakesAnotherTransform() throws IOException {
        LogitTransform fitted = LogitTransform.IDENTITY.withTemperature(0.8);
        try (RecurrentLanguageModel model = Kind.TRANSFORMED.model()) {
            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, null);
            LanguageModelFiles.transform(folder, fitted);
            try (RecurrentLanguageModel loaded = LanguageModelFiles.load(folder).model()) {
                assertThat(loaded.objective().exact().transform()).isEqualTo(fitted);
                assertThat(parameters(loaded)).isEqualTo(parameters(model));
            }
            LanguageModelFiles.transform(folder, LogitTransform.IDENTITY);
        }
        assertThat(Files.readString(folder.resolve("config.json"))).doesNotContain("temperature", "soft_cap");
    }

    @Test
    void refusesATransformThatIsNone() throws IOException {
        try (RecurrentLanguageModel model = Kind.TRANSFORMED.model()) {
            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, null);
        }
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("0.25", "-1"));
        assertThatThrownBy(() -> LanguageModelFiles.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("temperature = -1.0: must be positive and finite");
    }

    /** So that a training that is resumed twice still has them. */
    @Test
    void countsStayWithTheVocabulary() throws IOException {
        Vocabulary counted = vocabulary.withCounts(LongStream.range(0, WORDS).toArray());
        try (RecurrentLanguageModel model = Kind.FULL.model()) {
            LanguageModelFiles.save(folder, model, counted, new WikiTextTokenizer(), SETTINGS, null);
            assertThat(LanguageModelFiles.vocabulary(folder).counts()).isEqualTo(counted.counts());
            try (RecurrentLanguageModel loaded = LanguageModelFiles.load(folder).model()) {
                LanguageModelFiles.save(
                        folder, loaded, LanguageModelFiles.vocabulary(folder), new WikiTextTokenizer(), SETTINGS, null);
            }
        }
        assertThat(LanguageModelFiles.load(folder).vocabulary().counts()).isEqualTo(counted.counts());
        LanguageModelFiles.save(folder, Kind.FULL.model(), vocabulary, new WikiTextTokenizer(), SETTINGS, null);
        assertThat(LanguageModelFiles.vocabulary(folder).hasCounts()).isFalse();
    }

    @Test
    void learnsFromTheTargetsOfEachStep() {
        try (RecurrentLanguageModel model = Kind.SAMPLED.model()) {
            Trainer trainer = trainer(model);
            trainer.step();
            trainer.step();
            LearnedUnigram learned =
                    ((SampledSoftmax) model.objective()).sampler().learned().getFirst();
            assertThat(Arrays.stream(learned.counts()).sum()).isEqualTo(WORDS + 2 * 40);
        }
    }

    @Test
    void aLayerThatIsNotUnderstoodIsRefusedByName() throws IOException {
        try (RecurrentLanguageModel model = Kind.HIERARCHICAL.model()) {
            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, null);
        }
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace("\"hierarchical\"", "\"quadratic\""));
        assertThatThrownBy(() -> LanguageModelFiles.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("names the layer \"quadratic\"");
        Files.writeString(config, text.replace("\"hierarchical\"", "\"adaptive\""));
        assertThatThrownBy(() -> LanguageModelFiles.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("lack the integers adaptive.order");
    }

    @Test
    void aSavedModelIsReplacedAsAWhole() throws IOException {
        try (RecurrentLanguageModel model = model()) {
            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, trainer(model));
            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, null);
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files.map(f -> f.getFileName().toString()))
                        .containsExactlyInAnyOrder("config.json", "weights-1.safetensors", "vocab-1.txt");
            }
            assertThat(LanguageModelFiles.canResume(folder)).isFalse();
            LanguageModelFiles.Loaded loaded = LanguageModelFiles.load(folder);
            try (RecurrentLanguageModel same = loaded.model()) {
                assertThat(parameters(same)).isEqualTo(parameters(model));
                assertThat(loaded.vocabulary().tokens()).isEqualTo(vocabulary.tokens());
                assertThat(loaded.training()).isEqualTo(SETTINGS);
                assertThat(loaded.tokenizer().name()).isEqualTo("words");
            }
        }
    }

    @Test
    void damagedModelsAreRefusedByName() throws IOException {
        assertThatThrownBy(() -> LanguageModelFiles.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("holds no model");
        try (RecurrentLanguageModel model = model()) {
            LanguageModelFiles.save(folder, model, vocabulary, new WikiTextTokenizer(), SETTINGS, null);
        }
        Path weights = folder.resolve("weights.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        Files.write(weights, java.util.Arrays.copyOf(bytes, bytes.length - 4));
        assertThatThrownBy(() -> LanguageModelFiles.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("weights.safetensors is cut off or damaged: tensor softmax.bias");
        Files.delete(weights);
        assertThatThrownBy(() -> LanguageModelFiles.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("weights.safetensors");
    }

    @Test
    void aGradientThatIsNotFiniteStopsTheTraining() {
        try (RecurrentLanguageModel model = model()) {
            model.parameters().get("softmax.weight").value().set(3, 0, Float.NaN);
            assertThatThrownBy(() -> trainer(model).step())
                    .isInstanceOf(ArithmeticException.class)
                    .hasMessageContaining("NaN: training has diverged");
        }
    }

    private Trainer trainer(RecurrentLanguageModel model) {
        return new Trainer(
                model,
                windows,
                new Trainer.Settings(Trainer.Method.ADAM, LearningRate.cosine(0.01, 0, 3, 30), 0.5, 9),
                workspace);
    }

    private static RecurrentLanguageModel model() {
        RandomKey key = RandomKey.of(3);
        return new RecurrentLanguageModel(
                new RecurrentLanguageModel.Settings(16, 1, 0.1), FullSoftmax.create(WORDS, 16, key), key);
    }

    private static Vocabulary vocabulary() {
        List<String> words = new ArrayList<>(List.of(Vocabulary.UNK, Vocabulary.EOS));
        IntStream.range(2, WORDS).forEach(i -> words.add("w" + i));
        return Vocabulary.of(words);
    }

    private static List<List<Float>> parameters(RecurrentLanguageModel model) {
        List<List<Float>> all = new ArrayList<>();
        model.parameters().forEach(parameter -> {
            List<Float> numbers = new ArrayList<>();
            for (float x : parameter.value().array()) {
                numbers.add(x);
            }
            all.add(numbers);
        });
        return all;
    }
}
