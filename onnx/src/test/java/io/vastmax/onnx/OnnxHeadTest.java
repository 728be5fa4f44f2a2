package io.vastmax.onnx;

import static io.vastmax.onnx.DecoderGraph.Trait.GENAI;
import static io.vastmax.onnx.DecoderGraph.Trait.HALF_LOGITS;
import static io.vastmax.onnx.DecoderGraph.Trait.INT32;
import static io.vastmax.onnx.DecoderGraph.Trait.LAST_LOGITS;
import static io.vastmax.onnx.DecoderGraph.Trait.NO_CACHE;
import static io.vastmax.onnx.DecoderGraph.Trait.OWN_NAMES;
import static io.vastmax.onnx.DecoderGraph.Trait.TIED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.vastmax.Embedding;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.Parameter;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Workspace;
import io.vastmax.onnx.DecoderGraph.Sizes;
import io.vastmax.onnx.Graph.Value;
import io.vastmax.testkit.SharedData;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class OnnxHeadTest {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();
    private static final int CLASSES = 5;
    private static final int WIDTH = 3;
    private static final int[] TEXT = {3, 49, 0, 7, 7, 12, 31};

    @TempDir
    private Path folder;

    /** How a graph makes logits of hidden states, N x 3. */
    record Form(String name, BiFunction<Graph, Value, Value> logits) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Form> forms() {
        return Stream.of(
                new Form("MatMul", (g, h) -> g.op("MatMul", h, w(g))),
                new Form("MatMul with a transposed matrix", (g, h) -> g.op("MatMul", h, g.op("Transpose", wt(g)))),
                new Form(
                        "MatMul with a matrix that is turned twice",
                        (g, h) -> g.op("MatMul", h, g.op("Transpose", g.op("Transpose", w(g))))),
                new Form("MatMul with an Identity", (g, h) -> g.op("MatMul", h, g.op("Identity", w(g)))),
                new Form(
                        "MatMul with a matrix of halves",
                        (g, h) -> g.op("MatMul", h, cast(g, cast(g, w(g), DataType.FLOAT16), DataType.FLOAT))),
                new Form(
                        "MatMul of doubles",
                        (g, h) -> cast(
                                g,
                                g.op("MatMul", cast(g, h, DataType.DOUBLE), cast(g, w(g), DataType.DOUBLE)),
                                DataType.FLOAT)),
                new Form("MatMul and a bias", (g, h) -> g.op("Add", g.op("MatMul", h, w(g)), b(g))),
                new Form(
                        "a bias and MatMul, after whole numbers",
                        (g, h) -> g.op(
                                "Add",
                                b(g),
                                g.op("MatMul", g.op("Where", g.op("Less", g.scalar(0L), g.scalar(1L)), h, h), w(g)))),
                new Form("a bias and MatMul", (g, h) -> g.op("Add", b(g), g.op("MatMul", h, w(g)))),
                new Form("two biases", (g, h) -> g.op("Add", g.op("Add", g.scalar(2f), g.op("MatMul", h, w(g))), b(g))),
                new Form("Gemm", (g, h) -> g.op("Gemm", h, w(g))),
                new Form("Gemm transB with a bias", (g, h) -> g.op("Gemm", Map.of("transB", 1), h, wt(g), b(g))),
                new Form("Gemm alpha, beta", (g, h) -> g.op("Gemm", Map.of("alpha", 0.5f, "beta", 3f), h, w(g), b(g))),
                new Form("Gemm transA", (g, h) -> g.op("Gemm", Map.of("transA", 1), g.op("Transpose", h), w(g))),
                new Form(
                        "FusedMatMul",
                        (g, h) -> g.microsoft("FusedMatMul", 1, Map.of("transB", 1, "alpha", 2f), h, wt(g))
                                .getFirst()),
                new Form("a temperature", (g, h) -> g.op("Div", g.op("MatMul", h, w(g)), g.scalar(1.5f))),
                new Form("a factor", (g, h) -> g.op("Mul", g.scalar(0.25f), g.op("MatMul", h, w(g)))),
                new Form(
                        "a bias behind a factor",
                        (g, h) -> g.op("Add", b(g), g.op("Mul", g.op("MatMul", h, w(g)), g.scalar(0.25f)))),
                new Form(
                        "a factor behind a bias",
                        (g, h) -> g.op("Mul", g.op("Add", b(g), g.op("MatMul", h, w(g))), g.scalar(0.25f))),
                new Form("a soft-cap", (g, h) -> cap(g, g.op("MatMul", h, w(g)), 2f, 2f)),
                new Form("a soft-cap and a temperature", (g, h) -> cap(g, g.op("Gemm", h, w(g), b(g)), 2f, 3f)),
                new Form(
                        "LogSoftmax",
                        (g, h) -> g.op("LogSoftmax", Map.of("axis", 1), cap(g, g.op("MatMul", h, w(g)), 2f, 2f))),
                new Form(
                        "shapes",
                        (g, h) ->
                                g.op("Squeeze", g.op("Unsqueeze", g.op("MatMul", h, w(g)), g.vector(1)), g.vector(1))));
    }

    private static Value w(Graph graph) {
        return graph.weights(Weights.of("w", numbers(1, WIDTH * CLASSES), WIDTH, CLASSES));
    }

    private static Value wt(Graph graph) {
        return graph.weights(Weights.of("w", numbers(1, WIDTH * CLASSES), CLASSES, WIDTH));
    }

    private static Value b(Graph graph) {
        return graph.weights(Weights.of("b", numbers(2, CLASSES), CLASSES));
    }

    private static Value integers(Graph graph) {
        return graph.ints(new int[WIDTH * CLASSES], WIDTH, CLASSES);
    }

    private static Value cast(Graph graph, Value value, DataType type) {
        return graph.op("Cast", Map.of("to", type.getNumber()), value);
    }

    private static Value cap(Graph graph, Value logits, float inside, float outside) {
        return graph.op("Mul", graph.op("Tanh", graph.op("Div", logits, graph.scalar(inside))), graph.scalar(outside));
    }

    /** Numbers that halves can hold. */
    private static float[] numbers(int seed, int count) {
        float[] numbers = new float[count];
        RandomKey key = RandomKey.of(seed);
        for (int i = 0; i < count; i++) {
            numbers[i] = Math.round(512 * (float) key.row(i).nextGaussian()) / 256f;
        }
        return numbers;
    }

    @ParameterizedTest
    @MethodSource("forms")
    void aHeadHasTheProbabilitiesOfItsModel(Form form) throws IOException, OrtException {
        Path file = folder.resolve("model.onnx");
        write(form, file);
        Matrix hidden = Matrix.wrap(4, WIDTH, numbers(3, 4 * WIDTH));

        OnnxHead head = OnnxHead.read(file);
        head.writeBody(folder.resolve("body.onnx"));

        float[][] logits = run(file, hidden, "logits");
        float[][] expected = logSoftmax(logits);
        assertThat(head.softmax().classes()).isEqualTo(CLASSES);
        assertThat(head.softmax().width()).isEqualTo(WIDTH);
        assertClose(logProbs(head.softmax(), hidden), expected, 1e-5);
        float[][] body = run(folder.resolve("body.onnx"), hidden, "hidden_states");
        assertClose(logProbs(head.softmax(), Matrix.copyOf(body)), expected, 1e-5);
        assertThat(Files.size(folder.resolve("body.onnx"))).isLessThan(Files.size(file));
    }

    @Test
    void whatBecomesOfLogitsIsTheTransform() throws IOException {
        Path file = folder.resolve("model.onnx");
        write(new Form("", (g, h) -> cap(g, g.op("MatMul", h, w(g)), 30f, 30f)), file);
        assertThat(OnnxHead.read(file).softmax().transform()).isEqualTo(LogitTransform.IDENTITY.withSoftCap(30));
        write(new Form("", (g, h) -> cap(g, g.op("MatMul", h, w(g)), 30f, 20f)), file);
        assertThat(OnnxHead.read(file).softmax().transform()).isEqualTo(new LogitTransform(30, 1.5));
        write(new Form("", (g, h) -> g.op("Div", g.op("MatMul", h, w(g)), g.scalar(2f))), file);
        assertThat(OnnxHead.read(file).softmax().transform())
                .isEqualTo(new LogitTransform(Double.POSITIVE_INFINITY, 2));
        write(new Form("", (g, h) -> g.op("MatMul", h, w(g))), file);
        assertThat(OnnxHead.read(file).softmax().transform()).isEqualTo(LogitTransform.IDENTITY);
    }

    @Test
    void anExportedLayerComesBackAsItWas() throws IOException {
        FullSoftmax layer = FullSoftmax.create(20, 6, RandomKey.of(4)).transforming(new LogitTransform(2, 1.5));
        Path file = folder.resolve("layer.onnx");
        OnnxExport.logProbs(layer).write(file);

        FullSoftmax read = OnnxHead.read(file).softmax();

        assertThat(read.weight().value().array())
                .isEqualTo(layer.weight().value().array());
        assertThat(read.bias()).isNotNull();
        assertThat(read.transform().softCap()).isCloseTo(2, within(1e-6));
        assertThat(read.transform().temperature()).isCloseTo(1.5, within(1e-6));
    }

    @Test
    void theHeadOfAnExportedLanguageModelIsItsLayer() throws IOException, OrtException {
        FullSoftmax layer = FullSoftmax.create(20, 6, RandomKey.of(4));
        Parameter[] lstm = {
            new Parameter("lstm.weight_ih_l0", Matrix.wrap(24, 6, numbers(1, 24 * 6))),
            new Parameter("lstm.weight_hh_l0", Matrix.wrap(24, 6, numbers(2, 24 * 6))),
            new Parameter("lstm.bias_ih_l0", Matrix.wrap(24, 1, numbers(3, 24))),
            new Parameter("lstm.bias_hh_l0", Matrix.wrap(24, 1, numbers(4, 24)))
        };
        Path file = folder.resolve("model.onnx");
        OnnxExport.languageModel(Embedding.tiedTo(layer), Parameters.of(lstm), layer)
                .write(file);

        OnnxHead head = OnnxHead.read(file);
        head.writeBody(folder.resolve("body.onnx"));

        assertThat(head.softmax().weight().value().array())
                .isEqualTo(layer.weight().value().array());
        try (OrtSession session =
                ENVIRONMENT.createSession(folder.resolve("body.onnx").toString())) {
            assertThat(session.getOutputNames()).containsExactly("hidden_states", "present_h", "present_c");
        }
    }

    static Stream<DecoderGraph> decoders() {
        return Stream.of(
                DecoderGraph.of(Sizes.SMALL, 1),
                DecoderGraph.of(Sizes.SMALL, 2, TIED, LAST_LOGITS),
                DecoderGraph.of(Sizes.SMALL, 3, GENAI, INT32),
                DecoderGraph.of(Sizes.SMALL, 4, OWN_NAMES),
                DecoderGraph.of(Sizes.SMALL, 5, HALF_LOGITS),
                DecoderGraph.of(Sizes.SMALL, 6, NO_CACHE));
    }

    @ParameterizedTest
    @MethodSource("decoders")
    void theBodyOfADecoderAndItsHeadAreTheDecoder(DecoderGraph graph) throws IOException, OrtException {
        Path file = graph.write(folder);
        OnnxHead head = OnnxHead.read(folder);
        Path body = folder.resolve("body.onnx");
        head.writeBody(body);
        double[][] expected = graph.logits(TEXT);
        try (OrtSession session = ENVIRONMENT.createSession(body.toString());
                OrtSession whole = ENVIRONMENT.createSession(file.toString());
                OrtSession.Result out = DecoderGraphTest.run(graph, session, new int[][] {TEXT}, new int[1], null)) {
            String logits = graph.has(OWN_NAMES) ? "scores" : "logits";
            assertThat(session.getOutputNames())
                    .containsExactlyElementsOf(whole.getOutputNames().stream()
                            .map(name -> name.equals(logits) ? "hidden_states" : name)
                            .toList());
            float[][] hidden =
                    ((float[][][]) out.get("hidden_states").orElseThrow().getValue())[0];
            float[][] rows = new float[hidden.length][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = new float[expected[0].length];
                for (int j = 0; j < rows[i].length; j++) {
                    rows[i][j] = (float) expected[expected.length - rows.length + i][j];
                }
            }
            assertClose(logProbs(head.softmax(), Matrix.copyOf(hidden)), logSoftmax(rows), 1e-4);
        }
        assertThat(head.softmax().bias()).isNull();
        if (graph.has(TIED)) {
            assertThat(head.softmax().weight().value().array()).isEqualTo(graph.numbers("embedding"));
        }
    }

    @Test
    void aModelOfOnnxRuntimesOwnOperators() throws IOException, OrtException {
        Path given = SharedData.find("tiny-random-gpt2/model.onnx");
        OnnxHead head = OnnxHead.read(given);
        assertThat(head.softmax().classes()).isEqualTo(1000);
        assertThat(head.softmax().width()).isEqualTo(32);
        Path body = folder.resolve("body.onnx");
        head.writeBody(body);
        DecoderGraph like = DecoderGraph.of(new Sizes(5, 4, 4, 8, 1000, 512), 1, GENAI, INT32);
        int[][] tokens = {{5, 999, 17, 0}, {1, 2, 3, 4}};
        try (OrtSession whole = ENVIRONMENT.createSession(given.toString());
                OrtSession session = ENVIRONMENT.createSession(body.toString());
                OrtSession.Result expected = DecoderGraphTest.run(like, whole, tokens, new int[2], null);
                OrtSession.Result out = DecoderGraphTest.run(like, session, tokens, new int[2], null)) {
            float[][][] logits =
                    (float[][][]) expected.get("logits").orElseThrow().getValue();
            float[][][] hidden =
                    (float[][][]) out.get("hidden_states").orElseThrow().getValue();
            for (int row = 0; row < 2; row++) {
                assertClose(logProbs(head.softmax(), Matrix.copyOf(hidden[row])), logSoftmax(logits[row]), 1e-4);
            }
        }
    }

    @Test
    void aRecurrentModelsStatesAreNoLogits() throws IOException {
        RecurrentGraph graph = RecurrentGraph.of(
                RecurrentGraph.Settings.of(RecurrentGraph.Cell.LSTM).unstacked(), 1);
        graph.write(folder);
        assertThat(OnnxHead.read(folder).softmax().classes()).isEqualTo(40);
    }

    @Test
    void aBodyHasMetadataAndWhatTheModelGivesBesides() throws IOException, OrtException {
        Graph graph = new Graph("head");
        Value hidden = graph.op("Tanh", graph.input("hidden", DataType.FLOAT, "N", WIDTH));
        graph.output("hidden_states", hidden, DataType.FLOAT, "N", WIDTH);
        graph.output("logits", graph.op("MatMul", hidden, w(graph)), DataType.FLOAT, "N", CLASSES);
        graph.output("length", graph.op("ReduceSum", hidden, graph.vector(1)), DataType.FLOAT, "N", 1);
        Path file = folder.resolve("model.onnx");
        graph.model(Map.of("key", "value")).write(file);

        Path body = folder.resolve("body.onnx");
        OnnxHead.read(file).writeBody(body);

        try (OrtSession session = ENVIRONMENT.createSession(body.toString())) {
            assertThat(session.getOutputNames()).containsExactly("hidden_states", "length");
            assertThat(session.getMetadata().getCustomMetadata()).containsExactly(Map.entry("key", "value"));
        }
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refused("Relu", (g, h) -> g.op("Relu", g.op("MatMul", h, w(g)))),
                refused(
                        "com.microsoft MatMulNBits",
                        (g, h) -> g.microsoft("MatMulNBits", 1, Map.of("K", 3, "N", 5), h, w(g), b(g))
                                .getFirst()),
                refused(
                        "quantised, it comes of DequantizeLinear",
                        (g, h) -> g.op("MatMul", h, g.op("DequantizeLinear", integers(g), g.scalar(1f)))),
                refused(
                        "quantised, it comes of DequantizeLinear",
                        (g, h) -> g.op(
                                "MatMul", h, g.op("Transpose", g.op("DequantizeLinear", integers(g), g.scalar(1f))))),
                refused("elements of the type INT32", (g, h) -> g.op("MatMul", h, integers(g))),
                refused("Add (Add/Add_1): it has one input", (g, h) -> g.op("Add", g.op("MatMul", h, w(g)))),
                refused("MatMul (MatMul/MatMul_0): it has one input", (g, h) -> g.op("MatMul", h)),
                refused("which is no parameter", (g, h) -> g.op("MatMul", h, g.op("Transpose", h))),
                refused("which is no parameter", (g, h) -> g.op("MatMul", w(g), h)),
                refused("Mul (Mul/Mul_1): by 5 numbers", (g, h) -> g.op("Mul", g.op("MatMul", h, w(g)), b(g))),
                refused("by -2.0", (g, h) -> g.op("Div", g.op("MatMul", h, w(g)), g.scalar(-2f))),
                refused("by 0.0", (g, h) -> g.op("Div", g.op("MatMul", h, w(g)), g.scalar(0f))),
                refused("twice", (g, h) -> cap(g, cap(g, g.op("MatMul", h, w(g)), 2f, 2f), 3f, 3f)),
                refused("Tanh", (g, h) -> g.op("Add", b(g), cap(g, g.op("MatMul", h, w(g)), 2f, 2f))),
                refused(
                        "log-probabilities",
                        (g, h) -> g.op("Mul", g.op("LogSoftmax", g.op("MatMul", h, w(g))), g.scalar(2f))),
                refused("along axis 0", (g, h) -> g.op("LogSoftmax", Map.of("axis", 0), g.op("MatMul", h, w(g)))),
                refused("of the shape [5, 3] for 5 classes", (g, h) -> g.op("MatMul", h, wt(g))),
                refused(
                        "of 3 numbers for 5 classes",
                        (g, h) -> g.op("Add", g.floats(1, 2, 3), g.op("MatMul", h, w(g)))),
                refused(": logits comes of hidden, which no operator makes of others", (g, h) -> g.op("Identity", h)));
    }

    private static Arguments refused(String message, BiFunction<Graph, Value, Value> logits) {
        return Arguments.of(message, new Form(message, logits));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void whatIsNoHeadIsRefusedByName(String message, Form form) throws IOException {
        Path file = folder.resolve("model.onnx");
        write(form, file);
        assertThatThrownBy(() -> OnnxHead.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(message);
    }

    @Test
    void theOutputThatIsMeantMustBeClear() throws IOException {
        Graph graph = new Graph("two");
        Value hidden = graph.input("hidden", DataType.FLOAT, "N", WIDTH);
        Value logits = graph.op("MatMul", hidden, w(graph));
        graph.output("a", logits, DataType.FLOAT, "N", CLASSES);
        graph.output("b", logits, DataType.FLOAT, "N", CLASSES);
        Path file = folder.resolve("model.onnx");
        graph.model(Map.of()).write(file);

        assertThatThrownBy(() -> OnnxHead.read(file))
                .hasMessageContaining("no output logits")
                .hasMessageContaining("[a, b]");
        assertThatThrownBy(() -> OnnxHead.read(file, "c")).hasMessageContaining("no output c: its outputs are [a, b]");
        assertThat(OnnxHead.read(file, "b").softmax().classes()).isEqualTo(CLASSES);
    }

    @Test
    void aBodyTakesNoOtherFilesPlace() throws IOException {
        Graph graph = new Graph("taken");
        Value hidden = graph.input("hidden_states", DataType.FLOAT, "N", WIDTH);
        graph.output("logits", graph.op("MatMul", graph.op("Tanh", hidden), w(graph)), DataType.FLOAT, "N", CLASSES);
        Path file = folder.resolve("model.onnx");
        graph.model(Map.of()).write(file);
        OnnxHead head = OnnxHead.read(file);
        assertThatThrownBy(() -> head.writeBody(file)).hasMessageContaining("body = " + file);
        assertThatThrownBy(() -> head.writeBody(folder.resolve("body.onnx")))
                .hasMessageContaining("another value called hidden_states");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    static void write(Form form, Path file) throws IOException {
        write(form.logits(), file);
    }

    static void write(BiFunction<Graph, Value, Value> logits, Path file) throws IOException {
        Graph graph = new Graph("head");
        Value hidden = graph.input("hidden", DataType.FLOAT, "N", WIDTH);
        graph.output("logits", logits.apply(graph, hidden), DataType.FLOAT, "N", CLASSES);
        graph.model(Map.of()).write(file);
    }

    static float[][] run(Path file, Matrix hidden, String output) throws OrtException {
        try (OrtSession session = ENVIRONMENT.createSession(file.toString());
                OnnxTensor in = OnnxTensor.createTensor(
                        ENVIRONMENT, FloatBuffer.wrap(hidden.array()), new long[] {hidden.rows(), hidden.columns()});
                OrtSession.Result out = session.run(Map.of("hidden", in))) {
            Object numbers = out.get(output).orElseThrow().getValue();
            if (numbers instanceof double[][] doubles) {
                float[][] floats = new float[doubles.length][];
                for (int i = 0; i < floats.length; i++) {
                    floats[i] = new float[doubles[i].length];
                    for (int j = 0; j < floats[i].length; j++) {
                        floats[i][j] = (float) doubles[i][j];
                    }
                }
                return floats;
            }
            return (float[][]) numbers;
        }
    }

    private static float[][] logProbs(FullSoftmax softmax, Matrix hidden) {
        Matrix out = Matrix.zeros(hidden.rows(), softmax.classes());
        try (Workspace workspace = Workspace.ofThreads(1)) {
            softmax.logProbs(hidden, out, workspace);
        }
        float[][] rows = new float[out.rows()][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(out.array(), i * out.columns(), (i + 1) * out.columns());
        }
        return rows;
    }

    private static float[][] logSoftmax(float[][] logits) {
        float[][] out = new float[logits.length][logits[0].length];
        for (int i = 0; i < out.length; i++) {
            double sum = 0;
            for (float z : logits[i]) {
                sum += Math.exp(z);
            }
            for (int j = 0; j < out[i].length; j++) {
                out[i][j] = (float) (logits[i][j] - Math.log(sum));
            }
        }
        return out;
    }

    private static void assertClose(float[][] actual, float[][] expected, double tolerance) {
        assertThat(actual.length).isEqualTo(expected.length);
        for (int i = 0; i < expected.length; i++) {
            for (int j = 0; j < expected[i].length; j++) {
                assertThat((double) actual[i][j])
                        .as("row %d, class %d", i, j)
                        .isCloseTo(expected[i][j], within(tolerance));
            }
        }
    }
}
