package io.vastmax.adaptive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.Gradient;
import io.vastmax.Gradients;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.Parameter;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.testkit.Point;
import io.vastmax.testkit.Precision;
import io.vastmax.testkit.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdaptiveInputTest {
    private final Workspace workspace = Workspace.ofThreads(2);

    @AfterEach
    void close() {
        workspace.close();
    }

    /** Class 1 in the shortlist, {0} and {3, 2} in clusters. */
    @Test
    void byHand() {
        AdaptiveInput input = AdaptiveInput.of(
                FrequencyClusters.ofOrder(new int[] {1, 0, 3, 2}, 1, 2),
                Matrix.copyOf(new float[][] {{5, 6}}),
                List.of(Matrix.copyOf(new float[][] {{1, 2}, {3, 4}}), Matrix.copyOf(new float[][] {{10, 20}})),
                List.of(Matrix.copyOf(new float[][] {{1, -1}}), Matrix.copyOf(new float[][] {{7}, {0.5f}})));
        Matrix out = Matrix.zeros(5, 2);
        out.fill(Float.NaN);
        input.lookUp(new int[] {2, 1, 0, 3, 2}, out, workspace);
        assertThat(out.array()).containsExactly(5, 10, 5, 6, -2, -2, 70, 140, 5, 10);
        Gradients gradients = input.newGradients();
        Matrix upstream = Matrix.copyOf(new float[][] {{1, 0}, {2, 3}, {0, 1}, {0, 0}, {1, 1}});
        input.addGradients(new int[] {2, 1, 0, 3, 2}, upstream, gradients, workspace);
        assertThat(gradient(gradients, input, 0)).containsExactly(2, 3);
        assertThat(gradient(gradients, input, 1)).containsExactly(0, 1, 0, -1);
        assertThat(gradient(gradients, input, 2)).containsExactly(2, 4);
        assertThat(gradient(gradients, input, 3)).containsExactly(1, 0.5f);
        assertThat(gradient(gradients, input, 4)).containsExactly(0, 10 + 30);
    }

    private static float[] gradient(Gradients gradients, AdaptiveInput input, int i) {
        List<Parameter> parameters = new ArrayList<>();
        input.parameters().forEach(parameters::add);
        return Problem.dense(gradients.of(parameters.get(i))).array();
    }

    /** Vectors and gradients against the formula in double precision: sums of products within their rounding. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 0, 3",
        "4, 1, 1, 9",
        "13, 5, 2, 1",
        "40, 27, 3, 50",
        "300, 33, 2, 70",
        "90, 96, 3, 31",
        "60, 260, 1, 129"
    })
    void isTheFormula(int classes, int width, int cuts, int n) {
        SplittableRandom random = new SplittableRandom(classes + width);
        AdaptiveInput input = random(classes, width, cuts, random);
        int[] ids = random.ints(n, 0, classes).toArray();
        ids[n / 2] = ids[0];
        Matrix out = Matrix.zeros(n, width);
        out.fill(Float.NaN);
        input.lookUp(ids, out, workspace);
        Map<String, double[][]> at = doubles(input.parameters());
        double[][] expected = vectors(input.clusters(), at, "embedding.", ids);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < width; j++) {
                assertThat((double) out.get(i, j)).isCloseTo(expected[i][j], within(1e-5));
            }
        }

        Matrix upstream = Matrix.zeros(n, width);
        Problem.fill(upstream, 1, random);
        Gradients byRow = input.newGradients();
        Gradients dense = Gradients.dense(input.parameters());
        Gradients allByRow = Gradients.byRow(input.parameters());
        for (Gradients gradients : List.of(byRow, dense, allByRow)) {
            input.addGradients(ids, upstream, gradients, workspace);
        }
        for (Parameter parameter : input.parameters()) {
            double[][] block = block(at, parameter.name());
            Matrix ours = Problem.dense(dense.of(parameter));
            // The vectors are linear in each block: any difference is the slope
            for (int i = 0; i < 40; i++) {
                int row = random.nextInt(block.length);
                int column = random.nextInt(block[row].length);
                double before = dot(vectors(input.clusters(), at, "embedding.", ids), upstream);
                block[row][column] += 1;
                double after = dot(vectors(input.clusters(), at, "embedding.", ids), upstream);
                block[row][column] -= 1;
                assertThat((double) ours.get(row, column))
                        .as("%s [%d, %d]", parameter, row, column)
                        .isCloseTo(after - before, within(1e-4));
            }
            assertThat(Problem.dense(byRow.of(parameter)).array()).isEqualTo(ours.array());
            assertThat(Problem.dense(allByRow.of(parameter)).array()).isEqualTo(ours.array());
        }
    }

    @Test
    void scaledVectorsAndGradients() {
        AdaptiveInput input = random(30, 12, 2, new SplittableRandom(8));
        AdaptiveInput scaled = input.scaledBy(4);
        assertThat(scaled.scale()).isEqualTo(4);
        assertThat(scaled.parameters()).containsExactlyElementsOf(input.parameters());
        int[] ids = {29, 3, 14, 29};
        Matrix plain = Matrix.zeros(4, 12);
        Matrix four = Matrix.zeros(4, 12);
        input.lookUp(ids, plain, workspace);
        scaled.lookUp(ids, four, workspace);
        Matrix upstream = Matrix.zeros(4, 12);
        Problem.fill(upstream, 1, new SplittableRandom(9));
        Gradients ofPlain = input.newGradients();
        Gradients ofFour = scaled.newGradients();
        input.addGradients(ids, upstream, ofPlain, workspace);
        scaled.addGradients(ids, upstream, ofFour, workspace);
        assertThat(four.array()).isEqualTo(times(4, plain.array()));
        for (Gradient gradient : ofPlain) {
            assertThat(Problem.dense(ofFour.of(gradient.parameter())).array())
                    .isEqualTo(times(4, Problem.dense(gradient).array()));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> input.scaledBy(Double.POSITIVE_INFINITY))
                .withMessage("scale = Infinity: must be positive and finite");
    }

    private static float[] times(float factor, float[] x) {
        float[] product = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            product[i] = factor * x[i];
        }
        return product;
    }

    /** A class that comes twice gets both: what comes again in another batch is added. */
    @Test
    void gradientsAreAdded() {
        AdaptiveInput input = random(30, 12, 2, new SplittableRandom(3));
        int[] ids = {29, 3, 14, 29, 29};
        Matrix upstream = Matrix.zeros(5, 12);
        Problem.fill(upstream, 1, new SplittableRandom(4));
        Gradients together = input.newGradients();
        input.addGradients(ids, upstream, together, workspace);
        Gradients oneByOne = input.newGradients();
        for (int i = 0; i < ids.length; i++) {
            float[] row = Arrays.copyOfRange(upstream.array(), i * 12, (i + 1) * 12);
            input.addGradients(new int[] {ids[i]}, Matrix.wrap(1, 12, row), oneByOne, workspace);
        }
        for (Gradient gradient : together) {
            assertThat(Problem.dense(oneByOne.of(gradient.parameter())).array())
                    .containsExactly(Problem.dense(gradient).array(), within(1e-5f));
        }
    }

    /** Neither threads nor the rest of the batch change a bit. */
    @Test
    void aVectorHasTheSameBitsInAnyBatch() {
        AdaptiveInput input = random(200, 50, 3, new SplittableRandom(5));
        int[] ids = new SplittableRandom(6).ints(90, 0, 200).toArray();
        Matrix upstream = Matrix.zeros(90, 50);
        Problem.fill(upstream, 1, new SplittableRandom(7));
        Matrix batch = Matrix.zeros(90, 50);
        Gradients gradients = input.newGradients();
        input.lookUp(ids, batch, workspace);
        input.addGradients(ids, upstream, gradients, workspace);
        try (Workspace another = Workspace.ofThreads(3)) {
            for (int i = 0; i < 90; i++) {
                Matrix alone = Matrix.zeros(1, 50);
                input.lookUp(new int[] {ids[i]}, alone, another);
                assertThat(alone.array()).isEqualTo(Arrays.copyOfRange(batch.array(), i * 50, (i + 1) * 50));
            }
            Gradients same = input.newGradients();
            input.addGradients(ids, upstream, same, another);
            for (Gradient gradient : gradients) {
                assertThat(Problem.dense(same.of(gradient.parameter())).array())
                        .isEqualTo(Problem.dense(gradient).array());
            }
        }
    }

    /** The same matrices at both ends, and one gradient for both uses: against finite differences of the whole. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void sharesTheMatricesOfAnAdaptiveSoftmax(int cuts) {
        SplittableRandom random = new SplittableRandom(cuts);
        FrequencyClusters clusters = clusters(40, cuts, random);
        AdaptiveSoftmax layer = AdaptiveSoftmax.create(clusters, 27, 2, true, Problem.KEY);
        AdaptiveInput input = AdaptiveInput.tiedTo(layer);
        assertThat(layer.parameters().and(input.parameters())).containsExactlyElementsOf(layer.parameters());
        assertThat(input.parameters().and(layer.parameters())).hasSize(2 + 2 * cuts);
        assertThat(input.tailWidths()).isEqualTo(layer.tailWidths());
        int[] inputs = random.ints(60, 0, 40).toArray();
        Targets targets = Targets.of(random.ints(60, 0, 40).toArray());
        Matrix hidden = Matrix.zeros(60, 27);
        input.lookUp(inputs, hidden, workspace);
        Matrix hiddenGradient = Matrix.zeros(60, 27);
        Gradients gradients = layer.newGradients();
        layer.lossAndGradients(hidden, targets, new Step(Problem.KEY, workspace), hiddenGradient, gradients);
        input.addGradients(inputs, hiddenGradient, gradients, workspace);

        Point at = Point.of(layer, hidden, Precision.DOUBLE);
        for (Parameter parameter : layer.parameters()) {
            double[][] block = at.block(parameter.name());
            for (int i = 0; i < 60; i++) {
                int row = random.nextInt(block.length);
                int column = random.nextInt(block[row].length);
                double value = block[row][column];
                block[row][column] = value + 1e-4;
                double above = loss(clusters, at, inputs, targets);
                block[row][column] = value - 1e-4;
                double below = loss(clusters, at, inputs, targets);
                block[row][column] = value;
                assertThat((double) gradients.dense(parameter).get(row, column))
                        .as("%s [%d, %d]", parameter, row, column)
                        .isCloseTo((above - below) / 2e-4, within(1e-6));
            }
        }
    }

    private static double loss(FrequencyClusters clusters, Point at, int[] inputs, Targets targets) {
        Map<String, double[][]> blocks = new TreeMap<>();
        at.blocks().forEach(name -> blocks.put(name, at.block(name)));
        double[][] vectors = vectors(clusters, blocks, "", inputs);
        System.arraycopy(vectors, 0, at.hidden(), 0, vectors.length);
        double[][] logProbs = AdaptiveSoftmaxContractTest.reference(clusters, at, LogitTransform.IDENTITY);
        double sum = 0;
        for (int n = 0; n < inputs.length; n++) {
            sum -= logProbs[n][targets.id(n)];
        }
        return sum / inputs.length;
    }

    @Test
    void itsOwnParametersAndGradients() {
        AdaptiveInput input = AdaptiveInput.create(FrequencyClusters.of(12, 3, 7), 16, 2, Problem.KEY);
        assertThat(input.parameters())
                .extracting(Parameter::toString)
                .containsExactly(
                        "embedding.head.weight 3 x 16",
                        "embedding.tail.0.0.weight 8 x 16",
                        "embedding.tail.0.1.weight 4 x 8",
                        "embedding.tail.1.0.weight 4 x 16",
                        "embedding.tail.1.1.weight 5 x 4");
        assertThat(input.newGradients())
                .filteredOn(gradient -> gradient instanceof Gradient.Dense)
                .extracting(gradient -> gradient.parameter().name())
                .containsExactly("embedding.tail.0.0.weight", "embedding.tail.1.0.weight");
        assertThat(input.classes()).isEqualTo(12);
        assertThat(input.width()).isEqualTo(16);
    }

    /** As long in each band as those of an embedding, 0.1 sqrt(d / 3). */
    @Test
    void vectorsBeginEquallyLong() {
        AdaptiveInput input = AdaptiveInput.create(FrequencyClusters.of(3000, 1000, 2000), 128, 4, RandomKey.of(3));
        int[] ids = new int[3000];
        Arrays.setAll(ids, i -> i);
        Matrix out = Matrix.zeros(3000, 128);
        input.lookUp(ids, out, workspace);
        for (int band = 0; band < 3; band++) {
            double squares = 0;
            for (int i = band * 128_000; i < (band + 1) * 128_000; i++) {
                squares += (double) out.array()[i] * out.array()[i];
            }
            // Of the last band the projection is 8 x 128: its own numbers are few
            assertThat(Math.sqrt(squares / 128_000)).isCloseTo(0.1 / Math.sqrt(3), within(0.003));
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        FrequencyClusters clusters = FrequencyClusters.of(5, 2);
        Matrix head = Matrix.zeros(2, 4);
        List<Matrix> p = List.of(Matrix.zeros(2, 4));
        List<Matrix> w = List.of(Matrix.zeros(3, 2));
        AdaptiveInput input = AdaptiveInput.of(clusters, head, p, w);
        Matrix one = Matrix.zeros(1, 4);
        Map<String, Runnable> calls = new TreeMap<>();
        calls.put("head is 3 x 4: must be 2 x 4", () -> AdaptiveInput.of(clusters, Matrix.zeros(3, 4), p, w));
        calls.put(
                "head is 2 x 0: must have at least one column",
                () -> AdaptiveInput.of(clusters, Matrix.zeros(2, 0), p, w));
        calls.put(
                "weights[0] is 2 x 3: must be 3 x 2",
                () -> AdaptiveInput.of(clusters, head, p, List.of(Matrix.zeros(2, 3))));
        calls.put(
                "projections[0] is 2 x 3: must have at least one row and 4 columns",
                () -> AdaptiveInput.of(clusters, head, List.of(Matrix.zeros(2, 3)), w));
        calls.put(
                "projections has 0 matrices and weights 1 for 1 clusters",
                () -> AdaptiveInput.of(clusters, head, List.of(), w));
        calls.put(
                "divValue = 5.0 leaves cluster 0 a projection of width 0 of the hidden vectors' 4: take a smaller divValue"
                        + " or fewer cutoffs",
                () -> AdaptiveInput.create(clusters, 4, 5, Problem.KEY));
        calls.put("ids[0] = 5: must be from 0 to 4", () -> input.lookUp(new int[] {5}, one, workspace));
        calls.put(
                "ids[0] = -1: must be from 0 to 4",
                () -> input.addGradients(new int[] {-1}, one, input.newGradients(), workspace));
        calls.put("out is 1 x 4: must be 2 x 4 for as many ids", () -> input.lookUp(new int[] {0, 1}, one, workspace));
        calls.put(
                "upstream is 1 x 5: must be 1 x 4 for as many ids",
                () -> input.addGradients(new int[] {0}, Matrix.zeros(1, 5), input.newGradients(), workspace));
        calls.forEach((message, call) ->
                assertThatIllegalArgumentException().isThrownBy(call::run).withMessage(message));
    }

    private static AdaptiveInput random(int classes, int width, int cuts, SplittableRandom random) {
        AdaptiveInput input = AdaptiveInput.create(
                clusters(classes, cuts, random), width, width < 27 ? 1 : 2.5, new RandomKey(classes, 0));
        for (Parameter parameter : input.parameters()) {
            Problem.fill(parameter.value(), 1, random);
        }
        return input;
    }

    private static FrequencyClusters clusters(int classes, int cuts, SplittableRandom random) {
        int[] cutoffs = new int[cuts];
        Arrays.setAll(cutoffs, i -> (i + 1) * classes / (cuts + 1));
        return FrequencyClusters.of(random.longs(classes, 0, 50).toArray(), cutoffs);
    }

    /** {@code A_r} and {@code P^T w} as one would write them down. */
    private static double[][] vectors(
            FrequencyClusters clusters, Map<String, double[][]> at, String prefix, int[] ids) {
        double[][] vectors = new double[ids.length][];
        for (int i = 0; i < ids.length; i++) {
            int rank = clusters.rank(ids[i]);
            int cluster = clusters.clusterOf(rank);
            if (cluster < 0) {
                vectors[i] = block(at, prefix + "head.weight")[rank].clone();
                continue;
            }
            double[][] projection = block(at, prefix + "tail." + cluster + ".0.weight");
            double[] numbers = block(at, prefix + "tail." + cluster + ".1.weight")[rank - clusters.first(cluster)];
            vectors[i] = new double[projection[0].length];
            for (int j = 0; j < vectors[i].length; j++) {
                for (int k = 0; k < numbers.length; k++) {
                    vectors[i][j] += projection[k][j] * numbers[k];
                }
            }
        }
        return vectors;
    }

    private static double dot(double[][] vectors, Matrix upstream) {
        double sum = 0;
        for (int i = 0; i < vectors.length; i++) {
            for (int j = 0; j < vectors[i].length; j++) {
                sum += vectors[i][j] * upstream.get(i, j);
            }
        }
        return sum;
    }

    private static Map<String, double[][]> doubles(Parameters parameters) {
        Map<String, double[][]> blocks = new TreeMap<>();
        for (Parameter parameter : parameters) {
            Matrix value = parameter.value();
            double[][] block = new double[value.rows()][value.columns()];
            for (int i = 0; i < block.length; i++) {
                for (int j = 0; j < value.columns(); j++) {
                    block[i][j] = value.get(i, j);
                }
            }
            blocks.put(parameter.name(), block);
        }
        return blocks;
    }

    private static double[][] block(Map<String, double[][]> blocks, String name) {
        double[][] block = blocks.get(name);
        if (block == null) {
            throw new IllegalArgumentException("No block " + name);
        }
        return block;
    }
}
