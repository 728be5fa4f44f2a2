package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.tracker.Tracker;
import io.vastmax.Embedding;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradients;
import io.vastmax.InputLayer;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Parameter;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.adaptive.AdaptiveInput;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.sampled.NegativeSampler;
import io.vastmax.sampled.SampledSoftmax;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EmbeddingBlockTest {
    private static final int CLASSES = 25;
    private static final int WIDTH = 6;
    private static final int[] IDS = {3, 0, 3, 24, 7, 9};
    private static final int[] LABELS = {0, 3, 24, 7, 9, 3};

    private final NDManager manager = Engine.getEngine("PyTorch").newBaseManager();

    /** What reads and what predicts. */
    record Pair(String name, InputLayer input, Objective objective) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Pair> pairs() {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        AdaptiveSoftmax adaptive =
                AdaptiveSoftmax.create(FrequencyClusters.of(CLASSES, 5, 12), WIDTH, 2, true, RandomKey.of(3));
        FullSoftmax other = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(4));
        return Stream.of(
                new Pair("tied full", Embedding.tiedTo(full), full),
                new Pair(
                        "tied sampled",
                        Embedding.tiedTo(other),
                        SampledSoftmax.of(other, NegativeSampler.distinctUniform(CLASSES, 4))),
                new Pair("tied adaptive", TiedInput.of(adaptive), adaptive),
                new Pair(
                        "own",
                        Embedding.create(CLASSES, WIDTH, RandomKey.of(5)),
                        FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(6))),
                new Pair(
                        "own adaptive",
                        AdaptiveInput.create(FrequencyClusters.of(CLASSES, 5), WIDTH, 2, RandomKey.of(5)),
                        FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(6))));
    }

    @BeforeAll
    static void start() {
        PyTorch.start();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** Without a body between them, a step moves every parameter by the gradients that the layers give without DJL. */
    @ParameterizedTest
    @MethodSource("pairs")
    void aStepIsThatOfBothGradients(Pair pair) throws Exception {
        Objective objective = pair.objective();
        Parameters all = objective.parameters().and(pair.input().parameters());
        Gradients gradients = objective.newGradients().and(pair.input().newGradients());
        try (Workspace workspace = Workspace.ofThreads(1)) {
            Matrix hidden = Matrix.zeros(IDS.length, WIDTH);
            pair.input().lookUp(IDS, hidden, workspace);
            Matrix upstream = Matrix.zeros(IDS.length, WIDTH);
            objective.lossAndGradients(
                    hidden, Targets.of(LABELS), new Step(RandomKey.of(0), workspace), upstream, gradients);
            pair.input().addGradients(IDS, upstream, gradients, workspace);
            List<float[]> expected = new ArrayList<>();
            List<float[]> before = new ArrayList<>();
            for (Parameter parameter : all) {
                before.add(parameter.value().array().clone());
            }
            io.vastmax.Optimizer.sgd(all, 0).step(gradients, 0.5, 1, workspace);
            for (Parameter parameter : all) {
                expected.add(parameter.value().array().clone());
                System.arraycopy(
                        before.removeFirst(),
                        0,
                        parameter.value().array(),
                        0,
                        parameter.value().array().length);
            }
            train(pair);
            for (Parameter parameter : all) {
                assertThat(parameter.value().array())
                        .as(parameter.name())
                        .containsExactly(expected.removeFirst(), within(1e-6f));
            }
        }
    }

    /** With a body of DJL's between them, against DJL's autograd over one matrix that is used twice. */
    @Test
    void tiedWeightsThroughABodyGetTheGradientsOfBothUses() throws Exception {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        float[] before = full.weight().value().array().clone();
        try (Model model = Model.newInstance("tied", "PyTorch");
                OutputBlock output = OutputBlock.of(full)) {
            Linear body = Linear.builder().setUnits(WIDTH).build();
            Block block = new SequentialBlock()
                    .add(output.embedding(TiedInput.of(full, 1)))
                    .add(body)
                    .add(output);
            model.setBlock(block);
            float[] weight;
            try (Trainer trainer = model.newTrainer(config(output, block))) {
                trainer.initialize(new Shape(2, 3));
                weight = body.getParameters().get(0).getValue().getArray().toFloatArray();
                EasyTrain.fit(trainer, 1, data(), null);
            }
            NDArray w = manager.create(before, new Shape(CLASSES, WIDTH));
            w.setRequiresGradient(true);
            NDArray a = manager.create(weight, new Shape(WIDTH, WIDTH));
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                NDArray hidden = w.get(manager.create(IDS)).matMul(a.transpose());
                NDArray logits = hidden.matMul(w.transpose());
                collector.backward(logits.logSoftmax(-1)
                        .gather(manager.create(LABELS, new Shape(6, 1)).toType(DataType.INT64, false), 1)
                        .neg()
                        .mean());
            }
            float[] gradient = w.getGradient().toFloatArray();
            for (int i = 0; i < before.length; i++) {
                assertThat(full.weight().value().array()[i]).isCloseTo(before[i] - 0.5f * gradient[i], within(1e-6f));
            }
        }
    }

    /** By DJL's means: what is frozen stays, what is not learns, and what both use learns from the one that is not frozen. */
    @ParameterizedTest
    @CsvSource({
        "own, true, false, false, true",
        "own, false, true, true, false",
        "own, true, true, false, false",
        "own adaptive, true, false, false, true",
        "own adaptive, false, true, true, false",
        "tied full, false, true, true, true",
        "tied full, true, false, false, false"
    })
    void whatIsFrozenStays(
            String name, boolean outputFrozen, boolean inputFrozen, boolean outputLearns, boolean inputLearns)
            throws Exception {
        Pair pair = pairs().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
        Parameter predicted = pair.objective().parameters().iterator().next();
        Parameter read = pair.input().parameters().iterator().next();
        try (Model model = Model.newInstance("m", "PyTorch");
                OutputBlock output = OutputBlock.of(pair.objective())) {
            EmbeddingBlock embedding = output.embedding(pair.input());
            Block block = new SequentialBlock()
                    .add(embedding)
                    .add(Linear.builder().setUnits(WIDTH).build())
                    .add(output);
            model.setBlock(block);
            DefaultTrainingConfig config = new DefaultTrainingConfig(output.loss())
                    .optOptimizer(JointOptimizer.adam(block).build());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(2, 3));
                EasyTrain.fit(trainer, 1, data(), null);
                output.freezeParameters(outputFrozen);
                embedding.freezeParameters(inputFrozen);
                float[] predictedBefore = predicted.value().array().clone();
                float[] readBefore = read.value().array().clone();
                EasyTrain.fit(trainer, 2, data(), null);
                assertThat(Arrays.equals(predicted.value().array(), predictedBefore))
                        .isNotEqualTo(outputLearns);
                assertThat(Arrays.equals(read.value().array(), readBefore)).isNotEqualTo(inputLearns);
            }
        }
    }

    /** What a body makes of the vectors is closed with the batch. */
    @Test
    void stepsLeaveNoArrayBehind() throws Exception {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        try (Model model = Model.newInstance("tied", "PyTorch");
                OutputBlock output = OutputBlock.of(full)) {
            Block lstm = LSTM.builder()
                    .setNumLayers(1)
                    .setStateSize(WIDTH)
                    .optBatchFirst(true)
                    .build();
            Block block = new SequentialBlock()
                    .add(output.embedding(TiedInput.of(full)))
                    .add(lstm)
                    .add(output);
            model.setBlock(block);
            ArrayDataset data = new ArrayDataset.Builder()
                    .setData(manager.zeros(new Shape(16, 3), DataType.INT32))
                    .optLabels(manager.ones(new Shape(16, 3), DataType.INT32))
                    .setSampling(2, false)
                    .build();
            try (Trainer trainer = model.newTrainer(config(output, block))) {
                trainer.initialize(new Shape(2, 3));
                assertThat(JointOptimizerTest.arraysAfterSteps(trainer, data))
                        .hasSize(7)
                        .containsOnly(0);
            }
        }
    }

    @Test
    void rowsThatNoBatchHoldsStayUntouched() throws Exception {
        Pair pair = pairs().skip(1).findFirst().orElseThrow();
        Embedding embedding = (Embedding) pair.input();
        float[] before = embedding.weight().value().array().clone();
        train(pair);
        int changed = 0;
        for (int row = 0; row < CLASSES; row++) {
            boolean same = true;
            for (int i = row * WIDTH; i < (row + 1) * WIDTH; i++) {
                same &= before[i] == embedding.weight().value().array()[i];
            }
            changed += same ? 0 : 1;
        }
        // Five words and four negatives, which may be among them
        assertThat(changed).isBetween(5, 9);
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void travelsWithTheModel(Pair pair, @TempDir Path folder) throws Exception {
        float[] expected;
        try (Model model = Model.newInstance("m", "PyTorch");
                OutputBlock output = OutputBlock.of(pair.objective())) {
            EmbeddingBlock embedding = output.embedding(pair.input());
            Block block = new SequentialBlock().add(embedding).add(output);
            block.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(2, 3));
            model.setBlock(block);
            model.save(folder, "m");
            expected = vectors(embedding);
        }
        pair.objective().parameters().forEach(parameter -> parameter.value().fill(0));
        pair.input().parameters().forEach(parameter -> parameter.value().fill(0));
        try (Model model = Model.newInstance("m", "PyTorch");
                OutputBlock output = OutputBlock.of(pair.objective())) {
            EmbeddingBlock embedding = output.embedding(pair.input());
            model.setBlock(new SequentialBlock().add(embedding).add(output));
            model.load(folder);
            assertThat(vectors(embedding)).isEqualTo(expected).doesNotContain(0f);
        }
    }

    @Test
    void wrongUseIsRefusedByName() {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        try (OutputBlock output = OutputBlock.of(full)) {
            EmbeddingBlock embedding = output.embedding(TiedInput.of(full));
            NDList ids = new NDList(manager.create(new long[] {0, 25}));
            assertThatThrownBy(() -> embedding.forward(null, ids, false)).hasMessageContaining("ids[1] = 25");
        }
    }

    private float[] vectors(EmbeddingBlock embedding) {
        NDArray vectors = embedding
                .forward(null, new NDList(manager.create(IDS, new Shape(2, 3))), false)
                .singletonOrThrow();
        assertThat(vectors.getShape()).isEqualTo(new Shape(2, 3, WIDTH));
        return vectors.toFloatArray();
    }

    private void train(Pair pair) throws Exception {
        try (Model model = Model.newInstance("m", "PyTorch");
                OutputBlock output = OutputBlock.of(pair.objective())) {
            Block block =
                    new SequentialBlock().add(output.embedding(pair.input())).add(output);
            model.setBlock(block);
            try (Trainer trainer = model.newTrainer(config(output, block))) {
                trainer.initialize(new Shape(2, 3));
                EasyTrain.fit(trainer, 1, data(), null);
            }
        }
    }

    private static DefaultTrainingConfig config(OutputBlock output, Block block) {
        return new DefaultTrainingConfig(output.loss())
                .optOptimizer(JointOptimizer.sgd(block)
                        .optLearningRateTracker(Tracker.fixed(0.5f))
                        .build());
    }

    private ArrayDataset data() {
        return new ArrayDataset.Builder()
                .setData(manager.create(IDS, new Shape(2, 3)))
                .optLabels(manager.create(LABELS, new Shape(2, 3)))
                .setSampling(2, false)
                .build();
    }
}
