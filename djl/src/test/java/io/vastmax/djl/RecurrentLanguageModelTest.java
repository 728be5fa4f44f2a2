package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.vastmax.CosineSoftmax;
import io.vastmax.Embedding;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradient;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.OutputLayer;
import io.vastmax.Parameter;
import io.vastmax.RandomKey;
import io.vastmax.SphericalSoftmax;
import io.vastmax.Step;
import io.vastmax.Workspace;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import io.vastmax.text.Perplexity;
import io.vastmax.text.TokenIds;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RecurrentLanguageModelTest {
    private static final int WORDS = 50;
    private static final int WIDTH = 12;
    private static final int BATCH = 3;
    private static final int STEPS = 5;

    private final Workspace workspace = Workspace.ofThreads(2);

    /** Our layer behind the surrogate against a full softmax in DJL's own operations, with the same weights. */
    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "1, true", "2, true"})
    void gradientsAreThoseOfDjlsOwnFullSoftmax(int layers, boolean tied) {
        try (RecurrentLanguageModel model = tied ? tied(layers) : model(layers, 0)) {
            int[] inputs = ids(1);
            int[] targets = ids(2);
            Gradients body = model.newBodyGradients();
            Gradients layer = model.objective().newGradients();
            double loss =
                    model.lossAndGradients(inputs, targets, model.zeroState(BATCH), step(), body, layer, new long[1]);

            Engine engine = Engine.getEngine("PyTorch");
            try (NDManager manager = engine.newBaseManager();
                    GradientCollector collector = engine.newGradientCollector()) {
                NDList arrays = new NDList();
                for (Parameter parameter : model.parameters()) {
                    Matrix value = parameter.value();
                    boolean vector = parameter.name().contains("bias");
                    NDArray array = manager.create(
                            value.array(), vector ? new Shape(value.rows()) : new Shape(value.rows(), value.columns()));
                    array.setRequiresGradient(true);
                    array.setName(parameter.name());
                    arrays.add(array);
                }
                NDArray in = manager.create(inputs)
                        .oneHot(WORDS)
                        .matMul(arrays.get(tied ? "softmax.weight" : "embedding.weight"))
                        .mul(tied ? Math.sqrt(WIDTH) : 1)
                        .reshape(BATCH, STEPS, WIDTH);
                Shape state = new Shape(layers, BATCH, WIDTH);
                int first = tied ? 0 : 1;
                NDList weights = new NDList(arrays.subList(first, first + 4 * layers));
                NDArray hidden = in.getNDArrayInternal()
                        .lstm(
                                in,
                                new NDList(manager.zeros(state), manager.zeros(state)),
                                weights,
                                true,
                                layers,
                                0,
                                true,
                                false,
                                true)
                        .get(0)
                        .reshape((long) BATCH * STEPS, WIDTH);
                NDArray logProbs = hidden.matMul(arrays.get("softmax.weight").transpose())
                        .add(arrays.get("softmax.bias"))
                        .logSoftmax(-1);
                NDArray expected = logProbs.gather(
                                manager.create(targets)
                                        .toType(DataType.INT64, false)
                                        .reshape(-1, 1),
                                1)
                        .neg()
                        .mean();
                collector.backward(expected);

                assertThat(loss).isCloseTo(expected.getFloat(), within(1e-5));
                for (Parameter parameter : model.parameters()) {
                    Gradients own = parameter.name().startsWith("softmax") ? layer : body;
                    assertThat(dense(own.of(parameter)))
                            .as(parameter.name())
                            .containsExactly(
                                    arrays.get(parameter.name()).getGradient().toFloatArray(), within(2e-6f));
                }
            }
        }
    }

    @Test
    void hiddenStatesDoNotDependOnHowTheTextIsCut() {
        try (RecurrentLanguageModel model = model(2, 0.5)) {
            int[] text = ids(3);
            float[] whole = model.hidden(text, text.length, model.zeroState(1)).array();
            RecurrentState state = model.zeroState(1);
            float[] first = model.hidden(Arrays.copyOf(text, 4), 4, state).array();
            int[] rest = Arrays.copyOfRange(text, 4, text.length);
            float[] second = model.hidden(rest, rest.length, state).array();
            assertThat(Arrays.copyOf(whole, first.length)).containsExactly(first, within(1e-6f));
            assertThat(Arrays.copyOfRange(whole, first.length, whole.length)).containsExactly(second, within(1e-6f));
        }
    }

    @Test
    void perplexityCountsEveryTokenButTheFirst() {
        try (RecurrentLanguageModel model = model(1, 0);
                TokenIds text = TokenIds.of(ids(4))) {
            int n = BATCH * STEPS - 1;
            float[] logProbs = new float[n];
            int[] inputs = Arrays.copyOf(ids(4), n);
            model.objective()
                    .exact()
                    .logProb(
                            model.hidden(inputs, n, model.zeroState(1)),
                            Arrays.copyOfRange(ids(4), 1, n + 1),
                            logProbs,
                            workspace);
            double nats = 0;
            for (float logProb : logProbs) {
                nats -= logProb;
            }
            Perplexity perplexity = model.perplexity(text, workspace, tokens -> {});
            assertThat(perplexity.tokens()).isEqualTo(n);
            assertThat(perplexity.nats()).isCloseTo(nats, within(1e-4));
            assertThat(perplexity.value()).isCloseTo(Math.exp(nats / n), within(1e-3));
            assertThat(perplexity.bitsPerToken()).isCloseTo(nats / n / Math.log(2), within(1e-5));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void dropoutFollowsTheStep() {
        try (RecurrentLanguageModel model = model(2, 0.5)) {
            double first = loss(model, 7);
            assertThat(loss(model, 7)).isEqualTo(first);
            assertThat(loss(model, 8)).isNotEqualTo(first);
        }
    }

    @Test
    void refusesAnObjectiveOfAnotherWidth() {
        FullSoftmax layer = FullSoftmax.create(WORDS, 8, RandomKey.of(1));
        RecurrentLanguageModel.Settings settings = new RecurrentLanguageModel.Settings(WIDTH, 1, 0);
        assertThatThrownBy(() -> new RecurrentLanguageModel(settings, layer, RandomKey.of(1)))
                .hasMessage("objective has the width 8, but settings say 12");
        assertThatThrownBy(() -> new RecurrentLanguageModel.Settings(0, 1, 0)).hasMessageContaining("width = 0");
        assertThatThrownBy(() -> new RecurrentLanguageModel.Settings(8, 1, 1.0)).hasMessageContaining("dropout = 1.0");
    }

    @Test
    void refusesAnInputThatDoesNotFit() {
        RecurrentLanguageModel.Settings settings = new RecurrentLanguageModel.Settings(WIDTH, 1, 0);
        RandomKey key = RandomKey.of(1);
        FullSoftmax layer = FullSoftmax.create(WORDS, WIDTH, key);
        assertThatThrownBy(() -> new RecurrentLanguageModel(settings, Embedding.create(WORDS, 8, key), layer, key))
                .hasMessage("input has the width 8, but settings say 12");
        assertThatThrownBy(() -> new RecurrentLanguageModel(settings, Embedding.create(49, WIDTH, key), layer, key))
                .hasMessage("input has 49 classes, but objective 50");
        Embedding elsewhere = Embedding.tiedTo(FullSoftmax.create(WORDS, WIDTH, key));
        assertThatThrownBy(() -> new RecurrentLanguageModel(settings, elsewhere, layer, key))
                .hasMessage("Two parameters have the name softmax.weight");
    }

    /** Each parameter once. */
    @Test
    void aTiedModelHasFewerParameters() {
        try (RecurrentLanguageModel tied = tied(1);
                RecurrentLanguageModel untied = model(1, 0)) {
            assertThat(tied.isTied()).isTrue();
            assertThat(untied.isTied()).isFalse();
            assertThat(untied.parameters().count() - tied.parameters().count()).isEqualTo(WORDS * WIDTH);
            assertThat(tied.bodyParameters())
                    .allMatch(parameter -> parameter.name().startsWith("lstm."));
            assertThat(tied.newBodyGradients()).hasSize(4);
        }
    }

    static List<Arguments> untieable() {
        RandomKey key = RandomKey.of(1);
        return List.of(
                Arguments.of(HierarchicalSoftmax.create(Tree.balanced(WORDS, 2), WIDTH, key), "hierarchical", "nodes"),
                Arguments.of(CosineSoftmax.create(WORDS, WIDTH, 5, key), "cosine", "directions"),
                Arguments.of(SphericalSoftmax.create(WORDS, WIDTH, 0.1, key), "spherical", "opposite"));
    }

    @ParameterizedTest
    @MethodSource("untieable")
    void saysWhyALayerCannotBeTied(OutputLayer layer, String name, String why) {
        assertThatThrownBy(() -> RecurrentLanguageModel.tied(
                        new RecurrentLanguageModel.Settings(WIDTH, 1, 0), layer, RandomKey.of(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("An input cannot be tied to a " + name + " softmax: ")
                .hasMessageContaining(why);
    }

    private static RecurrentLanguageModel tied(int layers) {
        RandomKey key = RandomKey.of(3);
        return RecurrentLanguageModel.tied(
                new RecurrentLanguageModel.Settings(WIDTH, layers, 0), FullSoftmax.create(WORDS, WIDTH, key), key);
    }

    private double loss(RecurrentLanguageModel model, long step) {
        return model.lossAndGradients(
                ids(1),
                ids(2),
                model.zeroState(BATCH),
                new Step(new RandomKey(5, step), workspace),
                model.newBodyGradients(),
                model.objective().newGradients(),
                new long[1]);
    }

    private Step step() {
        return new Step(RandomKey.of(5), workspace);
    }

    private static RecurrentLanguageModel model(int layers, double dropout) {
        RandomKey key = RandomKey.of(3);
        return new RecurrentLanguageModel(
                new RecurrentLanguageModel.Settings(WIDTH, layers, dropout),
                FullSoftmax.create(WORDS, WIDTH, key),
                key);
    }

    private static int[] ids(int seed) {
        return new SplittableRandom(seed).ints((long) BATCH * STEPS, 0, WORDS).toArray();
    }

    private static float[] dense(Gradient gradient) {
        return switch (gradient) {
            case Gradient.Dense dense -> dense.value().array();
            case Gradient.ByRow rows -> {
                Matrix value = rows.parameter().value();
                float[] all = new float[value.array().length];
                for (int i = 0; i < rows.size(); i++) {
                    System.arraycopy(
                            rows.values(), i * value.columns(), all, rows.row(i) * value.columns(), value.columns());
                }
                yield all;
            }
        };
    }
}
