package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.vastmax.onnx.DecoderGraph.Sizes;
import io.vastmax.onnx.DecoderGraph.Trait;
import io.vastmax.sampling.Logits;
import io.vastmax.text.Decoding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Decoders as other exporters declare them: they run, or are refused by the name of what is in the way. */
final class ForeignModelsTest {
    private static final DecoderGraph GRAPH = DecoderGraph.of(Sizes.SMALL, 7);

    @TempDir
    private Path folder;

    /**
     * A model that is declared otherwise.
     *
     * @param refusal what is said of it; empty if it runs
     */
    record Case(String name, DecoderGraph graph, Consumer<GraphProto.Builder> change, String refusal) {
        static Case runs(String name, Consumer<GraphProto.Builder> change) {
            return new Case(name, GRAPH, change, "");
        }

        static Case refused(String name, Consumer<GraphProto.Builder> change, String refusal) {
            return new Case(name, GRAPH, change, refusal);
        }

        Case of(Trait... traits) {
            return new Case(name, DecoderGraph.of(Sizes.SMALL, 7, traits), change, refusal);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                Case.runs("caches whose axes have no names", caches("", 4, "", 8)),
                Case.runs("caches whose axes have odd names", caches("N", 4, "M", 8)),
                Case.runs("logits without names", shape("logits", "", "", "")),
                Case.runs("a mask of floats", type("attention_mask", DataType.FLOAT)),
                Case.runs("a mask of truth values", type("attention_mask", DataType.BOOL)),
                Case.runs("one token at once", shape("input_ids", "batch", 1)),
                Case.runs("one sequence", shape("input_ids", 1, "sequence").andThen(caches(1, 4, "past", 8))),
                Case.runs("another name for how many logits are kept", rename("num_logits_to_keep", "logits_to_keep"))
                        .of(Trait.KEPT_LOGITS),
                Case.runs("what sees only padding is no number", ForeignModelsTest::maskByInfinity),
                Case.refused("caches without sizes", caches("", "", "", ""), "past_key_values.0.key has the shape [?"),
                Case.refused(
                        "sequences and heads in one axis",
                        caches("batch_size x num_heads", 4, "past_sequence_length", 8),
                        "past_key_values.0.key has the shape [batch_size x num_heads, 4"),
                Case.refused("two sequences", shape("input_ids", 2, "s"), "input_ids int64[2, s] takes 2 sequences"),
                Case.refused("eight tokens", shape("input_ids", "b", 8), "input_ids int64[b, 8] takes 8 tokens"),
                Case.refused("one token without a past", shape("input_ids", "b", 1), "input_ids int64[b, 1] takes 1")
                        .of(Trait.NO_CACHE),
                Case.refused("a mask of fixed size", shape("attention_mask", "b", 64), "attention_mask int64[b, 64]"),
                Case.refused("a mask of pairs", shape("attention_mask", "b", 1, "s", "t"), "attention_mask int64[b, 1"),
                Case.refused("a mask of 16 bits", type("attention_mask", DataType.FLOAT16), "attention_mask float16["),
                Case.refused("positions of three kinds", shape("position_ids", 3, "b", "s"), "position_ids int64[3, b"),
                Case.refused(
                        "caches of another type",
                        ForeignModelsTest::halvePresents,
                        "The output present.0.key float16[batch_size, 4, past_sequence_length + sequence_length, 8] is"
                                + " no state for the input past_key_values.0.key float["),
                Case.refused(
                        "an input that goes through", ForeignModelsTest::passThrough, "not known: [memory float[4]]"),
                Case.refused(
                                "the last four tokens alone",
                                ForeignModelsTest::slide,
                                "must be [1, 4, 5, 8], with a column")
                        .of(Trait.NO_MASK, Trait.NO_POSITIONS));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void runsOrIsRefusedByName(Case model) throws IOException {
        Path file = folder.resolve("model.onnx");
        model.graph().model().write(file);
        ModelProto.Builder proto = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
        model.change().accept(proto.getGraphBuilder());
        Files.write(file, proto.build().toByteArray());
        if (model.refusal().isEmpty()) {
            generates(file, model.graph());
        } else {
            assertThatThrownBy(() -> generates(file, model.graph()))
                    .isInstanceOfAny(IOException.class, IllegalStateException.class)
                    .hasMessageContaining(model.refusal());
        }
    }

    /** Texts of lengths of their own. */
    private static void generates(Path file, DecoderGraph graph) throws IOException {
        Random random = new Random(3);
        int[][] tokens = Stream.of(5, 3, 4)
                .map(length -> random.ints(length, 0, 50).toArray())
                .toArray(int[][]::new);
        int[][] texts = tokens;
        try (OnnxLanguageModel model = OnnxLanguageModel.open(file);
                Decoding decoding = model.start(3)) {
            for (int step = 0; step < 3; step++) {
                List<Logits> rows = decoding.feed(tokens);
                for (int i = 0; i < 3; i++) {
                    double[] expected = graph.logits(texts[i])[texts[i].length - 1];
                    for (int id = 0; id < expected.length; id++) {
                        assertThat((double) rows.get(i).get(id)).isCloseTo(expected[id], within(1e-4));
                    }
                }
                tokens = new int[][] {{step}, {1}, {2}};
                int[][] before = texts;
                int[][] next = tokens;
                texts = new int[3][];
                Arrays.setAll(texts, i -> {
                    int[] longer = Arrays.copyOf(before[i], before[i].length + 1);
                    longer[before[i].length] = next[i][0];
                    return longer;
                });
            }
        }
    }

    @Test
    void whatIsClosedIsRefused() throws IOException {
        OnnxLanguageModel model = OnnxLanguageModel.open(GRAPH.write(folder));
        try (Decoding fed = model.start(2);
                Decoding fresh = model.start(1)) {
            fed.feed(new int[] {1, 2}, new int[] {3});
            model.close();
            model.close();
            for (Runnable use : List.<Runnable>of(
                    () -> fed.reorder(1, 0, 1),
                    () -> fresh.feed(new int[] {1}),
                    () -> model.start(1).feed(new int[] {1}))) {
                assertThatThrownBy(use::run)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("The model is closed");
            }
        }
        assertThat(model.metadata()).isEmpty();
    }

    /** ONNX Runtime itself ends the process. */
    @Test
    void aCloseWaitsForRunsOfOtherThreads() throws IOException, InterruptedException {
        GRAPH.write(folder);
        for (int round = 0; round < 10; round++) {
            OnnxLanguageModel model = OnnxLanguageModel.open(folder);
            CompletableFuture<Void> runs = CompletableFuture.runAsync(() -> {
                try (Decoding decoding = model.start(1)) {
                    for (int i = 0; i < 60; i++) {
                        decoding.feed(new int[] {i % 50});
                    }
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessage("The model is closed");
                }
            });
            Thread.sleep(2 + round);
            model.close();
            runs.join();
        }
    }

    private static Consumer<GraphProto.Builder> caches(Object... dimensions) {
        return graph -> graph.getInputBuilderList().stream()
                .filter(input -> input.getName().startsWith("past"))
                .forEach(input -> setShape(input, dimensions));
    }

    private static Consumer<GraphProto.Builder> shape(String name, Object... dimensions) {
        return graph -> setShape(port(graph, name), dimensions);
    }

    private static Consumer<GraphProto.Builder> type(String name, DataType type) {
        return graph -> setType(port(graph, name), type);
    }

    private static ValueInfoProto.Builder port(GraphProto.Builder graph, String name) {
        return Stream.concat(graph.getInputBuilderList().stream(), graph.getOutputBuilderList().stream())
                .filter(port -> port.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void setShape(ValueInfoProto.Builder port, Object... dimensions) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Object dimension : dimensions) {
            TensorShapeProto.Dimension.Builder added = shape.addDimBuilder();
            if (dimension instanceof Integer size) {
                added.setDimValue(size);
            } else if (!dimension.equals("")) {
                added.setDimParam((String) dimension);
            }
        }
        port.getTypeBuilder().getTensorTypeBuilder().setShape(shape);
    }

    private static void setType(ValueInfoProto.Builder port, DataType type) {
        port.getTypeBuilder().getTensorTypeBuilder().setElemType(type.getNumber());
    }

    private static Consumer<GraphProto.Builder> rename(String from, String to) {
        return graph -> {
            port(graph, from).setName(to);
            for (NodeProto.Builder node : graph.getNodeBuilderList()) {
                for (int i = 0; i < node.getInputCount(); i++) {
                    if (node.getInput(i).equals(from)) {
                        node.setInput(i, to);
                    }
                }
            }
        };
    }

    private static Stream<NodeProto.Builder> presents(GraphProto.Builder graph) {
        return graph.getNodeBuilderList().stream()
                .filter(node -> node.getOutput(0).startsWith("present"));
    }

    private static void halvePresents(GraphProto.Builder graph) {
        presents(graph).forEach(node -> {
            node.setOpType("Cast")
                    .addAttribute(AttributeProto.newBuilder()
                            .setName("to")
                            .setType(AttributeProto.AttributeType.INT)
                            .setI(DataType.FLOAT16_VALUE));
            setType(port(graph, node.getOutput(0)), DataType.FLOAT16);
        });
    }

    /** Each cache ends with its last four columns: a window that slides. */
    private static void slide(GraphProto.Builder graph) {
        long[] numbers = {-4, Long.MAX_VALUE, 2};
        for (int i = 0; i < 3; i++) {
            graph.addInitializer(TensorProto.newBuilder()
                    .setName("slide" + i)
                    .setDataType(DataType.INT64_VALUE)
                    .addDims(1)
                    .addInt64Data(numbers[i]));
        }
        presents(graph).forEach(node -> node.setOpType("Slice").addAllInput(List.of("slide0", "slide1", "slide2")));
    }

    /** An input that is an output as it stands: its memory would be that of the input. */
    private static void passThrough(GraphProto.Builder graph) {
        ValueInfoProto memory = ValueInfoProto.newBuilder()
                .setName("memory")
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(DataType.FLOAT_VALUE)
                                .setShape(TensorShapeProto.newBuilder()
                                        .addDim(TensorShapeProto.Dimension.newBuilder()
                                                .setDimValue(4)))))
                .build();
        graph.addInput(memory).addOutput(memory);
    }

    /** In place of a large number, as PyTorch's exporter does for its attention. */
    private static void maskByInfinity(GraphProto.Builder graph) {
        ByteString large = bytes(-1e9f);
        for (TensorProto.Builder number : graph.getInitializerBuilderList()) {
            if (number.getRawData().equals(large)) {
                number.setRawData(bytes(Float.NEGATIVE_INFINITY));
            }
        }
    }

    private static ByteString bytes(float number) {
        return ByteString.copyFrom(ByteBuffer.allocate(Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(number)
                .flip());
    }
}
