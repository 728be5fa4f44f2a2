package io.vastmax.hierarchical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.FullSoftmax;
import io.vastmax.Gradient;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.TopK;
import io.vastmax.Workspace;
import io.vastmax.testkit.Budget;
import io.vastmax.testkit.Point;
import io.vastmax.testkit.Precision;
import io.vastmax.testkit.Problem;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HierarchicalSoftmaxTest {
    private final Workspace workspace = Workspace.ofThreads(2);

    @AfterEach
    void close() {
        workspace.close();
    }

    /** A layer of width 1 without bias: a node's logits are its weights, times the hidden number. */
    private static HierarchicalSoftmax layer(Tree tree, float... logits) {
        return HierarchicalSoftmax.of(tree, Matrix.wrap(logits.length, 1, logits), null);
    }

    private static Matrix ones(int rows) {
        Matrix hidden = Matrix.zeros(rows, 1);
        hidden.fill(1);
        return hidden;
    }

    private static Tree chain(int classes) {
        int[] parents = new int[2 * classes - 1];
        for (int id = 0; id < classes; id++) {
            parents[id] = classes + Math.min(id, classes - 2);
        }
        parents[classes] = -1;
        for (int node = 1; node < classes - 1; node++) {
            parents[classes + node] = classes + node - 1;
        }
        return Tree.ofParents(classes, parents);
    }

    /**
     * A tree of two classes is the sigmoid of one logit: a full softmax over (0, z), whose gradients are that of z and its
     * negative.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 40})
    void twoClassesAreBinaryClassification(int rows) {
        Problem<HierarchicalSoftmax> problem =
                Problem.of(HierarchicalSoftmax.create(Tree.balanced(2, 2), 6, Problem.KEY), rows);
        Matrix weight = Matrix.zeros(2, 6);
        Matrix bias = Matrix.zeros(2, 1);
        Point at = problem.at(Precision.DOUBLE);
        for (int k = 0; k < 6; k++) {
            weight.set(1, k, (float) at.block("tree.weight")[0][k]);
        }
        bias.set(1, 0, (float) at.block("tree.bias")[0][0]);
        Problem<FullSoftmax> full = new Problem<>(FullSoftmax.of(weight, bias), problem.hidden(), problem.targets());

        Problem.Evaluation actual = problem.evaluate(workspace);
        Problem.Evaluation expected = full.evaluate(workspace);
        assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-6));
        assertThat(actual.gradient(Point.HIDDEN).array())
                .containsExactly(expected.gradient(Point.HIDDEN).array(), within(1e-6f));
        for (int sign = -1; sign <= 1; sign += 2) {
            int row = sign < 0 ? 0 : 1;
            assertThat(actual.gradient("tree.bias").get(0, 0))
                    .isCloseTo(sign * expected.gradient("softmax.bias").get(row, 0), within(1e-6f));
            for (int k = 0; k < 6; k++) {
                assertThat(actual.gradient("tree.weight").get(0, k))
                        .isCloseTo(sign * expected.gradient("softmax.weight").get(row, k), within(1e-6f));
            }
        }
        Matrix logProbs = Matrix.zeros(rows, 2);
        Matrix ofFull = Matrix.zeros(rows, 2);
        problem.objective().logProbs(problem.hidden(), logProbs, workspace);
        full.objective().logProbs(problem.hidden(), ofFull, workspace);
        assertThat(logProbs.array()).containsExactly(ofFull.array(), within(1e-6f));
    }

    /** Class 0 is child 0 and class 1 child 1 of one node: softplus(z) and softplus(-z), however large z. */
    @ParameterizedTest
    @ValueSource(floats = {0, 1e-6f, 0.5f, 7.9f, 8.1f, 20, 50, 80, 87, 1e4f, 1e30f})
    void nothingSaturates(float z) {
        HierarchicalSoftmax layer = layer(Tree.balanced(2, 2), z);
        double likely = Math.log1p(Math.exp(-z));
        double unlikely = z + likely;
        for (int rows : new int[] {2, 40}) {
            int[] ids = new int[rows];
            Arrays.setAll(ids, n -> n % 2);
            Problem<HierarchicalSoftmax> problem = new Problem<>(layer, ones(rows), Targets.of(ids));
            double[] losses = problem.losses(workspace);
            assertThat(losses[0]).isCloseTo(unlikely, within(1e-6 * unlikely));
            assertThat(losses[1]).isCloseTo(likely, within(1e-6 * likely));
            double probability = 1 / (1 + Math.exp(-z));
            assertThat((double)
                            problem.evaluate(workspace).gradient("tree.weight").get(0, 0))
                    .isCloseTo(probability - 0.5, within(1e-6));
        }
        Problem<HierarchicalSoftmax> certain = new Problem<>(layer, ones(1), Targets.of(1));
        double slope = -Math.exp(-z - likely);
        assertThat(certain.evaluate(workspace).loss()).isCloseTo(likely, within(1e-6 * likely));
        assertThat((double) certain.evaluate(workspace).gradient("tree.weight").get(0, 0))
                .isCloseTo(slope, within(-1e-6 * slope));
    }

    /** Beyond e^-87.3 results are zero: the least normal number is the floor, not 1e-5. */
    @Test
    void aLossMayBeZeroOnlyBelowTheLeastNormalNumber() {
        HierarchicalSoftmax layer = layer(Tree.balanced(2, 2), 1000);
        Problem<HierarchicalSoftmax> problem = new Problem<>(layer, ones(2), Targets.of(1, 0));
        assertThat(problem.losses(workspace)).containsExactly(0, 1000);
        assertThat(problem.evaluate(workspace).gradient("tree.weight").get(0, 0))
                .isEqualTo(0.5f);
    }

    @ParameterizedTest
    @ValueSource(floats = {50, 1e4f})
    void deepPathsOfLargeLogitsKeepToTheReference(float scale) {
        for (Tree tree : new Tree[] {
            Tree.huffman(Trees.zipf(new Random(1), 200)), Tree.huffman(Trees.zipf(new Random(2), 200), 5)
        }) {
            Problem<HierarchicalSoftmax> problem = Problem.of(HierarchicalSoftmax.create(tree, 6, Problem.KEY), 40);
            float[] array =
                    problem.objective().parameters().get("tree.weight").value().array();
            for (int i = 0; i < array.length; i++) {
                array[i] *= scale;
            }
            double[][] reference = HierarchicalSoftmaxContractTest.reference(tree, problem.at(Precision.DOUBLE));
            double[][] naive = HierarchicalSoftmaxContractTest.reference(tree, problem.at(Precision.SINGLE));
            double[] expected = new double[40];
            double[] single = new double[40];
            for (int n = 0; n < 40; n++) {
                expected[n] = -reference[n][problem.targets().id(n)];
                single[n] = -naive[n][problem.targets().id(n)];
            }
            Budget.check("loss", problem.losses(workspace), single, expected);
            problem.evaluate(workspace).gradients().forEach((name, gradient) -> {
                for (float g : gradient.array()) {
                    assertThat(g).as("gradient of %s", name).isFinite();
                }
            });
        }
    }

    /** The rows of the nodes on the paths, whether they are in the block of upper nodes or not. */
    @ParameterizedTest
    @CsvSource({"2,3", "2,15", "2,16", "2,40", "4,3", "4,40", "300,5", "300,40"})
    void gradientsHaveTheRowsOnThePaths(int arity, int rows) {
        Tree tree = Tree.huffman(Trees.zipf(new Random(3), 5000), arity);
        HierarchicalSoftmax layer = HierarchicalSoftmax.create(tree, 4, Problem.KEY);
        Problem<HierarchicalSoftmax> problem = Problem.of(layer, rows);
        Gradients gradients = layer.newGradients();
        layer.lossAndGradients(problem.hidden(), problem.targets(), new Step(Problem.KEY, workspace), null, gradients);
        Set<Integer> expected = new HashSet<>();
        for (int n = 0; n < rows; n++) {
            for (int node : Trees.path(tree, problem.targets().id(n))) {
                for (int r = tree.firstRow(node); r < tree.firstRow(node + 1); r++) {
                    expected.add(r);
                }
            }
        }
        for (Gradient gradient : gradients) {
            Set<Integer> touched = new HashSet<>();
            for (int i = 0; i < ((Gradient.ByRow) gradient).size(); i++) {
                touched.add(((Gradient.ByRow) gradient).row(i));
            }
            assertThat(touched).isEqualTo(expected);
        }
    }

    /** A batch of 15 goes node by node, one of 16 and more through the block: the same losses and gradients. */
    @ParameterizedTest
    @ValueSource(ints = {2, 7, 60, 400})
    void theBlockOfUpperNodesIsNoDifference(int arity) {
        Tree tree = Tree.huffman(Trees.zipf(new Random(4), 900), arity);
        Problem<HierarchicalSoftmax> all = Problem.of(HierarchicalSoftmax.create(tree, 33, Problem.KEY), 45);
        double[] losses = all.losses(workspace);
        Problem.Evaluation whole = all.evaluate(workspace);
        Problem.Evaluation[] thirds = new Problem.Evaluation[3];
        for (int i = 0; i < 3; i++) {
            int[] ids = new int[15];
            for (int n = 0; n < 15; n++) {
                ids[n] = all.targets().id(15 * i + n);
            }
            float[] hidden = Arrays.copyOfRange(all.hidden().array(), 15 * 33 * i, 15 * 33 * (i + 1));
            Problem<HierarchicalSoftmax> third =
                    new Problem<>(all.objective(), Matrix.wrap(15, 33, hidden), Targets.of(ids));
            assertThat(third.losses(workspace))
                    .containsExactly(Arrays.copyOfRange(losses, 15 * i, 15 * i + 15), within(2e-5));
            thirds[i] = third.evaluate(workspace);
        }
        for (String name : new String[] {"tree.weight", "tree.bias"}) {
            float[] expected = whole.gradient(name).array();
            float[] sum = new float[expected.length];
            for (Problem.Evaluation third : thirds) {
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += third.gradient(name).array()[i] / 3;
                }
            }
            assertThat(sum).as(name).containsExactly(expected, within(1e-6f));
        }
    }

    /** Node 0 is the root: its logits are 0 and z, or those of its children. */
    @ParameterizedTest
    @CsvSource({"2,5", "2,20", "3,5", "3,20"})
    void theSinkTakesTheLogSumExpOfTheRoot(int arity, int rows) {
        Tree tree = Tree.balanced(27, arity);
        Problem<HierarchicalSoftmax> problem = Problem.of(HierarchicalSoftmax.create(tree, 4, Problem.KEY), rows);
        Point at = problem.at(Precision.DOUBLE);
        problem.objective()
                .loss(
                        problem.hidden(),
                        problem.targets(),
                        new Step(Problem.KEY, workspace),
                        (row, loss, logSumExp, weight) -> {
                            double[] z = new double[arity];
                            for (int r = 0; r < tree.firstRow(1); r++) {
                                z[arity == 2 ? 1 : r] =
                                        Precision.DOUBLE.dot(at.block("tree.weight")[r], at.hidden()[row])
                                                + at.block("tree.bias")[r][0];
                            }
                            assertThat(logSumExp).isCloseTo(Precision.DOUBLE.logSumExp(z), within(1e-5));
                        });
    }

    /** The chain 0, 10, 110, ...: each step with probability 1/2, but for the last class, which shares its node. */
    @Test
    void aChainOfThreeThousandNodes() {
        int classes = 3001;
        Tree tree = chain(classes);
        assertThat(tree.maxDepth()).isEqualTo(3000);
        HierarchicalSoftmax layer = HierarchicalSoftmax.create(tree, 3, Problem.KEY);
        Matrix none = Matrix.zeros(20, 3);
        int[] ids = new int[20];
        double[] expected = new double[20];
        for (int n = 0; n < 20; n++) {
            ids[n] = n < 2 ? n * 3000 : 150 * n;
            expected[n] = tree.depth(ids[n]) * Math.log(2);
        }
        Problem<HierarchicalSoftmax> problem = new Problem<>(layer, none, Targets.of(ids));
        assertThat(problem.losses(workspace)).containsExactly(expected, within(1e-3));
        Problem.Evaluation evaluation = problem.evaluate(workspace);
        assertThat(evaluation.gradient("tree.bias").get(0, 0))
                .as("half of the nineteen that go on, less half of the one that stops")
                .isCloseTo(-0.5f * 18 / 20, within(1e-6f));
        Matrix logProbs = Matrix.zeros(20, classes);
        layer.logProbs(none, logProbs, workspace);
        assertThat((double) logProbs.get(0, 3000)).isCloseTo(-3000 * Math.log(2), within(1e-3));
        TopK top = TopK.of(20, classes);
        layer.topK(none, top, workspace);
        for (int rank = 0; rank < classes; rank++) {
            assertThat(top.id(0, rank)).isEqualTo(rank);
        }
        int[] drawn = new int[20];
        layer.sample(none, Problem.KEY, drawn, workspace);
        assertThat(Arrays.stream(drawn).max().orElseThrow()).isLessThan(40);
        Problem.of(layer, 20).evaluate(workspace).gradients().forEach((name, gradient) -> {
            for (float g : gradient.array()) {
                assertThat(g).as("gradient of %s", name).isFinite();
            }
        });
    }

    @Test
    void aSingleClassIsCertainAndHasNoRows() {
        HierarchicalSoftmax layer = HierarchicalSoftmax.create(Tree.balanced(1, 2), 3, Problem.KEY);
        assertThat(layer.parameters().count()).isZero();
        for (int rows : new int[] {1, 20}) {
            Problem<HierarchicalSoftmax> problem = Problem.of(layer, rows);
            assertThat(problem.losses(workspace)).containsOnly(0);
            assertThat(problem.evaluate(workspace).gradient(Point.HIDDEN).array())
                    .containsOnly(0);
            TopK top = TopK.of(rows, 1);
            layer.topK(problem.hidden(), top, workspace);
            assertThat(top.id(rows - 1, 0)).isZero();
            assertThat(top.logProb(rows - 1, 0)).isZero();
            int[] drawn = new int[rows];
            layer.sample(problem.hidden(), Problem.KEY, drawn, workspace);
            assertThat(drawn).containsOnly(0);
        }
    }

    /** The product of a sigmoid, or of one minus it, for each bit of a code. */
    @Test
    void word2vecsTreeByHand() {
        Tree tree = Tree.word2vec(new long[] {40, 30, 20, 11});
        float[] z = {0.7f, -1.2f, 2.5f};
        HierarchicalSoftmax layer = layer(tree, z);
        double[] losses = new Problem<>(layer, ones(4), Targets.of(0, 1, 2, 3)).losses(workspace);
        for (int id = 0; id < 4; id++) {
            double probability = 1;
            String code = Trees.code(tree, id);
            int[] path = Trees.path(tree, id);
            for (int i = 0; i < path.length; i++) {
                double one = 1 / (1 + Math.exp(-z[path[i]]));
                probability *= code.charAt(i) == '1' ? one : 1 - one;
            }
            assertThat(losses[id]).isCloseTo(-Math.log(probability), within(1e-6));
        }
    }

    /**
     * What the search must not visit is poisoned: it goes down the likeliest path, and to nodes beside it only as far as the
     * k-th class needs.
     */
    @ParameterizedTest
    @ValueSource(ints = {2, 5})
    void topKVisitsFewNodesOfAPeakedDistribution(int arity) {
        int classes = 20_000;
        Tree tree = Tree.balanced(classes, arity);
        int target = 12_345;
        Matrix weight = Matrix.zeros(tree.rows(), 1);
        weight.fill(Float.NaN);
        int slot = tree.slotOfClass(target);
        for (int node = tree.parentOfClass(target); node >= 0; node = tree.parentOfNode(node)) {
            int first = tree.firstRow(node);
            for (int r = first; r < tree.firstRow(node + 1); r++) {
                weight.set(r, 0, -3);
            }
            if (tree.children(node) == 2) {
                weight.set(first, 0, slot == 1 ? 9 : -9);
            } else {
                weight.set(first + slot, 0, 9);
            }
            slot = tree.slotOfNode(node);
        }
        TopK top = TopK.of(1, 1);
        HierarchicalSoftmax.of(tree, weight, null).topK(ones(1), top, workspace);
        assertThat(top.id(0, 0)).isEqualTo(target);
        assertThat(top.logProb(0, 0)).isBetween(-0.01f, 0f);
    }

    /** Peaked, flat, and with ties of many sizes: logits from a few whole numbers. */
    @ParameterizedTest
    @CsvSource({"2,0", "2,1", "2,20", "3,1", "3,20", "40,1", "40,20"})
    void topKIsASortOfLogProbs(int arity, int spread) {
        int classes = 700;
        Tree tree = Tree.huffman(Trees.ties(new Random(arity), classes), arity);
        SplittableRandom random = new SplittableRandom(spread);
        Matrix weight = Matrix.zeros(tree.rows(), 1);
        for (int r = 0; r < tree.rows(); r++) {
            weight.set(r, 0, random.nextInt(-1, 2) * spread);
        }
        HierarchicalSoftmax layer = HierarchicalSoftmax.of(tree, weight, null);
        Matrix logProbs = Matrix.zeros(1, classes);
        layer.logProbs(ones(1), logProbs, workspace);
        Integer[] sorted = new Integer[classes];
        Arrays.setAll(sorted, i -> i);
        Arrays.sort(sorted, (a, b) -> Float.compare(logProbs.get(0, b), logProbs.get(0, a)));
        for (int k : new int[] {1, 2, 30, classes}) {
            TopK top = TopK.of(1, k);
            layer.topK(ones(1), top, workspace);
            for (int rank = 0; rank < k; rank++) {
                assertThat(top.id(0, rank)).as("rank %d of %d", rank, k).isEqualTo(sorted[rank]);
                assertThat(top.logProb(0, rank)).isEqualTo(logProbs.get(0, sorted[rank]));
            }
        }
    }

    @Test
    void refusesMatricesThatDoNotFitTheTree() {
        Tree tree = Tree.balanced(5, 2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HierarchicalSoftmax.of(tree, Matrix.zeros(5, 3), null))
                .withMessage("weight is 5 x 3: must have 4 rows and at least one column");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HierarchicalSoftmax.of(tree, Matrix.zeros(4, 0), null))
                .withMessageContaining("weight is 4 x 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HierarchicalSoftmax.of(tree, Matrix.zeros(4, 3), Matrix.zeros(4, 2)))
                .withMessage("bias is 4 x 2: must be 4 x 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HierarchicalSoftmax.create(tree, 0, RandomKey.of(1)))
                .withMessageContaining("width = 0");
    }
}
