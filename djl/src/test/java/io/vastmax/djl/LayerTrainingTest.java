package io.vastmax.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.sampled.NegativeSampler;
import io.vastmax.sampled.SampledSoftmax;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Batches that are split over devices. Their numbers are on the heap here: no machine with several is needed. */
class LayerTrainingTest {
    private static final int CLASSES = 30;
    private static final int WIDTH = 5;
    private static final int ROWS = 9;
    private static final List<Device> DEVICES = List.of(Device.gpu(0), Device.gpu(1), Device.gpu(2));

    private final Workspace workspace = Workspace.ofThreads(2);

    static Stream<Objective> objectives() {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        return Stream.of(full, SampledSoftmax.of(full, NegativeSampler.distinctUniform(CLASSES, 7)));
    }

    /** Whichever thread comes first: the same bits. */
    @ParameterizedTest
    @MethodSource("objectives")
    void theOrderInWhichDevicesComeChangesNoBit(Objective objective) throws Exception {
        LayerTraining inOrder = new LayerTraining(objective, 7, workspace);
        for (int step = 0; step < 3; step++) {
            for (Device device : DEVICES) {
                train(inOrder, device, step);
            }
            List<float[]> expected = step(inOrder);
            for (int trial = 0; trial < 5; trial++) {
                LayerTraining mixed = new LayerTraining(objective, 7, workspace);
                for (int before = 0; before < step; before++) {
                    trainAtOnce(mixed, before, trial);
                    step(mixed);
                }
                trainAtOnce(mixed, step, trial);
                List<float[]> sum = step(mixed);
                for (int i = 0; i < sum.size(); i++) {
                    assertThat(sum.get(i)).isEqualTo(expected.get(i));
                }
            }
        }
    }

    /** Devices' gradients are summed, as DJL sums those of the body. */
    @Test
    void gradientsAreSummed() {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        Gradients expected = full.newGradients();
        LayerTraining training = new LayerTraining(full, 7, workspace);
        for (Device device : DEVICES) {
            train(training, device, 0);
            full.lossAndGradients(
                    hidden(device, 0), targets(device, 0), new Step(RandomKey.of(0), workspace), null, expected);
        }
        assertThat(training.batches()).isEqualTo(3);
        float[] sum = step(training).getFirst();
        float[] by = expected.dense(full.weight()).array();
        for (int i = 0; i < by.length; i++) {
            assertThat(sum[i]).isCloseTo(by[i], within(1e-6f));
        }
        assertThat(training.batches()).isZero();
        train(training, DEVICES.get(1), 0);
        training.step(List.of(), (gradients, w) -> assertThat(gradients.norm(w)).isPositive());
    }

    /** Devices that draw draw differently, and not what they drew before. */
    @Test
    void devicesAndStepsDrawTheirOwn() {
        FullSoftmax full = FullSoftmax.create(CLASSES, WIDTH, RandomKey.of(3));
        LayerTraining training =
                new LayerTraining(SampledSoftmax.of(full, NegativeSampler.distinctUniform(CLASSES, 7)), 7, workspace);
        Matrix hidden = hidden(DEVICES.getFirst(), 0);
        Targets targets = targets(DEVICES.getFirst(), 0);
        List<Double> losses = new ArrayList<>();
        for (Device device : List.of(DEVICES.get(0), DEVICES.get(1), DEVICES.get(0))) {
            losses.add(training.lossAndGradients(device, hidden, targets, null, () -> 1));
        }
        assertThat(losses).doesNotHaveDuplicates();
    }

    private static void train(LayerTraining training, Device device, int step) {
        training.lossAndGradients(device, hidden(device, step), targets(device, step), null, () -> 1);
    }

    /** A batch of each device, each on a thread of its own. */
    private static void trainAtOnce(LayerTraining training, int step, int trial) throws Exception {
        List<Device> order = new ArrayList<>(DEVICES);
        Collections.shuffle(order, new Random(trial));
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<?>> running = new ArrayList<>();
            for (Device device : order) {
                running.add(threads.submit(() -> train(training, device, step)));
            }
            for (Future<?> batch : running) {
                batch.get();
            }
        }
    }

    private static List<float[]> step(LayerTraining training) {
        List<float[]> copies = new ArrayList<>();
        training.step(
                List.of(),
                (gradients, w) -> gradients.forEach(gradient -> copies.add(
                        switch (gradient) {
                            case io.vastmax.Gradient.Dense dense ->
                                dense.value().array().clone();
                            case io.vastmax.Gradient.ByRow byRow -> {
                                int columns = byRow.parameter().value().columns();
                                float[] dense =
                                        new float[byRow.parameter().value().array().length];
                                for (int i = 0; i < byRow.size(); i++) {
                                    System.arraycopy(
                                            byRow.values(), i * columns, dense, byRow.row(i) * columns, columns);
                                }
                                yield dense;
                            }
                        })));
        return copies;
    }

    private static Matrix hidden(Device device, int step) {
        SplittableRandom random = new SplittableRandom(step * 10L + device.getDeviceId());
        Matrix hidden = Matrix.zeros(ROWS, WIDTH);
        for (int i = 0; i < ROWS * WIDTH; i++) {
            hidden.array()[i] = (float) random.nextGaussian();
        }
        return hidden;
    }

    private static Targets targets(Device device, int step) {
        return Targets.of(new SplittableRandom(step * 10L + device.getDeviceId() + 5)
                .ints(ROWS, 0, CLASSES)
                .toArray());
    }
}
