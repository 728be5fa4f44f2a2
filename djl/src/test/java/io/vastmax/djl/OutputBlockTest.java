package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
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
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.evaluator.Evaluator;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslatorContext;
import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradients;
import io.vastmax.LossSink;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import io.vastmax.sampled.NegativeSampler;
import io.vastmax.sampled.SampledSoftmax;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Our layers behind DJL's trainer, held against DJL's own operations. */
class OutputBlockTest {
    private static final int FEATURES = 7;
    private static final int WIDTH = 6;
    private static final int CLASSES = 40;
    private static final int ROWS = 48;
    private static final int BATCH = 16;

    private NDManager manager = Engine.getEngine("PyTorch").newBaseManager();

    @BeforeAll
    static void start() {
        PyTorch.start().setRandomSeed(1);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    static Stream<Objective> objectives() {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        long[] counts = LongStream.range(0, CLASSES).map(i -> 1000 / (i + 1)).toArray();
        return Stream.of(
                full,
                SampledSoftmax.of(
                        FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3)),
                        NegativeSampler.distinctUniform(CLASSES, 12)),
                AdaptiveSoftmax.create(FrequencyClusters.of(counts, 8, 20), WIDTH, 2, true, RandomKey.of(3)),
                HierarchicalSoftmax.create(Tree.huffman(counts, 2), WIDTH, RandomKey.of(3)));
    }

    /** Three epochs of EasyTrain, with the loss and every parameter against the same in DJL's operations. */
    @ParameterizedTest
    @CsvSource({"sgd, 0", "sgd, 0.9", "adam, 0", "adamW, 0"})
    void trainsAsDjlTrainsItsOwnFullSoftmax(String method, float momentum) throws Exception {
        // DJL keeps the learning rate within its velocity, and adds Adam's epsilon before the correction of its bias
        Tracker rates = momentum > 0
                ? Tracker.fixed(0.05f)
                : Tracker.factor()
                        .setBaseValue(method.equals("sgd") ? 0.1f : 0.01f)
                        .setFactor(0.9f)
                        .build();
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        try (Model ours = Model.newInstance("ours", "PyTorch");
                Model theirs = Model.newInstance("theirs", "PyTorch")) {
            Linear ourBody = body();
            OutputBlock output = OutputBlock.of(full);
            Block block = new SequentialBlock().add(ourBody).add(output);
            ours.setBlock(block);
            JointOptimizer.Builder joint = switch (method) {
                case "sgd" -> JointOptimizer.sgd(block).optMomentum(momentum);
                case "adam" -> JointOptimizer.adam(block);
                default -> JointOptimizer.adamW(block).optWeightDecays(0.01f);
            };
            DefaultTrainingConfig config = new DefaultTrainingConfig(output.loss())
                    .optOptimizer(joint.optLearningRateTracker(rates).build());

            Linear theirBody = body();
            Linear logits = Linear.builder().setUnits(CLASSES).build();
            theirs.setBlock(new SequentialBlock().add(theirBody).add(logits));
            Optimizer optimizer = switch (method) {
                case "sgd" ->
                    Optimizer.sgd()
                            .setLearningRateTracker(rates)
                            .optMomentum(momentum)
                            .build();
                case "adam" -> Optimizer.adam().optLearningRateTracker(rates).build();
                default ->
                    Optimizer.adamW()
                            .optLearningRateTracker(rates)
                            .optWeightDecays(0.01f)
                            .build();
            };
            DefaultTrainingConfig theirConfig =
                    new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss()).optOptimizer(optimizer);

            try (Trainer trainer = ours.newTrainer(config);
                    Trainer theirTrainer = theirs.newTrainer(theirConfig)) {
                trainer.initialize(new Shape(BATCH, FEATURES));
                theirTrainer.initialize(new Shape(BATCH, FEATURES));
                copy(ourBody, theirBody);
                parameter(logits, 0).set(full.weight().value().array());
                EasyTrain.fit(trainer, 3, data(), null);
                EasyTrain.fit(theirTrainer, 3, data(), null);
            }
            for (int i = 0; i < 2; i++) {
                assertClose(
                        parameter(ourBody, i).toFloatArray(),
                        parameter(theirBody, i).toFloatArray());
            }
            assertClose(full.weight().value().array(), parameter(logits, 0).toFloatArray());
            assertClose(
                    Objects.requireNonNull(full.bias()).value().array(),
                    parameter(logits, 1).toFloatArray());
            output.close();
        }
    }

    /** One step, clipped, against the gradients of DJL's operations, clipped by hand. */
    @Test
    void clipsByTheGlobalNormOfBodyAndLayer() throws Exception {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        float[] weight = full.weight().value().array().clone();
        try (Model model = Model.newInstance("clipped", "PyTorch")) {
            Linear body = body();
            OutputBlock output = OutputBlock.of(full);
            Block block = new SequentialBlock().add(body).add(output);
            model.setBlock(block);
            JointOptimizer optimizer = JointOptimizer.sgd(block)
                    .optLearningRateTracker(Tracker.fixed(1))
                    .optClipNorm(0.01)
                    .build();
            try (Trainer trainer = model.newTrainer(new DefaultTrainingConfig(output.loss()).optOptimizer(optimizer))) {
                trainer.initialize(new Shape(BATCH, FEATURES));
                float[] before = parameter(body, 0).toFloatArray();
                EasyTrain.fit(trainer, 1, data(BATCH), null);
                double squares = squares(before, parameter(body, 0).toFloatArray())
                        + squares(new float[WIDTH], parameter(body, 1).toFloatArray())
                        + squares(weight, full.weight().value().array())
                        + squares(
                                new float[CLASSES],
                                Objects.requireNonNull(full.bias()).value().array());
                assertThat(Math.sqrt(squares)).isCloseTo(0.01, within(1e-6));
            }
            output.close();
        }
    }

    /** Each layer learns, and the listener's second look at the loss takes no second pass. */
    @ParameterizedTest
    @MethodSource("objectives")
    void learnsWithOnePassABatch(Objective objective) throws Exception {
        Counting counting = new Counting(objective);
        OutputBlock output = OutputBlock.of(counting);
        Block block = new SequentialBlock().add(body()).add(output);
        try (Model model = Model.newInstance("counting", "PyTorch")) {
            model.setBlock(block);
            DefaultTrainingConfig config = new DefaultTrainingConfig(output.loss())
                    .optOptimizer(JointOptimizer.adam(block)
                            .optLearningRateTracker(Tracker.fixed(0.02f))
                            .optClipNorm(1)
                            .build())
                    .addEvaluator(output.perplexity())
                    .addTrainingListeners(new EvaluatorTrainingListener());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(BATCH, FEATURES));
                EasyTrain.fit(trainer, 1, data(), data());
                assertThat(trainer.getTrainingResult().getValidateEvaluation("Perplexity"))
                        .isCloseTo((float) Math.exp(trainer.getTrainingResult().getValidateLoss()), within(0.01f));
                float first = trainer.getTrainingResult().getValidateLoss();
                assertThat(counting.passes).isEqualTo(ROWS / BATCH);
                assertThat(counting.observed).isEqualTo(ROWS / BATCH);
                EasyTrain.fit(trainer, 30, data(), data());
                assertThat(trainer.getTrainingResult().getValidateLoss()).isLessThan(first - 0.5f);
                assertThat(counting.losses).isZero();
            }
        }
        output.close();
        assertThatThrownBy(() -> output.loss()
                        .updateAccumulator(
                                "a",
                                new NDList(manager.zeros(new Shape(1))),
                                new NDList(manager.zeros(new Shape(1, WIDTH)))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("This output block is closed");
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void evaluatesAsTheLogProbabilitiesOfAllClassesSay(Objective objective) {
        try (OutputBlock output = OutputBlock.of(objective)) {
            NDArray hidden = normal(new Shape(4, 5, WIDTH), 1);
            NDArray labels = manager.create(classes(20, 2), new Shape(4, 5));
            NDArray logProbs =
                    output.logProbs().forward(null, new NDList(hidden), false).singletonOrThrow();
            assertThat(logProbs.getShape()).isEqualTo(new Shape(4, 5, CLASSES));
            NDArray flat = logProbs.reshape(20, CLASSES);
            NDArray target = flat.gather(labels.reshape(20, 1), 1);
            float perplexity = (float) Math.exp(-target.mean().getFloat());
            NDArray better = flat.gt(target).toType(DataType.INT32, false).sum(new int[] {1});
            float[] first = better.eq(0).toType(DataType.FLOAT32, false).toFloatArray();
            float[] five = better.lt(5).toType(DataType.FLOAT32, false).toFloatArray();
            NDList predictions = new NDList(hidden);
            NDList given = new NDList(labels);
            assertThat(value(output.perplexity(), given, predictions)).isCloseTo(perplexity, within(1e-3f));
            assertThat(value(output.accuracy(), given, predictions)).isCloseTo(mean(first), within(1e-6f));
            assertThat(value(output.topKAccuracy(5), given, predictions)).isCloseTo(mean(five), within(1e-6f));
            assertThat(value(output.loss(), given, predictions)).isCloseTo((float) Math.log(perplexity), within(1e-5f));
            assertThat(output.perplexity().evaluate(given, predictions).getFloat())
                    .isCloseTo(perplexity, within(1e-3f));

            NDList top = output.topK(3).forward(null, predictions, false);
            NDList sorted = flat.topK(3, -1, true, true);
            assertThat(top.get(0).toLongArray()).isEqualTo(sorted.get(1).toLongArray());
            assertClose(top.get(1).toFloatArray(), sorted.get(0).toFloatArray());
            assertThat(top.get(0).getShape()).isEqualTo(new Shape(4, 5, 3));
        }
    }

    /** In training the perplexity is made of the loss, where that is what it was. */
    @Test
    void thePerplexityOfATrainingBatchTakesNoPass() {
        for (CrossEntropy objective :
                List.of(CrossEntropy.MEAN, CrossEntropy.MEAN.ignoring(4), CrossEntropy.MEAN.smoothing(0.1))) {
            FullSoftmax full =
                    FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3)).minimising(objective);
            try (OutputBlock output = OutputBlock.of(full)) {
                TrainingOutput given =
                        new TrainingOutput(output, normal(new Shape(3, WIDTH), 1), manager.zeros(new Shape(1)));
                NDList labels = new NDList(manager.create(new long[] {4, 5, 6}));
                float perplexity = value(output.perplexity(), labels, given);
                given.evaluated(0.5);
                assertThat(value(output.perplexity(), labels, given))
                        .isEqualTo(objective.labelSmoothing() > 0 ? perplexity : (float) Math.exp(0.5));
            }
        }
    }

    @Test
    void rowsThatAreIgnoredDoNotCount() {
        FullSoftmax full =
                FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3)).minimising(CrossEntropy.MEAN.ignoring(-100));
        try (OutputBlock output = OutputBlock.of(full)) {
            NDArray hidden = normal(new Shape(6, WIDTH), 1);
            long[] ids = {4, -100, 7, 9, -100, 39};
            NDList some = new NDList(manager.create(new long[] {4, 7, 9, 39}));
            NDList rows = new NDList(hidden.get(manager.create(new int[] {0, 2, 3, 5})));
            for (Evaluator evaluator : List.of(output.perplexity(), output.topKAccuracy(9), output.loss())) {
                assertThat(value(evaluator, new NDList(manager.create(ids)), new NDList(hidden)))
                        .as(evaluator.getName())
                        .isEqualTo(value(evaluator, some, rows));
            }
        }
    }

    @Test
    void labelsMayBeFloatsOfAnyShape() {
        try (OutputBlock output = OutputBlock.of(FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3)))) {
            NDList hidden = new NDList(normal(new Shape(4, WIDTH), 1));
            float expected = value(output.loss(), new NDList(manager.create(new long[] {1, 0, 39, 7})), hidden);
            for (NDArray labels : List.of(
                    manager.create(new int[] {1, 0, 39, 7}, new Shape(4, 1)),
                    manager.create(new float[] {1, 0, 39, 7}),
                    manager.create(new double[] {1, 0, 39, 7}, new Shape(2, 2)))) {
                assertThat(value(output.loss(), new NDList(labels), hidden)).isEqualTo(expected);
            }
        }
    }

    /** DJL's file holds both, and what was saved is what is loaded, by a block for inference too. */
    @ParameterizedTest
    @MethodSource("objectives")
    void travelsWithTheModel(Objective objective, @TempDir Path folder) throws Exception {
        float[] expected;
        float[] features = {-3, -2, -1, 0, 1, 2, 3};
        try (Model model = Model.newInstance("travels", "PyTorch");
                OutputBlock output = OutputBlock.of(objective)) {
            Block block = new SequentialBlock().add(body()).add(output);
            block.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1, FEATURES));
            model.setBlock(block);
            model.save(folder, "travels");
            model.setBlock(new SequentialBlock()
                    .add(block.getChildren().get(0).getValue())
                    .add(output.logProbs()));
            expected = predict(model, features);
        }
        Objective other = fresh(objective);
        try (Model model = Model.newInstance("travels", "PyTorch");
                OutputBlock output = OutputBlock.of(other)) {
            model.setBlock(new SequentialBlock().add(body()).add(output.logProbs()));
            model.load(folder);
            assertThat(predict(model, features)).isEqualTo(expected);
        }
    }

    @Test
    void aModelFileOfAnotherLayerIsRefusedAndNothingChanges(@TempDir Path folder) throws Exception {
        try (Model model = Model.newInstance("m", "PyTorch");
                OutputBlock output = OutputBlock.of(FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3)))) {
            Block block = new SequentialBlock().add(output);
            block.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1, WIDTH));
            model.setBlock(block);
            model.save(folder, "m");
        }
        FullSoftmax wider = FullSoftmax.create(CLASSES + 1, WIDTH, RandomKey.of(4));
        float[] before = wider.weight().value().array().clone();
        assertLoadFails(folder, wider, "softmax.weight");
        assertThat(wider.weight().value().array()).isEqualTo(before);
        assertLoadFails(
                folder,
                AdaptiveSoftmax.create(FrequencyClusters.of(CLASSES, 8), WIDTH, 2, false, RandomKey.of(4)),
                "\"name\":\"full\"");
        Path file;
        try (Stream<Path> files = Files.list(folder)) {
            file = files.findFirst().orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 10));
        assertLoadFails(folder, FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(4)), "ends 10 bytes before");
    }

    @Test
    void aClusterOrderIsCompared(@TempDir Path folder) throws Exception {
        try (Model model = Model.newInstance("m", "PyTorch");
                OutputBlock output = OutputBlock.of(
                        AdaptiveSoftmax.create(FrequencyClusters.of(CLASSES, 8), WIDTH, 2, false, RandomKey.of(4)))) {
            output.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1, WIDTH));
            model.setBlock(output);
            model.save(folder, "m");
        }
        long[] rising = LongStream.rangeClosed(1, CLASSES).toArray();
        FrequencyClusters clusters = FrequencyClusters.of(rising, 8);
        try (Model model = Model.newInstance("m", "PyTorch");
                OutputBlock output =
                        OutputBlock.of(AdaptiveSoftmax.create(clusters, WIDTH, 2, false, RandomKey.of(4)))) {
            model.setBlock(output);
            assertThatThrownBy(() -> model.load(folder)).hasMessageContaining("another adaptive.order");
        }
    }

    /** A classifier on given features has no body: the anchor is what DJL's trainer trains. */
    @Test
    void trainsWithoutABody() throws Exception {
        FullSoftmax full = FullSoftmax.create(CLASSES, FEATURES, RandomKey.of(3));
        float[] before = full.weight().value().array().clone();
        try (Model model = Model.newInstance("none", "PyTorch");
                OutputBlock output = OutputBlock.of(full)) {
            model.setBlock(output);
            DefaultTrainingConfig config = new DefaultTrainingConfig(output.loss())
                    .optOptimizer(JointOptimizer.adam(output).build());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(BATCH, FEATURES));
                EasyTrain.fit(trainer, 2, data(), null);
            }
            assertThat(full.weight().value().array()).isNotEqualTo(before);
        }
    }

    @Test
    void aFrozenLayerStaysAndTheBodyLearns() throws Exception {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        float[] before = full.weight().value().array().clone();
        try (Model model = Model.newInstance("frozen", "PyTorch");
                OutputBlock output = OutputBlock.of(full)) {
            Linear body = body();
            model.setBlock(new SequentialBlock().add(body).add(output));
            output.freezeParameters(true);
            DefaultTrainingConfig config = new DefaultTrainingConfig(output.loss())
                    .optOptimizer(Optimizer.adam().build());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(BATCH, FEATURES));
                float[] weight = parameter(body, 0).toFloatArray();
                EasyTrain.fit(trainer, 1, data(), null);
                assertThat(parameter(body, 0).toFloatArray()).isNotEqualTo(weight);
            }
        }
        assertThat(full.weight().value().array()).isEqualTo(before);
    }

    /** Two batches before one step, each loss times a number: what autograd makes of it is what the layer learns. */
    @ParameterizedTest
    @CsvSource({"1, 0", "0.5, 0", "1, 1", "0.25, 0.25", "0.25, 0.75", "0, 2"})
    void theLossMayBeScaledAndGatherOverBatches(float first, float second) throws Exception {
        float[] factors = {first, second};
        int batches = second == 0 ? 1 : 2;
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        float[] before = full.weight().value().array().clone();
        Gradients expected = full.newGradients();
        try (Workspace workspace = Workspace.ofThreads(1);
                Model model = Model.newInstance("scaled", "PyTorch");
                OutputBlock output = OutputBlock.of(full)) {
            model.setBlock(output);
            JointOptimizer optimizer = JointOptimizer.sgd(output)
                    .optLearningRateTracker(Tracker.fixed(1))
                    .build();
            try (Trainer trainer = model.newTrainer(new DefaultTrainingConfig(output.loss()).optOptimizer(optimizer))) {
                trainer.initialize(new Shape(BATCH, WIDTH));
                for (int b = 0; b < batches; b++) {
                    NDArray hidden = normal(new Shape(BATCH, WIDTH), b);
                    long[] ids = classes(BATCH, b);
                    Gradients own = full.newGradients();
                    full.lossAndGradients(
                            Matrix.wrap(BATCH, WIDTH, hidden.toFloatArray()),
                            Targets.of(
                                    Arrays.stream(ids).mapToInt(id -> (int) id).toArray()),
                            new Step(RandomKey.of(0), workspace),
                            null,
                            own);
                    own.scale(factors[b]);
                    expected.add(own);
                    try (GradientCollector collector = trainer.newGradientCollector()) {
                        NDList predictions = trainer.forward(new NDList(hidden));
                        collector.backward(trainer.getLoss()
                                .evaluate(new NDList(manager.create(ids)), predictions)
                                .mul(factors[b]));
                    }
                }
                trainer.step();
            }
        }
        float[] change = full.weight().value().array();
        float[] gradient = expected.dense(full.weight()).array();
        for (int i = 0; i < change.length; i++) {
            assertThat(change[i]).isCloseTo(before[i] - gradient[i], within(1e-6f));
        }
    }

    /** A gradient that is not finite changes nothing, and is forgotten. */
    @Test
    void aStepThatDivergesIsRefused() throws Exception {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        float[] before = full.weight().value().array().clone();
        try (Model model = Model.newInstance("diverging", "PyTorch");
                OutputBlock output = OutputBlock.of(full)) {
            model.setBlock(output);
            JointOptimizer optimizer = JointOptimizer.sgd(output)
                    .optLearningRateTracker(Tracker.fixed(1))
                    .build();
            try (Trainer trainer = model.newTrainer(new DefaultTrainingConfig(output.loss()).optOptimizer(optimizer))) {
                trainer.initialize(new Shape(2, WIDTH));
                step(trainer, normal(new Shape(2, WIDTH), 1));
                float[] after = full.weight().value().array().clone();
                assertThat(after).isNotEqualTo(before);
                refused(
                        () -> step(trainer, manager.full(new Shape(2, WIDTH), Float.NaN)),
                        "The norm of the gradient is NaN: training has diverged");
                assertThat(full.weight().value().array()).isEqualTo(after);
                step(trainer, normal(new Shape(2, WIDTH), 2));
                assertThat(full.weight().value().array()).isNotEqualTo(after).doesNotContain(Float.NaN);
            }
        }
    }

    private void step(Trainer trainer, NDArray hidden) {
        try (GradientCollector collector = trainer.newGradientCollector()) {
            NDList labels = new NDList(manager.create(new long[] {0, 1}));
            collector.backward(trainer.getLoss().evaluate(labels, trainer.forward(new NDList(hidden))));
        }
        trainer.step();
    }

    /** Training goes on with another trainer and another optimizer; the first steps no more. */
    @Test
    void aSecondTrainerGoesOn() throws Exception {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        try (Model model = Model.newInstance("twice", "PyTorch");
                OutputBlock output = OutputBlock.of(full)) {
            Block block = new SequentialBlock().add(body()).add(output);
            model.setBlock(block);
            float loss = Float.POSITIVE_INFINITY;
            for (int i = 0; i < 2; i++) {
                DefaultTrainingConfig config = new DefaultTrainingConfig(output.loss())
                        .optOptimizer(JointOptimizer.adam(block)
                                .optLearningRateTracker(Tracker.fixed(0.02f))
                                .optClipNorm(1)
                                .build())
                        .addTrainingListeners(new EvaluatorTrainingListener());
                try (Trainer trainer = model.newTrainer(config)) {
                    trainer.initialize(new Shape(BATCH, FEATURES));
                    EasyTrain.fit(trainer, 20, data(), data());
                    float last = trainer.getTrainingResult().getValidateLoss();
                    assertThat(last).isLessThan(loss);
                    loss = last;
                }
            }
        }
    }

    @Test
    void wrongUseIsRefusedByName() throws Exception {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        try (OutputBlock output = OutputBlock.of(full)) {
            NDList labels = new NDList(manager.create(new long[] {0, 1}));
            NDArray anchor = manager.zeros(new Shape(1));
            NDList hidden = new TrainingOutput(output, manager.zeros(new Shape(2, WIDTH)), anchor);
            ObjectiveLoss loss = output.loss();
            refused(() -> loss.evaluate(labels, hidden), "FullSoftmaxLoss was evaluated outside a gradient collector");
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                assertThat(collector).isNotNull();
                refused(
                        () -> loss.evaluate(labels, new NDList(hidden.head())),
                        "are not what its output block gave in training: it must be the model's last block");
                refused(
                        () -> loss.evaluate(labels, hidden),
                        "give DefaultTrainingConfig.optOptimizer a JointOptimizer");
                JointOptimizer first = JointOptimizer.adam(output).build();
                JointOptimizer.adam(output).build();
                refused(
                        () -> first.update("", anchor, anchor),
                        "The output block has another optimizer, made after this one");
                refused(
                        () -> loss.evaluate(labels, new TrainingOutput(output, manager.zeros(new Shape(2, 5)), anchor)),
                        "hidden is (2, 5): must have two dimensions or more, the last of them 6");
                refused(
                        () -> loss.evaluate(new NDList(manager.create(new long[] {0, 40})), hidden),
                        "labels[1] = 40: must be from 0 to 39");
                refused(
                        () -> loss.evaluate(new NDList(manager.create(new float[] {0, 1.5f})), hidden),
                        "labels[1] = 1.5: must be a whole number");
                refused(
                        () -> loss.evaluate(new NDList(manager.create(new long[] {0})), hidden),
                        "labels is (1), 1 classes for 2 hidden vectors");
                refused(
                        () -> loss.evaluate(
                                labels, new TrainingOutput(output, hidden.head(), manager.create(new float[] {0.1f}))),
                        "The trainer's optimizer does not step the layer");
            }
            refused(() -> output.topK(41), "k = 41: must be from 1 to the number of classes, 40");
            refused(() -> output.topKAccuracy(0), "k = 0: must be from 1");
            refused(() -> JointOptimizer.sgd(body()).build(), "model holds 0 output blocks");
            refused(
                    () -> output.initialize(manager, DataType.FLOAT32, new Shape(2, 9)),
                    "hidden is (2, 9): must have two dimensions or more, the last of them 6");
            refused(() -> output.perplexity().getAccumulator("none"), "No accumulator \"none\"");
            refused(
                    () -> output.logProbs()
                            .forward(new ParameterStore(manager, false), new NDList(hidden.head()), true),
                    "This block is for inference");
            refused(() -> JointOptimizer.adam(output).optMomentum(0.9f), "momentum = 0.9: must be");
            refused(() -> JointOptimizer.sgd(output).optClipNorm(0), "limit = 0.0: must be positive");
        }
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).hasMessageContaining(message);
    }

    private void assertLoadFails(Path folder, OutputLayer layer, String message) throws IOException {
        try (Model model = Model.newInstance("m", "PyTorch");
                OutputBlock output = OutputBlock.of(layer)) {
            model.setBlock(new SequentialBlock().add(output));
            assertThatThrownBy(() -> model.load(folder)).hasMessageContaining(message);
        }
    }

    private static Objective fresh(Objective objective) {
        Objective[] all = objectives().toArray(Objective[]::new);
        Objective same = Arrays.stream(all)
                .filter(other -> other.getClass() == objective.getClass())
                .findFirst()
                .orElseThrow();
        same.parameters().forEach(parameter -> parameter.value().fill(0));
        return same;
    }

    private float[] predict(Model model, float[] features) throws Exception {
        try (Predictor<float[], float[]> predictor = model.newPredictor(new NoBatchifyTranslator<>() {
            @Override
            public NDList processInput(TranslatorContext ctx, float[] input) {
                return new NDList(ctx.getNDManager().create(input, new Shape(1, input.length)));
            }

            @Override
            public float[] processOutput(TranslatorContext ctx, NDList list) {
                return list.singletonOrThrow().toFloatArray();
            }
        })) {
            return predictor.predict(features);
        }
    }

    private static float value(Evaluator evaluator, NDList labels, NDList predictions) {
        evaluator.addAccumulator("a");
        evaluator.updateAccumulator("a", labels, predictions);
        return evaluator.getAccumulator("a");
    }

    private static float mean(float[] numbers) {
        return (float) IntStream.range(0, numbers.length)
                .mapToDouble(i -> numbers[i])
                .average()
                .orElseThrow();
    }

    private static Linear body() {
        return Linear.builder().setUnits(WIDTH).build();
    }

    private static NDArray parameter(Block block, int i) {
        return block.getParameters().get(i).getValue().getArray();
    }

    private static void copy(Block from, Block to) {
        for (int i = 0; i < from.getParameters().size(); i++) {
            parameter(to, i).set(parameter(from, i).toFloatArray());
        }
    }

    private ArrayDataset data() {
        return data(ROWS);
    }

    /** Features whose class is in them. */
    private ArrayDataset data(int rows) {
        long[] ids = classes(rows, 5);
        NDArray features = normal(new Shape(rows, FEATURES), 9);
        return new ArrayDataset.Builder()
                .setData(features)
                .optLabels(manager.create(ids, new Shape(rows, 1)))
                .setSampling(BATCH, false)
                .build();
    }

    private NDArray normal(Shape shape, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] numbers = new float[(int) shape.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return manager.create(numbers, shape);
    }

    private static long[] classes(int rows, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return LongStream.range(0, rows).map(i -> random.nextInt(CLASSES)).toArray();
    }

    private static double squares(float[] before, float[] after) {
        return IntStream.range(0, before.length)
                .mapToDouble(i -> Math.pow(after[i] - before[i], 2))
                .sum();
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(2e-4f));
        }
    }

    /** Counts what it is asked. */
    private static final class Counting implements Objective {
        private final Objective objective;
        private int passes;
        private int losses;
        private int observed;

        Counting(Objective objective) {
            this.objective = objective;
        }

        @Override
        public OutputLayer exact() {
            return objective.exact();
        }

        @Override
        public Parameters parameters() {
            return objective.parameters();
        }

        @Override
        public Gradients newGradients() {
            return objective.newGradients();
        }

        @Override
        public void loss(Matrix hidden, Targets targets, Step step, LossSink perRow) {
            losses++;
            objective.loss(hidden, targets, step, perRow);
        }

        @Override
        public double lossAndGradients(
                Matrix hidden,
                Targets targets,
                Step step,
                float @Nullable [] upstream,
                @Nullable Matrix hiddenGradient,
                @Nullable Gradients into) {
            passes++;
            return objective.lossAndGradients(hidden, targets, step, upstream, hiddenGradient, into);
        }

        @Override
        public void observe(Targets targets) {
            observed++;
            objective.observe(targets);
        }
    }
}
