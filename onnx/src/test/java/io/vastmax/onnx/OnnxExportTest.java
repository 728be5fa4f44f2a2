package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vastmax.CosineSoftmax;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.OutputLayer;
import io.vastmax.Parameter;
import io.vastmax.RandomKey;
import io.vastmax.SphericalSoftmax;
import io.vastmax.TopK;
import io.vastmax.Workspace;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers in ONNX Runtime against themselves. */
final class OnnxExportTest {
    private static final RandomKey KEY = RandomKey.of(7);
    private static final int V = 150;
    private static final int D = 12;

    @TempDir
    private Path folder;

    static Stream<Named<OutputLayer>> layers() {
        LogitTransform capped = new LogitTransform(2, 0.7);
        FrequencyClusters byId = FrequencyClusters.of(V, 40, 100);
        FrequencyClusters byCount = FrequencyClusters.of(zipf(V, 3), 10, 11, 60);
        return Stream.of(
                layer("full", FullSoftmax.create(V, D, KEY)),
                layer("full without bias", FullSoftmax.of(Matrix.zeros(V, D), null)),
                layer("full, capped", FullSoftmax.create(V, D, KEY).transforming(capped)),
                layer("full, one class", FullSoftmax.create(1, D, KEY)),
                layer("cosine", CosineSoftmax.create(V, D, 16, KEY)),
                layer("cosine, cold", CosineSoftmax.create(V, D, 16, KEY).transforming(capped.withTemperature(0.1))),
                layer("spherical", SphericalSoftmax.create(V, D, 0.1, KEY)),
                layer("adaptive, ids by count", AdaptiveSoftmax.create(byId, D, 2, false, KEY)),
                layer("adaptive", AdaptiveSoftmax.create(byCount, D, 1.5, true, KEY)),
                layer(
                        "adaptive, capped",
                        AdaptiveSoftmax.create(byCount, D, 1.5, true, KEY).transforming(capped)),
                layer("adaptive without clusters", AdaptiveSoftmax.create(FrequencyClusters.of(V), D, 2, true, KEY)),
                layer("Huffman tree", Tree.huffman(zipf(V, 1))),
                layer("Huffman tree, ids by count", Tree.huffman(zipf(V, 0))),
                layer("balanced tree", Tree.balanced(V, 2)),
                layer("balanced tree of 8", Tree.balanced(V, 8)),
                layer("balanced tree of 3, ragged", Tree.balanced(V, 3)),
                layer("Huffman tree of 4", Tree.huffman(zipf(V, 1), 4)),
                layer("two levels", Tree.twoLevel(zipf(V, 2))),
                layer("one level", Tree.twoLevel(zipf(V, 2), 1)),
                layer("a chain", chain()),
                layer("nodes of all widths", ragged()),
                layer("two classes", Tree.balanced(2, 2)),
                layer("three classes of one node", Tree.balanced(3, 3)),
                layer("one class", Tree.balanced(1, 2)),
                layer(
                        "tree, capped",
                        HierarchicalSoftmax.create(ragged(), D, KEY).transforming(capped)),
                layer(
                        "tree without bias, capped",
                        HierarchicalSoftmax.of(Tree.balanced(V, 2), Matrix.zeros(V - 1, D), null)
                                .transforming(capped)),
                layer("narrow tree, by its paths", HierarchicalSoftmax.create(Tree.huffman(zipf(V, 1)), 2, KEY)),
                layer(
                        "narrow tree without bias, by its paths",
                        HierarchicalSoftmax.of(Tree.balanced(V, 2), Matrix.zeros(V - 1, 3), null)
                                .transforming(capped)),
                layer("narrow tree of 4, by its paths", HierarchicalSoftmax.create(Tree.balanced(V, 4), 2, KEY)),
                layer(
                        "narrow tree of 3, by its paths",
                        HierarchicalSoftmax.create(Tree.huffman(zipf(V, 1), 3), 2, KEY)
                                .transforming(capped)));
    }

    private static Named<OutputLayer> layer(String name, Tree tree) {
        return layer(name, HierarchicalSoftmax.create(tree, D, KEY));
    }

    /** With random parameters, biases too. */
    private static Named<OutputLayer> layer(String name, OutputLayer layer) {
        SplittableRandom random = new SplittableRandom(5);
        for (Parameter parameter : layer.parameters()) {
            float[] numbers = parameter.value().array();
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) random.nextGaussian();
            }
        }
        return Named.of(name, layer);
    }

    /** Counts as of words: of falling ids if {@code shift} is 0, else in another order. */
    private static long[] zipf(int classes, int shift) {
        long[] counts = new long[classes];
        Arrays.setAll(counts, id -> 100_000 / (1 + (id * (1 + 2L * shift) + shift) % classes));
        return counts;
    }

    /** Each node leads to a class and to the next node. */
    private static Tree chain() {
        int[] parents = new int[2 * V - 1];
        for (int node = 0; node < V - 1; node++) {
            parents[node] = V + node;
            parents[V + node] = node == 0 ? -1 : V + node - 1;
        }
        parents[V - 1] = 2 * V - 2;
        return Tree.ofParents(V, parents);
    }

    /** Nodes of 2, 3, 4 and on up to 17 children, each below the one before. */
    private static Tree ragged() {
        int nodes = 16;
        int[] parents = new int[V + nodes];
        int entry = 0;
        for (int node = 0; node < nodes; node++) {
            parents[V + node] = node == 0 ? -1 : V + node - 1;
            for (int i = 0; i < (node == nodes - 1 ? 17 : node + 1); i++) {
                parents[entry++] = V + node;
            }
        }
        while (entry < V) {
            parents[entry++] = V;
        }
        return Tree.ofParents(V, parents);
    }

    @ParameterizedTest
    @MethodSource("layers")
    void givesTheLayersOwnResults(OutputLayer layer) {
        for (int rows : new int[] {1, 33}) {
            assertAgrees(layer, hidden(rows, layer.width(), 1));
        }
    }

    /** From all the same to all but certain, and logits far beyond what their exponentials could be. */
    @ParameterizedTest
    @MethodSource("layers")
    void givesTheLayersOwnResultsForAnyScale(OutputLayer layer) {
        for (double size : new double[] {0, 1e-20, 30, 1e4, 1e8}) {
            assertAgrees(layer, hidden(5, layer.width(), size));
        }
        for (float factor : new float[] {100, 100, 0}) {
            for (Parameter parameter : layer.parameters()) {
                float[] numbers = parameter.value().array();
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] *= factor;
                }
            }
            assertAgrees(layer, hidden(5, layer.width(), 1));
        }
    }

    static Stream<Named<OutputLayer>> masked() {
        FullSoftmax full = FullSoftmax.create(V, D, KEY);
        AdaptiveSoftmax adaptive = AdaptiveSoftmax.create(FrequencyClusters.of(V, 40, 100), D, 2, true, KEY);
        HierarchicalSoftmax binary = HierarchicalSoftmax.create(Tree.balanced(V, 2), D, KEY);
        HierarchicalSoftmax narrow = HierarchicalSoftmax.create(Tree.balanced(V, 2), 2, KEY);
        HierarchicalSoftmax wide = HierarchicalSoftmax.create(Tree.balanced(V, 5), D, KEY);
        mask(full, "softmax.bias", 0, V - 1);
        mask(adaptive, "head.bias", 7, 41);
        Stream.of(binary, narrow, wide).forEach(tree -> mask(tree, "tree.bias", 9, 30));
        return Stream.of(
                        Named.of("full", full),
                        Named.of("adaptive", adaptive),
                        Named.of("binary tree", binary),
                        Named.of("binary tree, by its paths", narrow),
                        Named.of("tree of 5", wide))
                .flatMap(layer -> Stream.of(
                                LogitTransform.IDENTITY,
                                LogitTransform.IDENTITY.withTemperature(0.7),
                                new LogitTransform(2, 0.7))
                        .map(transform -> Named.of(
                                layer.getName() + ", " + transform,
                                layer.getPayload().transforming(transform))));
    }

    private static void mask(OutputLayer layer, String bias, int... rows) {
        for (int row : rows) {
            layer.parameters().get(bias).value().set(row, 0, Float.NEGATIVE_INFINITY);
        }
    }

    /** With a soft-cap too, which is finite everywhere else. */
    @ParameterizedTest
    @MethodSource("masked")
    void whatIsMaskedStaysImpossible(OutputLayer layer) {
        Matrix hidden = hidden(5, layer.width(), 1);
        Matrix all = Matrix.zeros(5, V);
        try (Workspace workspace = Workspace.ofThreads(1)) {
            layer.logProbs(hidden, all, workspace);
        }
        assertThat(all.array()).contains(Float.NEGATIVE_INFINITY);
        assertAgrees(layer, hidden);
    }

    static Stream<Named<OutputLayer>> largeLayers() {
        int v = 50_000;
        int d = 32;
        long[] counts = zipf(v, 1);
        return Stream.of(
                layer("full", FullSoftmax.create(v, d, KEY)),
                layer("cosine", CosineSoftmax.create(v, d, 16, KEY)),
                layer("spherical", SphericalSoftmax.create(v, d, 0.1, KEY)),
                layer("adaptive", AdaptiveSoftmax.create(FrequencyClusters.of(counts, 2000, 10_000), d, 4, true, KEY)),
                layer("Huffman tree", HierarchicalSoftmax.create(Tree.huffman(counts), d, KEY)),
                layer("Huffman tree of 8", HierarchicalSoftmax.create(Tree.huffman(counts, 8), d, KEY)),
                layer("two levels", HierarchicalSoftmax.create(Tree.twoLevel(counts), d, KEY)));
    }

    @ParameterizedTest
    @MethodSource("largeLayers")
    void givesTheLayersOwnResultsOf50_000Classes(OutputLayer layer) {
        assertAgrees(layer, hidden(32, layer.width(), 0.3));
    }

    @Test
    void ofEqualClassesTheLowerIdComesFirst() {
        FullSoftmax equal = FullSoftmax.of(Matrix.zeros(20, 3), null);
        try (Runner runner = Runner.of(OnnxExport.topK(equal, 4), folder)) {
            assertThat(runner.with("hidden", hidden(1, 3, 1)).run("ids").numbers())
                    .containsExactly(0, 1, 2, 3);
        }
    }

    /** Each class, so that of every cluster and node, and of clusters that no row belongs to. */
    @ParameterizedTest
    @MethodSource("layers")
    void givesTheLogProbabilityOfEachClass(OutputLayer layer) {
        Matrix hidden = hidden(1, layer.width(), 1);
        float[] expected = new float[1];
        try (Runner runner = Runner.of(OnnxExport.logProb(layer), folder);
                Workspace workspace = Workspace.ofThreads(1)) {
            for (int id = 0; id < layer.classes(); id++) {
                layer.logProb(hidden, new int[] {id}, expected, workspace);
                runner.with("hidden", hidden).with("ids", new int[] {id}, 1);
                assertClose(runner.run("log_prob").numbers(), expected);
            }
        }
    }

    @Test
    void saysWhatItIs() {
        OnnxModel model = OnnxExport.topK(FullSoftmax.create(20, 3, KEY), 4).withMetadata(Map.of("a", "b"));
        assertThat(model.inputs()).hasToString("[hidden float [batch, 3]]");
        assertThat(model.outputs()).hasToString("[log_probs float [batch, 4], ids int64 [batch, 4]]");
        assertThat(model.metadata())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "vastmax.version",
                        Version.NUMBER,
                        "vastmax.layer",
                        "full",
                        "vastmax.classes",
                        "20",
                        "vastmax.width",
                        "3",
                        "a",
                        "b"));
        assertThat(Version.NUMBER).matches("\\d+\\.\\d+.*");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 21})
    void refusesToSeekMoreClassesThanThereAre(int k) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OnnxExport.topK(FullSoftmax.create(20, 3, KEY), k))
                .withMessage("k = " + k + ": must be from 1 to the number of classes, 20");
    }

    @Test
    void refusesLayersOfAnotherKind() {
        OutputLayer other = (OutputLayer) Proxy.newProxyInstance(
                OutputLayer.class.getClassLoader(),
                new Class<?>[] {OutputLayer.class},
                (proxy, method, arguments) -> 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OnnxExport.logProbs(other))
                .withMessageStartingWith("layer is a ")
                .withMessageEndingWith(": export knows full, cosine, spherical, adaptive and hierarchical softmax");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OnnxExport.logProbs(SphericalSoftmax.create(2, 2, 1e39, KEY)))
                .withMessageContaining("epsilon = 1.0E39");
    }

    private static Matrix hidden(int rows, int width, double size) {
        Matrix hidden = Matrix.zeros(rows, width);
        SplittableRandom random = new SplittableRandom(rows);
        for (int i = 0; i < rows * width; i++) {
            hidden.array()[i] = (float) (size * random.nextGaussian());
        }
        return hidden;
    }

    private void assertAgrees(OutputLayer layer, Matrix hidden) {
        int n = hidden.rows();
        int v = layer.classes();
        double sums = sums(layer, hidden);
        int k = Math.min(7, v);
        int[] ids = IntStream.range(0, n).map(i -> i * 31 % v).toArray();
        Matrix all = Matrix.zeros(n, v);
        TopK top = TopK.of(n, k);
        float[] own = new float[n];
        try (Workspace workspace = Workspace.ofThreads(1)) {
            layer.logProbs(hidden, all, workspace);
            layer.topK(hidden, top, workspace);
            layer.logProb(hidden, ids, own, workspace);
        }
        try (Runner runner = Runner.of(OnnxExport.logProbs(layer), folder)) {
            Runner.Output out = runner.with("hidden", hidden).run("log_probs");
            assertThat(out.shape()).containsExactly(n, v);
            assertClose(out.numbers(), all.array(), sums);
        }
        try (Runner runner = Runner.withParametersBeside(OnnxExport.logProb(layer), folder)) {
            Runner.Output out =
                    runner.with("hidden", hidden).with("ids", ids, n).run("log_prob");
            assertThat(out.shape()).containsExactly(n);
            assertClose(out.numbers(), own, sums);
        }
        try (Runner runner = Runner.of(OnnxExport.topK(layer, k), folder)) {
            Runner.Output best = runner.with("hidden", hidden).run("ids");
            Runner.Output out = runner.run("log_probs");
            assertThat(out.shape()).containsExactly(n, k);
            assertThat(best.shape()).containsExactly(n, k);
            for (int i = 0; i < n; i++) {
                float[] expected = new float[k];
                float[] ofIds = new float[k];
                for (int rank = 0; rank < k; rank++) {
                    expected[rank] = top.logProb(i, rank);
                    ofIds[rank] = all.get(i, (int) best.numbers()[i * k + rank]);
                }
                float[] logProbs = Arrays.copyOfRange(out.numbers(), i * k, (i + 1) * k);
                assertClose(logProbs, expected, sums);
                assertClose(ofIds, expected, sums);
            }
        }
    }

    /** To 1e-4, or to what single precision can tell apart where log-probabilities are below minus a hundred. */
    static void assertClose(float[] actual, float[] expected) {
        assertClose(actual, expected, 0);
    }

    /**
     * The same.
     *
     * @param sums the largest sum of products that there may be: of sums that cancel, its rounding is left
     */
    private static void assertClose(float[] actual, float[] expected, double sums) {
        assertThat(actual).hasSameSizeAs(expected);
        double tolerance = Math.max(1e-4, 1e-6 * largest(expected) + 2e-7 * sums);
        for (int i = 0; i < actual.length; i++) {
            if (!(Math.abs(actual[i] - expected[i]) <= tolerance) && actual[i] != expected[i]) {
                throw new AssertionError("[" + i + "] is " + actual[i] + ", not " + expected[i]);
            }
        }
    }

    private static double largest(float[] numbers) {
        double largest = 0;
        for (float each : numbers) {
            largest = Math.max(largest, Float.isInfinite(each) ? 0 : Math.abs(each));
        }
        return largest;
    }

    private static double sums(OutputLayer layer, Matrix hidden) {
        double parameter = 0;
        for (Parameter each : layer.parameters()) {
            parameter = Math.max(parameter, largest(each.value().array()));
        }
        return parameter * largest(hidden.array()) * layer.width();
    }
}
