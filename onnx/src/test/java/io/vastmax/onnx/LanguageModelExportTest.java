package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vastmax.CosineSoftmax;
import io.vastmax.Embedding;
import io.vastmax.FullSoftmax;
import io.vastmax.InputLayer;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.OutputLayer;
import io.vastmax.Parameter;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.SphericalSoftmax;
import io.vastmax.Workspace;
import io.vastmax.adaptive.AdaptiveInput;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole language models in ONNX Runtime against an LSTM in double precision between the layers themselves. */
final class LanguageModelExportTest {
    private static final RandomKey KEY = RandomKey.of(7);
    private static final int V = 60;
    private static final int D = 8;
    private static final int STEPS = 6;

    @TempDir
    private Path folder;

    record Model(String name, InputLayer input, int layers, OutputLayer output) {
        @Override
        public String toString() {
            return name;
        }

        Parameters parameters() {
            List<Parameter> lstm = new ArrayList<>();
            for (int layer = 0; layer < layers; layer++) {
                for (String kind : new String[] {"weight_ih", "weight_hh", "bias_ih", "bias_hh"}) {
                    lstm.add(new Parameter(
                            "lstm." + kind + "_l" + layer, Matrix.zeros(4 * D, kind.startsWith("bias") ? 1 : D)));
                }
            }
            Parameters all = input.parameters().and(Parameters.of(lstm)).and(output.parameters());
            SplittableRandom random = new SplittableRandom(3);
            for (Parameter parameter : all) {
                float[] numbers = parameter.value().array();
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = (float) (0.5 * random.nextGaussian());
                }
            }
            return all;
        }
    }

    static Stream<Model> models() {
        FullSoftmax full = FullSoftmax.create(V, D, KEY);
        int[] order = new int[V];
        Arrays.setAll(order, rank -> (rank * 7 + 5) % V);
        FrequencyClusters clusters = FrequencyClusters.ofOrder(order, 10, 35);
        AdaptiveSoftmax adaptive = AdaptiveSoftmax.create(clusters, D, 2, true, KEY);
        Embedding embedding = Embedding.create(V, D, KEY);
        return Stream.of(
                new Model("full", embedding, 1, full),
                new Model("full, scaled input, 3 layers", embedding.scaledBy(1.7), 3, full),
                new Model("full, tied", Embedding.tiedTo(full).scaledBy(Math.sqrt(D)), 2, full),
                new Model("adaptive", embedding, 2, adaptive),
                new Model("adaptive, tied", AdaptiveInput.tiedTo(adaptive).scaledBy(2), 2, adaptive),
                new Model("adaptive input", AdaptiveInput.create(clusters, D, 2, KEY), 1, full),
                new Model(
                        "adaptive input without clusters",
                        AdaptiveInput.create(FrequencyClusters.of(V), D, 2, KEY),
                        1,
                        full),
                new Model("tree", embedding, 2, HierarchicalSoftmax.create(Tree.balanced(V, 2), D, KEY)),
                new Model("cosine", embedding, 1, CosineSoftmax.create(V, D, 10, KEY)),
                new Model("spherical", embedding, 1, SphericalSoftmax.create(V, D, 0.1, KEY)),
                new Model("capped", embedding, 1, full.transforming(new LogitTransform(1, 0.5))));
    }

    /** All tokens at once, or some at a time with the states carried; for all tokens or for the last ones of each call. */
    @ParameterizedTest
    @MethodSource("models")
    void givesWhatTheLayersGive(Model model) {
        Parameters parameters = model.parameters();
        for (int batch : new int[] {1, 3}) {
            int[] ids = new int[batch * STEPS];
            Arrays.setAll(ids, i -> (i * 37 + 11) % V);
            float[] h = new float[model.layers * batch * D];
            float[] c = new float[h.length];
            Arrays.fill(h, 0.1f);
            Arrays.fill(c, -0.2f);
            float[] hAfter = h.clone();
            float[] cAfter = c.clone();
            float[] expected = reference(model, parameters, ids, hAfter, cAfter);
            OnnxModel exported = OnnxExport.languageModel(model.input, parameters, model.output);
            try (Runner runner =
                    batch == 1 ? Runner.of(exported, folder) : Runner.withParametersBeside(exported, folder)) {
                for (int[] stretches : new int[][] {{STEPS}, {1, 2, 3}, {1, 1, 1, 1, 1, 1}}) {
                    for (int keep : new int[] {0, 1, 2, STEPS + 3}) {
                        runner.with("past_h", h, model.layers, batch, D).with("past_c", c, model.layers, batch, D);
                        runner.with("num_logits_to_keep", new int[] {keep});
                        int from = 0;
                        for (int steps : stretches) {
                            int to = from + steps;
                            runner.with("input_ids", ofEach(ids, batch, from, to), batch, steps);
                            int kept = keep == 0 ? steps : Math.min(keep, steps);
                            Runner.Output logProbs = runner.run("log_probs");
                            assertThat(logProbs.shape()).containsExactly(batch, kept, V);
                            OnnxExportTest.assertClose(
                                    logProbs.numbers(), ofEach(expected, batch, (to - kept) * V, to * V));
                            float[] nextH = runner.run("present_h").numbers();
                            runner.with("past_c", runner.run("present_c").numbers(), model.layers, batch, D);
                            runner.with("past_h", nextH, model.layers, batch, D);
                            from = to;
                        }
                        OnnxExportTest.assertClose(runner.input("past_h"), hAfter);
                        OnnxExportTest.assertClose(runner.input("past_c"), cAfter);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void holdsEachParameterOnce(Model model) throws IOException {
        Parameters parameters = model.parameters();
        Path file = folder.resolve("model.onnx");
        OnnxExport.languageModel(model.input, parameters, model.output).write(file);
        assertThat(Files.size(file)).isBetween(4 * parameters.count(), 4 * parameters.count() + 12_000);
    }

    @Test
    void namesWhatDoesNotFit() {
        FullSoftmax full = FullSoftmax.create(V, D, KEY);
        Embedding embedding = Embedding.create(V, D, KEY);
        Parameters all = new Model("", embedding, 2, full).parameters();
        Parameters lacking = Parameters.of(all.without(Parameters.of(all.get("lstm.bias_hh_l1")))
                .iterator()
                .next());
        assertRefused(embedding, lacking, full, "No parameter lstm.weight_ih_l0");
        assertRefused(
                embedding,
                all.without(Parameters.of(all.get("lstm.bias_hh_l1"))),
                full,
                "No parameter lstm.bias_hh_l1");
        assertRefused(Embedding.create(V + 1, D, KEY), all, full, "input has 61 classes, but layer 60");
        assertRefused(Embedding.create(V, 4, KEY), all, full, "input has the width 4 and layer 8, but the LSTM 8");
        Parameters shapes = Parameters.of(new Parameter("lstm.weight_ih_l0", Matrix.zeros(3 * D, D)));
        assertRefused(embedding, shapes, full, "lstm.weight_ih_l0 is 24 x 8: must be 32 x 8");
        InputLayer other = (InputLayer) Proxy.newProxyInstance(
                InputLayer.class.getClassLoader(),
                new Class<?>[] {InputLayer.class},
                (proxy, method, arguments) -> method.getName().equals("classes") ? V : D);
        assertRefused(other, all, full, "input is a ");
    }

    private static void assertRefused(InputLayer input, Parameters body, OutputLayer layer, String why) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OnnxExport.languageModel(input, body, layer))
                .withMessageStartingWith(why);
    }

    /** Elements of each row from one to before another. */
    private static int[] ofEach(int[] rows, int batch, int from, int to) {
        int length = rows.length / batch;
        int[] out = new int[batch * (to - from)];
        for (int b = 0; b < batch; b++) {
            System.arraycopy(rows, b * length + from, out, b * (to - from), to - from);
        }
        return out;
    }

    private static float[] ofEach(float[] rows, int batch, int from, int to) {
        int length = rows.length / batch;
        float[] out = new float[batch * (to - from)];
        for (int b = 0; b < batch; b++) {
            System.arraycopy(rows, b * length + from, out, b * (to - from), to - from);
        }
        return out;
    }

    /** B x T x V log-probabilities; the states are replaced with those after the last token. */
    private static float[] reference(Model model, Parameters parameters, int[] ids, float[] h, float[] c) {
        int batch = h.length / (model.layers * D);
        int steps = ids.length / batch;
        Matrix x = Matrix.zeros(ids.length, D);
        Matrix out = Matrix.zeros(ids.length, V);
        try (Workspace workspace = Workspace.ofThreads(1)) {
            model.input.lookUp(ids, x, workspace);
            for (int layer = 0; layer < model.layers; layer++) {
                for (int b = 0; b < batch; b++) {
                    int state = (layer * batch + b) * D;
                    for (int t = 0; t < steps; t++) {
                        step(parameters, layer, x.array(), (b * steps + t) * D, h, c, state);
                    }
                }
            }
            model.output.logProbs(x, out, workspace);
        }
        return out.array();
    }

    /** PyTorch's gates: input, forget, cell, output. What the layer reads is replaced with its hidden state. */
    private static void step(Parameters all, int layer, float[] x, int at, float[] h, float[] c, int state) {
        double[] gates = new double[4 * D];
        for (int row = 0; row < gates.length; row++) {
            gates[row] = all.get("lstm.bias_ih_l" + layer).value().get(row, 0)
                    + all.get("lstm.bias_hh_l" + layer).value().get(row, 0);
            for (int i = 0; i < D; i++) {
                gates[row] += (double) all.get("lstm.weight_ih_l" + layer)
                                        .value()
                                        .get(row, i)
                                * x[at + i]
                        + (double) all.get("lstm.weight_hh_l" + layer).value().get(row, i) * h[state + i];
            }
        }
        for (int i = 0; i < D; i++) {
            double cell = sigmoid(gates[D + i]) * c[state + i] + sigmoid(gates[i]) * Math.tanh(gates[2 * D + i]);
            c[state + i] = (float) cell;
            x[at + i] = (float) (sigmoid(gates[3 * D + i]) * Math.tanh(cell));
        }
        System.arraycopy(x, at, h, state, D);
    }

    private static double sigmoid(double z) {
        return 1 / (1 + Math.exp(-z));
    }
}
