package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddingTest {
    private final Workspace workspace = Workspace.ofThreads(2);

    @AfterEach
    void close() {
        workspace.close();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "7, 3, 20", "100, 37, 64", "5, 256, 3"})
    void looksRowsUpAndAddsTheirGradients(int classes, int width, int n) {
        SplittableRandom random = new SplittableRandom(classes);
        Embedding embedding = Embedding.of(random(classes, width, random));
        int[] ids = random.ints(n, 0, classes).toArray();
        Matrix out = random(n, width, random);
        embedding.lookUp(ids, out, workspace);
        Matrix upstream = random(n, width, random);
        float[][] expected = new float[classes][width];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < width; j++) {
                assertThat(out.get(i, j)).isEqualTo(embedding.weight().value().get(ids[i], j));
                expected[ids[i]][j] += upstream.get(i, j);
            }
        }
        Gradients byRow = embedding.newGradients();
        Gradients dense = Gradients.dense(embedding.parameters());
        embedding.addGradients(ids, upstream, byRow, workspace);
        embedding.addGradients(ids, upstream, dense, workspace);
        assertThat(rows(dense.of(embedding.weight()))).isDeepEqualTo(expected);
        assertThat(rows(byRow.of(embedding.weight()))).isDeepEqualTo(expected);
        assertThat(byRow.byRow(embedding.weight()).size())
                .isEqualTo(Arrays.stream(ids).distinct().count());
        embedding.addGradients(ids, upstream, dense, workspace);
        assertThat(dense.norm(workspace)).isCloseTo(2 * byRow.norm(workspace), within(1e-5 * byRow.norm(workspace)));
    }

    /** The vectors of the classes that are predicted, with one gradient: of both uses by finite differences. */
    @ParameterizedTest
    @ValueSource(doubles = {1, 2, 0.25})
    void sharesTheVectorsOfAFullSoftmax(double scale) {
        FullSoftmax layer = FullSoftmax.create(6, 4, RandomKey.of(1));
        Embedding embedding = Embedding.tiedTo(layer).scaledBy(scale);
        assertThat(embedding.scale()).isEqualTo(scale);
        assertThat(embedding.weight()).isSameAs(layer.weight());
        assertThat(layer.parameters().and(embedding.parameters())).containsExactlyElementsOf(layer.parameters());
        float[] w = layer.weight().value().array();
        int[] inputs = {1, 4, 1, 0, 5};
        int[] targets = {4, 1, 0, 0, 2};
        Gradients gradients = layer.newGradients();
        Matrix hidden = Matrix.zeros(5, 4);
        embedding.lookUp(inputs, hidden, workspace);
        Matrix hiddenGradient = Matrix.zeros(5, 4);
        Step step = new Step(RandomKey.of(2), workspace);
        layer.lossAndGradients(hidden, Targets.of(targets), step, hiddenGradient, gradients);
        embedding.addGradients(inputs, hiddenGradient, gradients, workspace);
        float h = 1e-2f;
        for (int i = 0; i < w.length; i++) {
            float at = w[i];
            w[i] = at + h;
            double above = loss(layer, embedding, inputs, targets);
            w[i] = at - h;
            double below = loss(layer, embedding, inputs, targets);
            w[i] = at;
            double slope = (above - below) / (2 * (double) h);
            assertThat((double) gradients.dense(layer.weight()).array()[i]).isCloseTo(slope, within(1e-4));
        }
    }

    /** {@code mean(logSumExp_c(<w_c, s w_in>) - <w_t, s w_in>)} in double precision. */
    private static double loss(FullSoftmax layer, Embedding embedding, int[] inputs, int[] targets) {
        Matrix w = embedding.weight().value();
        double sum = 0;
        for (int i = 0; i < inputs.length; i++) {
            double total = 0;
            double ofTarget = 0;
            for (int c = 0; c < layer.classes(); c++) {
                double z = 0;
                for (int j = 0; j < layer.width(); j++) {
                    z += (double) w.get(c, j) * embedding.scale() * w.get(inputs[i], j);
                }
                total += Math.exp(z);
                ofTarget = c == targets[i] ? z : ofTarget;
            }
            sum += Math.log(total) - ofTarget;
        }
        return sum / inputs.length;
    }

    @Test
    void beginsWithinATenth() {
        Embedding embedding = Embedding.create(400, 25, RandomKey.of(9));
        RandomGenerator random = RandomKey.of(9).row(0);
        double squares = 0;
        for (float x : embedding.weight().value().array()) {
            assertThat(x).isEqualTo((2 * random.nextFloat() - 1) * 0.1f);
            squares += x * x;
        }
        assertThat(Math.sqrt(squares / 10_000)).isCloseTo(0.1 / Math.sqrt(3), within(1e-3));
        assertThat(embedding.weight()).hasToString("embedding.weight 400 x 25");
        assertThat(embedding.parameters()).containsExactly(embedding.weight());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 3, Integer.MAX_VALUE})
    void refusesWhatIsNoClass(int id) {
        Embedding embedding = Embedding.create(3, 2, RandomKey.of(1));
        Matrix two = Matrix.zeros(2, 2);
        int[] ids = {0, id};
        assertThatIllegalArgumentException()
                .isThrownBy(() -> embedding.lookUp(ids, two, workspace))
                .withMessage("ids[1] = " + id + ": must be from 0 to 2");
        Gradients gradients = embedding.newGradients();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> embedding.addGradients(ids, two, gradients, workspace))
                .withMessage("ids[1] = " + id + ": must be from 0 to 2");
        assertThat(gradients.byRow(embedding.weight()).size()).isZero();
    }

    @Test
    void refusesOtherShapes() {
        Embedding embedding = Embedding.create(3, 2, RandomKey.of(1));
        int[] ids = {0, 1};
        for (Matrix wrong : List.of(Matrix.zeros(2, 3), Matrix.zeros(3, 2))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> embedding.lookUp(ids, wrong, workspace))
                    .withMessage("out is " + wrong + ": must be 2 x 2 for as many ids");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> embedding.addGradients(ids, wrong, embedding.newGradients(), workspace))
                    .withMessage("upstream is " + wrong + ": must be 2 x 2 for as many ids");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Embedding.create(0, 2, RandomKey.of(1)))
                .withMessage("classes = 0, width = 2: both must be positive");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Embedding.of(Matrix.zeros(3, 0)))
                .withMessageStartingWith("weight is 3 x 0");
        for (double wrong : new double[] {0, -1, Double.NaN, 1e39, 1e-50}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> embedding.scaledBy(wrong))
                    .withMessage("scale = " + wrong + ": must be positive and finite");
        }
    }

    private static Matrix random(int rows, int columns, SplittableRandom random) {
        Matrix matrix = Matrix.zeros(rows, columns);
        for (int i = 0; i < matrix.array().length; i++) {
            matrix.array()[i] = (float) random.nextDouble(-1, 1);
        }
        return matrix;
    }

    private static float[][] rows(Gradient gradient) {
        Matrix value = gradient.parameter().value();
        float[][] rows = new float[value.rows()][value.columns()];
        switch (gradient) {
            case Gradient.Dense dense -> {
                for (int i = 0; i < rows.length; i++) {
                    System.arraycopy(dense.value().array(), i * value.columns(), rows[i], 0, value.columns());
                }
            }
            case Gradient.ByRow some -> {
                for (int i = 0; i < some.size(); i++) {
                    System.arraycopy(some.values(), i * value.columns(), rows[some.row(i)], 0, value.columns());
                }
            }
        }
        return rows;
    }
}
