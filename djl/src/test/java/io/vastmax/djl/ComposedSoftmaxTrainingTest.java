package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.listener.EpochTrainingListener;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.vastmax.CosineSoftmax;
import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import io.vastmax.sampled.ClassDistribution;
import io.vastmax.sampled.NegativeSampler;
import io.vastmax.sampled.NegativeSampling;
import io.vastmax.sampled.Negatives;
import io.vastmax.sampled.SampledSoftmax;
import io.vastmax.testkit.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A model whose last block is a composed layer, under DJL's own training loop. */
class ComposedSoftmaxTrainingTest {
    private static final int CLASSES = 60;
    private static final int WIDTH = 9;
    private static final int EXAMPLES = 64;
    private static final int STEPS = 3;
    private static final RandomKey KEY = RandomKey.of(5);

    @BeforeAll
    static void start() {
        PyTorch.start();
    }

    static Stream<Objective> layers() {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, KEY);
        return Stream.of(
                full,
                SampledSoftmax.of(
                        FullSoftmax.create(CLASSES, WIDTH, KEY),
                        NegativeSampler.distinct(ClassDistribution.logUniform(CLASSES), 20)),
                AdaptiveSoftmax.create(FrequencyClusters.of(CLASSES, 10, 30), WIDTH, 2, true, KEY),
                HierarchicalSoftmax.create(Tree.balanced(CLASSES, 2), WIDTH, KEY));
    }

    /** The loss falls, in training and in validation, and means the same after a save, a load, and in our layer. */
    @ParameterizedTest
    @MethodSource("layers")
    void trainsAndTravels(Objective layer, @TempDir Path directory) throws Exception {
        try (Model model = model(ComposedSoftmax.of(layer, KEY, 17));
                Trainer trainer = trainer(model)) {
            ArrayDataset data = data(model.getNDManager());
            EasyTrain.evaluateDataset(trainer, data);
            trainer.notifyListeners(listener -> listener.onEpoch(trainer));
            float before = trainer.getTrainingResult().getValidateLoss();
            EasyTrain.fit(trainer, 12, data, data);
            float loss = trainer.getTrainingResult().getValidateLoss();
            assertThat(trainer.getTrainingResult().getTrainLoss()).isLessThan(0.5f * before);
            assertThat(loss).isLessThan(0.5f * before);
            model.save(directory, "model");

            ComposedSoftmax loaded = ComposedSoftmax.of(layer, KEY, 17);
            try (Model second = model(loaded)) {
                second.load(directory, "model");
                try (Trainer again = trainer(second)) {
                    EasyTrain.evaluateDataset(again, data);
                    again.notifyListeners(listener -> listener.onEpoch(again));
                    assertThat(again.getTrainingResult().getValidateLoss()).isEqualTo(loss);
                }
                loaded.copyTo(layer.parameters());
                assertThat(loss(layer.exact(), second.getBlock())).isCloseTo(loss, within(1e-5));
            }
        }
    }

    /** By our layer, of the hidden states that the model's body gives. */
    private static double loss(OutputLayer layer, Block block) {
        try (NDManager manager = PyTorch.start().newBaseManager();
                Workspace workspace = Workspace.ofThreads(1)) {
            NDList examples = examples(manager);
            NDArray hidden = block.forward(new ParameterStore(manager, false), new NDList(examples.get(0)), false)
                    .singletonOrThrow();
            float[] logProbs = new float[EXAMPLES * STEPS];
            layer.logProb(
                    Matrix.wrap(EXAMPLES * STEPS, WIDTH, hidden.toFloatArray()),
                    examples.get(1).toType(DataType.INT32, true).toIntArray(),
                    logProbs,
                    workspace);
            double sum = 0;
            for (float logProb : logProbs) {
                sum -= logProb;
            }
            return sum / logProbs.length;
        }
    }

    private static Model model(Block last) {
        Model model = Model.newInstance("model", "PyTorch");
        model.setBlock(new SequentialBlock()
                .add(Linear.builder().setUnits(WIDTH).build())
                .add(last));
        return model;
    }

    private static Trainer trainer(Model model) {
        ComposedSoftmax last =
                (ComposedSoftmax) model.getBlock().getChildren().get(1).getValue();
        Trainer trainer = model.newTrainer(new DefaultTrainingConfig(last.loss())
                .optOptimizer(Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(0.1f))
                        .build())
                .addTrainingListeners(new EpochTrainingListener(), new EvaluatorTrainingListener()));
        trainer.initialize(new Shape(16, STEPS, 6));
        return trainer;
    }

    private static ArrayDataset data(NDManager manager) throws IOException {
        NDList examples = examples(manager);
        return new ArrayDataset.Builder()
                .setData(examples.get(0))
                .optLabels(examples.get(1))
                .setSampling(16, false)
                .build();
    }

    /** Labels that a linear function of the data tells apart: four of the classes. */
    private static NDList examples(NDManager manager) {
        SplittableRandom random = new SplittableRandom(3);
        float[] data = new float[EXAMPLES * STEPS * 6];
        float[] labels = new float[EXAMPLES * STEPS];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextDouble(-1, 1);
        }
        for (int n = 0; n < labels.length; n++) {
            labels[n] = (data[6 * n] > 0 ? 1 : 40) + (data[6 * n + 1] > 0 ? 2 : 15);
        }
        return new NDList(
                manager.create(data, new Shape(EXAMPLES, STEPS, 6)),
                manager.create(labels, new Shape(EXAMPLES, STEPS)));
    }

    /** Draws for each batch of training once, though the trainer asks for the loss twice, and never for validation. */
    @Test
    void theTrainersEvaluatorCostsNothing() throws Exception {
        int[] draws = new int[2];
        NegativeSampler uniform = NegativeSampler.withReplacement(ClassDistribution.uniform(CLASSES), 5);
        NegativeSampler counting = new NegativeSampler() {
            @Override
            public int classes() {
                return CLASSES;
            }

            @Override
            public void draw(Targets batch, RandomGenerator random, Negatives into) {
                draws[0]++;
                uniform.draw(batch, random, into);
            }

            @Override
            public void observe(Targets batch) {
                draws[1]++;
            }
        };
        SampledSoftmax layer = SampledSoftmax.of(FullSoftmax.create(CLASSES, WIDTH, KEY), counting);
        try (Model model = model(ComposedSoftmax.of(layer));
                Trainer trainer = trainer(model)) {
            ArrayDataset data = data(model.getNDManager());
            EasyTrain.fit(trainer, 2, data, data);
        }
        assertThat(draws).containsExactly(8, 8);
    }

    /** The i-th pass of training draws what our step i draws; evaluated, the exact layer's loss. */
    @Test
    void aSampledSoftmaxDrawsAsOursAndIsEvaluatedExactly() {
        SampledSoftmax layer = (SampledSoftmax) layers().toList().get(1);
        ComposedSoftmax block = ComposedSoftmax.of(layer, new RandomKey(7, 3), 100);
        Matrix hidden = Matrix.zeros(30, WIDTH);
        Problem.fill(hidden, 1, new SplittableRandom(2));
        int[] ids = new SplittableRandom(4).ints(30, 0, CLASSES).toArray();
        try (NDManager manager = PyTorch.start().newBaseManager();
                Workspace workspace = Workspace.ofThreads(1)) {
            NDArray rows = manager.create(hidden.array(), new Shape(30, WIDTH));
            NDArray labels = manager.create(ids);
            ParameterStore store = new ParameterStore(manager, false);
            List<NDList> outputs = new ArrayList<>();
            for (int pass = 0; pass < 3; pass++) {
                outputs.add(block.forward(store, new NDList(rows), true));
            }
            // In whatever order the devices that ran the passes ask for their losses
            for (int pass = 2; pass >= 0; pass--) {
                double expected = layer.lossAndGradients(
                        hidden, Targets.of(ids), new Step(new RandomKey(7, 3 + pass), workspace), null, null);
                assertThat((double) block.loss()
                                .evaluate(new NDList(labels), outputs.get(pass))
                                .getFloat())
                        .isCloseTo(expected, within(1e-5));
            }
            NDList output = block.forward(store, new NDList(rows), false);
            double exact =
                    layer.exact().lossAndGradients(hidden, Targets.of(ids), new Step(KEY, workspace), null, null);
            assertThat((double)
                            block.loss().evaluate(new NDList(labels), output).getFloat())
                    .isCloseTo(exact, within(1e-5));
        }
    }

    /** Parameters in double precision as in half: what the operations of the engine take. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT64", "FLOAT32", "FLOAT16"})
    void theTypeIsThatOfTheHiddenStates(DataType type) {
        FullSoftmax smoothed = FullSoftmax.create(CLASSES, WIDTH, KEY).minimising(CrossEntropy.MEAN.smoothing(0.1));
        Stream.concat(Stream.of(smoothed), layers()).forEach(layer -> {
            ComposedSoftmax block = ComposedSoftmax.of(layer, KEY, 17);
            try (NDManager manager = PyTorch.start().newBaseManager()) {
                NDArray hidden = manager.ones(new Shape(2, 3, WIDTH)).toType(type, false);
                NDList output = block.forward(new ParameterStore(manager, false), new NDList(hidden), true);
                for (DataType labels : List.of(DataType.INT32, DataType.INT64, DataType.FLOAT32, DataType.FLOAT64)) {
                    NDArray ids =
                            manager.create(new int[] {0, 59, 12, 12, 33, 1}).toType(labels, false);
                    NDArray loss = block.loss().evaluate(new NDList(ids), output);
                    assertThat(loss.getDataType()).isEqualTo(type);
                    assertThat(loss.getShape()).isEqualTo(new Shape());
                    assertThat(Composed.doubles(loss)[0]).isBetween(2.0, 6.0);
                }
            }
        });
    }

    @Test
    void refusesWhatIsNotComposed() {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, KEY);
        NegativeSampler sampler = NegativeSampler.withReplacement(ClassDistribution.uniform(CLASSES), 5);
        SampledSoftmax sampled = SampledSoftmax.of(full, sampler);
        HierarchicalSoftmax tree = HierarchicalSoftmax.create(Tree.balanced(CLASSES, 2), WIDTH, KEY);
        record Refusal(Objective objective, String words) {}
        for (Refusal refusal : List.of(
                new Refusal(CosineSoftmax.create(CLASSES, WIDTH, 3, KEY), "objective is a CosineSoftmax"),
                new Refusal(NegativeSampling.of(full, sampler), "objective is a NegativeSampling"),
                new Refusal(sampled.perExample(true), "objective draws for each row"),
                new Refusal(full.minimising(CrossEntropy.MEAN.focusing(2)), "focal = 2.0"),
                new Refusal(full.minimising(CrossEntropy.MEAN.withZLoss(0.1)), "zLoss = 0.1"),
                new Refusal(
                        full.minimising(CrossEntropy.MEAN.smoothingPath(0.1)), "labelSmoothing = 0.1 along the path"),
                new Refusal(full.minimising(CrossEntropy.MEAN.weighing(new float[CLASSES])), "weights"),
                new Refusal(sampled.minimising(CrossEntropy.MEAN.smoothing(0.1)), "labelSmoothing = 0.1"),
                new Refusal(tree.minimising(CrossEntropy.MEAN.smoothing(0.1)), "labelSmoothing = 0.1"))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ComposedSoftmax.of(refusal.objective()))
                    .withMessageContaining(refusal.words());
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ComposedSoftmax.of(full, KEY, 0))
                .withMessage("chunk = 0: must be positive");
    }

    @Test
    void refusesWrongBatchesByName() {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, KEY);
        ComposedSoftmax block = ComposedSoftmax.of(full.transforming(LogitTransform.IDENTITY));
        try (NDManager manager = PyTorch.start().newBaseManager()) {
            ParameterStore store = new ParameterStore(manager, false);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> block.forward(store, new NDList(manager.ones(new Shape(2, 8))), true))
                    .withMessage("hidden is (2, 8): its last dimension must be 9");
            NDList output = block.forward(store, new NDList(manager.ones(new Shape(2, WIDTH))), true);
            record Refusal(NDArray labels, String message) {}
            for (Refusal refusal : List.of(
                    new Refusal(manager.create(new int[] {1}), "labels holds 1 ids, but hidden has 2 rows"),
                    new Refusal(manager.create(new int[] {1, 60}), "labels[1] = 60: must be from 0 to 59"),
                    new Refusal(manager.create(new long[] {-1, 1}), "labels[0] = -1: must be from 0 to 59"),
                    new Refusal(manager.create(new long[] {1L << 32, 1}), "labels[0] = 4294967296: must be of 32 bits"),
                    new Refusal(
                            manager.create(new float[] {1, 1.5f}),
                            "labels[1] = 1.5: must be a whole number of 32 bits"),
                    new Refusal(
                            manager.create(new boolean[] {true, true}),
                            "labels is of type boolean: must be int32, int64, float32 or float64"))) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> block.loss().evaluate(new NDList(refusal.labels()), output))
                        .withMessage(refusal.message());
            }
            NDList labels = new NDList(manager.create(new int[] {1, 2}));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ComposedSoftmax.of(full).loss().evaluate(labels, output))
                    .withMessageContaining("last block");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> block.loss().evaluate(labels, new NDList(output.head())))
                    .withMessageContaining("last block");
        }
    }

    @Test
    void refusesToCopyOrLoadWhatDoesNotFit(@TempDir Path directory) throws Exception {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, KEY);
        ComposedSoftmax block = ComposedSoftmax.of(full);
        assertThatThrownBy(() -> block.copyTo(full.parameters()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("softmax.weight");
        try (Model model = model(block);
                Trainer trainer = trainer(model)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            block.copyTo(FullSoftmax.create(CLASSES, 8, KEY).parameters()))
                    .withMessage("into has softmax.weight 60 x 8, but softmax.weight is (60, 9)");
            model.save(directory, "model");
            assertThat(trainer.getModel()).isSameAs(model);
        }
        try (Model other = model(ComposedSoftmax.of(FullSoftmax.create(CLASSES + 1, WIDTH, KEY)))) {
            assertThatThrownBy(() -> other.load(directory, "model"))
                    .isInstanceOf(MalformedModelException.class)
                    .hasMessage("the file has softmax.weight (60, 9), but the layer's is softmax.weight 61 x 9");
        }
    }
}
