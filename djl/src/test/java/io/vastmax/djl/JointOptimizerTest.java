package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.LocalParameterServer;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.tracker.Tracker;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JointOptimizerTest {
    private static final int FEATURES = 7;
    private static final int WIDTH = 6;
    private static final int CLASSES = 40;
    private static final int ROWS = 16;

    private final NDManager manager = Engine.getEngine("PyTorch").newBaseManager();

    @BeforeAll
    static void start() {
        PyTorch.start();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** A linear body under a full softmax. */
    private static final class Classifier implements AutoCloseable {
        private final FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        private final Model model = Model.newInstance("classifier", "PyTorch");
        private final Linear body = Linear.builder().setUnits(WIDTH).build();
        private final OutputBlock output = OutputBlock.of(full);
        private final Block block = new SequentialBlock().add(body).add(output);

        Classifier() {
            model.setBlock(block);
            body.setInitializer(
                    (manager, shape, type) ->
                            manager.create(normal((int) shape.size(), 8), shape).toType(type, false),
                    Parameter.Type.WEIGHT);
        }

        JointOptimizer.Builder sgd() {
            return JointOptimizer.sgd(block).optLearningRateTracker(Tracker.fixed(1));
        }

        Trainer trainer(JointOptimizer.Builder optimizer) {
            return model.newTrainer(new DefaultTrainingConfig(output.loss()).optOptimizer(optimizer.build()));
        }

        float[] weight() {
            return body.getParameters()
                    .get(0)
                    .getValue()
                    .getArray()
                    .toType(DataType.FLOAT32, false)
                    .toFloatArray();
        }

        float[] classes() {
            return full.weight().value().array().clone();
        }

        @Override
        public void close() {
            output.close();
            model.close();
        }
    }

    /** Without the layer's gradients, the norm is that of the body's. */
    @Test
    void theBodyUnderAFrozenLayerIsClipped() {
        try (Classifier classifier = new Classifier();
                Trainer trainer = classifier.trainer(classifier.sgd().optClipNorm(0.01))) {
            trainer.initialize(new Shape(ROWS, FEATURES));
            step(trainer, features(1));
            classifier.output.freezeParameters(true);
            float[] classes = classifier.classes();
            for (int i = 0; i < 3; i++) {
                float[] before = classifier.weight();
                float[] bias = bias(classifier);
                step(trainer, features(1));
                double squares = squares(before, classifier.weight()) + squares(bias, bias(classifier));
                assertThat(Math.sqrt(squares)).isCloseTo(0.01, within(1e-6));
            }
            assertThat(classifier.classes()).isEqualTo(classes);
        }
    }

    /** After a batch that is not finite the next one does what it would have done without. */
    @Test
    void aStepThatFailsLeavesEverythingAsItWas() {
        try (Classifier once = new Classifier();
                Classifier again = new Classifier();
                Trainer expected = once.trainer(once.sgd());
                Trainer trainer = again.trainer(again.sgd())) {
            expected.initialize(new Shape(ROWS, FEATURES));
            trainer.initialize(new Shape(ROWS, FEATURES));
            step(expected, features(1));
            step(trainer, features(1));
            float[] weight = again.weight();
            float[] classes = again.classes();
            assertThatThrownBy(() -> step(trainer, features(2).mul(Float.NaN)))
                    .isInstanceOf(ArithmeticException.class)
                    .hasMessageContaining("training has diverged");
            assertThat(again.weight()).isEqualTo(weight);
            assertThat(again.classes()).isEqualTo(classes);
            step(expected, features(3));
            step(trainer, features(3));
            assertThat(again.weight()).isEqualTo(once.weight()).isNotEqualTo(weight);
            assertThat(again.classes()).isEqualTo(once.classes()).isNotEqualTo(classes);
        }
    }

    @Test
    void aSecondTrainingHasAnOptimizerOfItsOwn() {
        try (Classifier classifier = new Classifier()) {
            JointOptimizer first = classifier.sgd().build();
            DefaultTrainingConfig config = new DefaultTrainingConfig(classifier.output.loss()).optOptimizer(first);
            try (Trainer trainer = classifier.model.newTrainer(config)) {
                trainer.initialize(new Shape(ROWS, FEATURES));
                step(trainer, features(1));
            }
            float[] weight = classifier.weight();
            float[] classes = classifier.classes();
            try (Trainer trainer = classifier.trainer(JointOptimizer.adam(classifier.block))) {
                trainer.initialize(new Shape(ROWS, FEATURES));
                step(trainer, features(1));
            }
            assertThat(classifier.weight()).isNotEqualTo(weight);
            assertThat(classifier.classes()).isNotEqualTo(classes);
            try (Trainer trainer = classifier.model.newTrainer(config)) {
                trainer.initialize(new Shape(ROWS, FEATURES));
                assertThatThrownBy(() -> step(trainer, features(1)))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageStartingWith("The output block has another optimizer");
            }
        }
    }

    /** Eight is the step after the seven that were taken. */
    @Test
    void theLearningRateGoesOnFromTheStepsTakenBefore() {
        try (Classifier classifier = new Classifier();
                Trainer trainer = classifier.trainer(JointOptimizer.sgd(classifier.block)
                        .optLearningRateTracker(step -> step == 8 ? 1 : 0)
                        .optBeginNumUpdate(7))) {
            trainer.initialize(new Shape(ROWS, FEATURES));
            float[] weight = classifier.weight();
            float[] classes = classifier.classes();
            step(trainer, features(1));
            assertThat(classifier.weight()).isNotEqualTo(weight);
            assertThat(classifier.classes()).isNotEqualTo(classes);
            float[] after = classifier.classes();
            step(trainer, features(1));
            assertThat(classifier.classes()).isEqualTo(after);
            assertThatThrownBy(() -> JointOptimizer.sgd(classifier.block).optBeginNumUpdate(-1))
                    .hasMessage("steps = -1: must not be negative");
        }
    }

    /** Of doubles DJL's own trainer takes no step. */
    @Test
    void aBodyInHalfPrecisionTrains() {
        try (Classifier single = new Classifier();
                Classifier other = new Classifier();
                Trainer expected = single.trainer(single.sgd().optClipNorm(0.1));
                Trainer trainer = other.trainer(other.sgd().optClipNorm(0.1))) {
            other.model.setDataType(DataType.FLOAT16);
            expected.initialize(new Shape(ROWS, FEATURES));
            trainer.initialize(new Shape(ROWS, FEATURES));
            step(expected, features(1));
            step(trainer, features(1).toType(DataType.FLOAT16, false));
            assertThat(other.weight()).containsExactly(single.weight(), within(0.01f));
            assertThat(other.classes()).containsExactly(single.classes(), within(0.01f));
        }
    }

    @Test
    void stepsLeaveNoArrayBehind() throws Exception {
        try (Classifier classifier = new Classifier();
                Trainer trainer =
                        classifier.trainer(JointOptimizer.adam(classifier.block).optClipNorm(0.1))) {
            trainer.initialize(new Shape(ROWS, FEATURES));
            ArrayDataset data = new ArrayDataset.Builder()
                    .setData(manager.create(normal(8 * ROWS * FEATURES, 1), new Shape(8 * ROWS, FEATURES)))
                    .optLabels(manager.create(labels(8 * ROWS)))
                    .setSampling(ROWS, false)
                    .build();
            assertThat(arraysAfterSteps(trainer, data)).hasSize(7).containsOnly(0);
        }
    }

    /** By how many arrays each step but the first makes more of those that are open in all of DJL. */
    static int[] arraysAfterSteps(Trainer trainer, ArrayDataset data) throws Exception {
        NDManager system = trainer.getManager();
        while (system.getParentManager() != null) {
            system = system.getParentManager();
        }
        NDManager all = system;
        List<Integer> counts = new ArrayList<>();
        for (Batch batch : trainer.iterateDataset(data)) {
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
            batch.close();
            counts.add(all.getManagedArrays().size());
        }
        return IntStream.range(1, counts.size())
                .map(i -> counts.get(i) - counts.get(i - 1))
                .toArray();
    }

    /**
     * DJL adds up a parameter's gradients within the first device's memory before it asks for an update of that parameter, so
     * what comes first must make no difference. Arrays of two devices in name lie on the CPU.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whicheverParameterComesFirstDevicesAreCountedOnce(boolean anchorFirst) {
        try (Classifier classifier = new Classifier()) {
            classifier.block.initialize(manager, DataType.FLOAT32, new Shape(ROWS, FEATURES));
            JointOptimizer optimizer = classifier.sgd().optClipNorm(0.01).build();
            TwoDevices store = new TwoDevices(manager);
            List<Device> devices = List.of(Device.gpu(0), Device.gpu(1));
            Parameter anchor = classifier.output.anchor();
            Parameter weight = classifier.body.getParameters().get(0).getValue();
            Parameter bias = classifier.body.getParameters().get(1).getValue();
            float[] before = classifier.weight();
            float[] classes = classifier.classes();
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                for (Device device : devices) {
                    classifier.output.see(store, device);
                    classifier
                            .output
                            .training()
                            .lossAndGradients(
                                    device,
                                    Matrix.wrap(ROWS, WIDTH, normal(ROWS * WIDTH, device.getDeviceId())),
                                    Targets.of(new int[ROWS]),
                                    null,
                                    () -> 1);
                    NDArray loss = store.getValue(anchor, device, true).sum();
                    for (Parameter parameter : List.of(weight, bias)) {
                        loss = loss.add(store.getValue(parameter, device, true).sum());
                    }
                    collector.backward(loss);
                }
            }
            LocalParameterServer server = new LocalParameterServer(optimizer);
            for (Parameter parameter : anchorFirst ? List.of(anchor, weight, bias) : List.of(weight, anchor, bias)) {
                server.update(
                        parameter.getId(),
                        devices.stream()
                                .map(device -> store.getValue(parameter, device, true))
                                .toArray(NDArray[]::new));
            }
            // Each element of the body has a gradient of one from each device
            double elements = WIDTH * FEATURES + WIDTH;
            float[] after = store.getValue(weight, devices.getFirst(), true).toFloatArray();
            double scale = (before[0] - after[0]) / 2;
            double body = 4 * elements * scale * scale;
            double layer = squares(classes, classifier.classes()) + squares(new float[CLASSES], classBias(classifier));
            assertThat(Math.sqrt(body + layer)).isCloseTo(0.01, within(1e-6));
            assertThat(Math.sqrt(layer) / scale).isCloseTo(layerNorm(devices), within(1e-3));
        }
    }

    /** The norm of the sum of the layer's gradients, without DJL. */
    private static double layerNorm(List<Device> devices) {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        Gradients sum = full.newGradients();
        try (Workspace workspace = Workspace.ofThreads(1)) {
            for (Device device : devices) {
                full.lossAndGradients(
                        Matrix.wrap(ROWS, WIDTH, normal(ROWS * WIDTH, device.getDeviceId())),
                        Targets.of(new int[ROWS]),
                        new Step(RandomKey.of(0), workspace),
                        null,
                        sum);
            }
            return sum.norm(workspace);
        }
    }

    /** A copy of each parameter for each device. */
    private static final class TwoDevices extends ParameterStore {
        private final NDManager owner;
        private final Map<String, NDArray> arrays = new HashMap<>();

        TwoDevices(NDManager manager) {
            super(manager, false);
            this.owner = manager;
        }

        @Override
        public NDArray getValue(Parameter parameter, Device device, boolean training) {
            return arrays.computeIfAbsent(parameter.getId() + device, key -> {
                NDArray copy = parameter.getArray().stopGradient().duplicate();
                copy.attach(owner);
                copy.setRequiresGradient(true);
                return copy;
            });
        }
    }

    private void step(Trainer trainer, NDArray features) {
        try (GradientCollector collector = trainer.newGradientCollector()) {
            NDList predictions = trainer.forward(new NDList(features));
            collector.backward(trainer.getLoss().evaluate(new NDList(manager.create(labels(ROWS))), predictions));
        }
        trainer.step();
    }

    private NDArray features(long seed) {
        return manager.create(normal(ROWS * FEATURES, seed), new Shape(ROWS, FEATURES));
    }

    private static float[] bias(Classifier classifier) {
        return classifier.body.getParameters().get(1).getValue().getArray().toFloatArray();
    }

    private static float[] classBias(Classifier classifier) {
        return Objects.requireNonNull(classifier.full.bias()).value().array();
    }

    private static int[] labels(int rows) {
        return new SplittableRandom(5).ints(rows, 0, CLASSES).toArray();
    }

    private static float[] normal(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    private static double squares(float[] before, float[] after) {
        double sum = 0;
        for (int i = 0; i < before.length; i++) {
            sum += Math.pow(after[i] - before[i], 2);
        }
        return sum;
    }
}
