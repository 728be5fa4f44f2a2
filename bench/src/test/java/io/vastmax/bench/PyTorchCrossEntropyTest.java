package io.vastmax.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.training.GradientCollector;
import io.vastmax.CosineSoftmax;
import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradient;
import io.vastmax.Gradients;
import io.vastmax.Margin;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PyTorch's own {@code cross_entropy_loss}, and the margins as their authors write them: the same losses and gradients. */
class PyTorchCrossEntropyTest {
    private static final int ROWS = 37;
    private static final int WIDTH = 20;
    private static final int CLASSES = 301;
    private static final int NEVER = -100;

    private final SplittableRandom random = new SplittableRandom(1);
    private final Matrix hidden = matrix(ROWS, WIDTH, 1.5);
    private final Matrix weight = matrix(CLASSES, WIDTH, 1);
    private final Matrix bias = matrix(CLASSES, 1, 1);
    private final float[] upstream = new float[ROWS];
    private final float[] classWeights = new float[CLASSES];
    private final int[] ids = new int[ROWS];
    private final Workspace workspace = Workspace.ofThreads(2);
    private final PyTorch pytorch = PyTorch.start(1);

    PyTorchCrossEntropyTest() {
        for (int c = 0; c < CLASSES; c++) {
            classWeights[c] = c % 5 * 0.5f;
        }
        for (int n = 0; n < ROWS; n++) {
            upstream[n] = n % 4 * 0.75f - 1;
            ids[n] = n % 6 == 2 ? 7 : random.nextInt(CLASSES);
        }
    }

    @AfterEach
    void close() {
        pytorch.close();
        workspace.close();
    }

    private Matrix matrix(int rows, int columns, double bound) {
        Matrix matrix = Matrix.zeros(rows, columns);
        for (int i = 0; i < rows * columns; i++) {
            matrix.array()[i] = (float) random.nextDouble(-bound, bound);
        }
        return matrix;
    }

    /** PyTorch's reductions, by its numbers. */
    enum Reduction {
        NONE(0),
        MEAN(1),
        SUM(2);

        private final int number;

        Reduction(int number) {
            this.number = number;
        }
    }

    /**
     * Options of the loss.
     *
     * @param ignored a class, or the id that no row has unless it is ignored
     */
    record Options(Reduction reduction, double smoothing, boolean weighing, int ignored) {
        CrossEntropy objective(float[] classWeights) {
            CrossEntropy objective = CrossEntropy.MEAN.smoothing(smoothing).ignoring(ignored);
            objective = weighing ? objective.weighing(classWeights) : objective;
            return reduction == Reduction.SUM ? objective.summed() : objective;
        }

        /** A call of PyTorch's operation. */
        String call(Reduction reduction, String logits, String targets) {
            return "torch.cross_entropy_loss(%s, %s, %s, %d, %d, %s)"
                    .formatted(logits, targets, weighing ? "weights" : "None", reduction.number, ignored, smoothing);
        }
    }

    static Stream<Options> options() {
        List<Options> all = new ArrayList<>();
        for (Reduction reduction : Reduction.values()) {
            for (double smoothing : new double[] {0, 0.1, 0.9}) {
                for (int ignored : new int[] {NEVER, 7}) {
                    all.add(new Options(reduction, smoothing, false, ignored));
                    all.add(new Options(reduction, smoothing, true, ignored));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("options")
    void classIndices(Options options) {
        ids[3] = options.ignored();
        ids[20] = options.ignored();
        same(options, Targets.of(ids), pytorch.indices(ids));
    }

    /** Nothing is ignored among probabilities. */
    @ParameterizedTest
    @MethodSource("options")
    void probabilities(Options options) {
        Matrix probabilities = matrix(ROWS, CLASSES, 1);
        for (int n = 0; n < ROWS; n++) {
            double sum = 0;
            for (int c = 0; c < CLASSES; c++) {
                probabilities.set(n, c, Math.max(0, probabilities.get(n, c)));
                sum += probabilities.get(n, c);
            }
            for (int c = 0; c < CLASSES; c++) {
                probabilities.set(n, c, (float) (probabilities.get(n, c) / sum));
            }
        }
        Options notIgnoring = new Options(options.reduction(), options.smoothing(), options.weighing(), NEVER);
        same(notIgnoring, Targets.ofProbabilities(probabilities), pytorch.copyOf(probabilities));
    }

    /** Of a batch whose rows are all ignored the sum is 0 in both; the mean is 0 here and NaN there. */
    @Test
    void allRowsIgnored() {
        Arrays.fill(ids, NEVER);
        same(new Options(Reduction.SUM, 0.1, true, NEVER), Targets.of(ids), pytorch.indices(ids));
        same(new Options(Reduction.NONE, 0.1, true, NEVER), Targets.of(ids), pytorch.indices(ids));
    }

    private void same(Options options, Targets targets, NDArray theirTargets) {
        boolean none = options.reduction() == Reduction.NONE;
        FullSoftmax layer = FullSoftmax.of(weight, bias).minimising(options.objective(classWeights));
        String loss = options.call(options.reduction(), "torch.linear(h, w, b)", "targets");
        try (TorchScript script = TorchScript.of(
                pytorch,
                "h, w, b, targets, weights, upstream",
                "return " + (none ? "torch.sum(torch.mul(" + loss + ", upstream))" : loss))) {
            NDArray h = leaf(hidden);
            NDArray w = leaf(weight);
            NDArray b = pytorch.copyOf(bias.array(), CLASSES);
            b.setRequiresGradient(true);
            NDArray weights = pytorch.copyOf(classWeights, CLASSES);
            try (GradientCollector collector = pytorch.engine.newGradientCollector()) {
                NDArray value = script.call(h, w, b, theirTargets, weights, pytorch.copyOf(upstream, ROWS));
                collector.backward(value);
                assertSame(layer, targets, none ? upstream : null, value, h, w, b);
            }
        }
        if (none) {
            sameRows(layer, options, targets, theirTargets);
        }
    }

    private void sameRows(FullSoftmax layer, Options options, Targets targets, NDArray theirTargets) {
        float[] rows = new float[ROWS];
        layer.loss(hidden, targets, step(), (row, loss, lse, own) -> rows[row] = (float) loss);
        try (TorchScript script = TorchScript.of(
                pytorch,
                "h, w, b, targets, weights",
                "return " + options.call(Reduction.NONE, "torch.linear(h, w, b)", "targets"))) {
            NDArray theirs = script.call(
                    pytorch.copyOf(hidden),
                    pytorch.copyOf(weight),
                    pytorch.copyOf(bias.array(), CLASSES),
                    theirTargets,
                    pytorch.copyOf(classWeights, CLASSES));
            assertClose("rows", rows, theirs.toFloatArray());
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.35, 2})
    void additiveMargins(double m) {
        same(Margin.additive(m), "own - " + m);
    }

    /** Beyond {@code pi - m}, where some rows are, the angular margin goes on as a line. */
    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.5, 1.7})
    void additiveAngularMargins(double m) {
        String within = "torch.cos(torch.acos(own) + " + m + ")";
        String beyond = "own - " + m * Math.sin(m);
        same(
                Margin.additiveAngular(m),
                "torch.where(own > " + Math.cos(Math.PI - m) + ", " + within + ", " + beyond + ")");
    }

    private void same(Margin margin, String adjusted) {
        CosineSoftmax layer = CosineSoftmax.of(weight, 16).minimising(CrossEntropy.MEAN.withMargin(margin));
        try (TorchScript script = TorchScript.of(
                pytorch,
                "h, w, targets",
                "h1 = torch.div(h, torch.clamp_min(torch.norm(h, 2, [1], True), 1e-12))",
                "w1 = torch.div(w, torch.clamp_min(torch.norm(w, 2, [1], True), 1e-12))",
                "cosines = torch.matmul(h1, torch.t(w1))",
                "own = torch.gather(cosines, 1, targets)",
                "logits = 16 * torch.scatter(cosines, 1, targets, " + adjusted + ")",
                "return torch.cross_entropy_loss(logits, torch.squeeze(targets, 1))")) {
            NDArray h = leaf(hidden);
            NDArray w = leaf(weight);
            try (GradientCollector collector = pytorch.engine.newGradientCollector()) {
                NDArray value = script.call(h, w, pytorch.column(ids));
                collector.backward(value);
                assertSame(layer, Targets.of(ids), null, value, h, w);
            }
        }
    }

    private void assertSame(
            Objective objective,
            Targets targets,
            float @Nullable [] upstream,
            NDArray loss,
            NDArray hiddenLeaf,
            NDArray... leaves) {
        Matrix hiddenGradient = Matrix.zeros(ROWS, WIDTH);
        Gradients gradients = objective.newGradients();
        double ours = objective.lossAndGradients(hidden, targets, step(), upstream, hiddenGradient, gradients);
        assertThat(ours).isCloseTo(loss.getFloat(), within(1e-5 * Math.abs(loss.getFloat())));
        assertClose("gradient of hidden", hiddenGradient.array(), gradient(hiddenLeaf));
        int i = 0;
        for (Gradient gradient : gradients) {
            assertClose(
                    "gradient of " + gradient.parameter().name(),
                    gradients.dense(gradient.parameter()).array(),
                    gradient(leaves[i++]));
        }
        assertThat(i).isEqualTo(leaves.length);
    }

    private NDArray leaf(Matrix matrix) {
        NDArray leaf = pytorch.copyOf(matrix);
        leaf.setRequiresGradient(true);
        return leaf;
    }

    private Step step() {
        return new Step(RandomKey.of(1), workspace);
    }

    private static float[] gradient(NDArray leaf) {
        try (NDArray gradient = leaf.getGradient()) {
            return gradient.toFloatArray();
        }
    }

    /** Within a hundred-thousandth of the largest number. */
    private static void assertClose(String what, float[] ours, float[] theirs) {
        float largest = 0;
        for (float x : theirs) {
            largest = Math.max(largest, Math.abs(x));
        }
        assertThat(ours).as(what).containsExactly(theirs, within(1e-5f * largest));
    }
}
