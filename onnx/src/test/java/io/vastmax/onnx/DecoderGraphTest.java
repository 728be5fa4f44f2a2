package io.vastmax.onnx;

import static io.vastmax.onnx.DecoderGraph.Trait.CACHE_BRANCH;
import static io.vastmax.onnx.DecoderGraph.Trait.FOREIGN_INPUT;
import static io.vastmax.onnx.DecoderGraph.Trait.GENAI;
import static io.vastmax.onnx.DecoderGraph.Trait.GROUP_QUERY_OPERATOR;
import static io.vastmax.onnx.DecoderGraph.Trait.HALF_CACHE;
import static io.vastmax.onnx.DecoderGraph.Trait.HALF_LOGITS;
import static io.vastmax.onnx.DecoderGraph.Trait.INT32;
import static io.vastmax.onnx.DecoderGraph.Trait.KEPT_LOGITS;
import static io.vastmax.onnx.DecoderGraph.Trait.LAST_LOGITS;
import static io.vastmax.onnx.DecoderGraph.Trait.NO_CACHE;
import static io.vastmax.onnx.DecoderGraph.Trait.NO_MASK;
import static io.vastmax.onnx.DecoderGraph.Trait.NO_POSITIONS;
import static io.vastmax.onnx.DecoderGraph.Trait.OWN_NAMES;
import static io.vastmax.onnx.DecoderGraph.Trait.TIED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.vastmax.onnx.DecoderGraph.Sizes;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the graphs that other tests trust against a reference in double precision. */
final class DecoderGraphTest {
    private static final Sizes GROUPED = Sizes.SMALL.withKvHeads(2);
    private static final int[] TEXT = {3, 49, 0, 7, 7, 12, 31, 7, 3, 20};

    @TempDir
    private Path folder;

    static Stream<DecoderGraph> variants() {
        return Stream.of(
                DecoderGraph.of(Sizes.SMALL, 1),
                DecoderGraph.of(GROUPED, 2, TIED),
                DecoderGraph.of(GROUPED, 3, INT32, LAST_LOGITS),
                DecoderGraph.of(Sizes.SMALL, 4, GENAI, INT32),
                DecoderGraph.of(Sizes.SMALL, 5, OWN_NAMES),
                DecoderGraph.of(Sizes.SMALL, 6, CACHE_BRANCH),
                DecoderGraph.of(Sizes.SMALL, 7, KEPT_LOGITS),
                DecoderGraph.of(Sizes.SMALL, 8, HALF_CACHE, HALF_LOGITS),
                DecoderGraph.of(Sizes.SMALL, 9, GENAI, HALF_CACHE),
                DecoderGraph.of(Sizes.SMALL, 10, NO_MASK),
                DecoderGraph.of(Sizes.SMALL, 11, NO_POSITIONS),
                DecoderGraph.of(Sizes.SMALL, 12, NO_MASK, NO_POSITIONS),
                DecoderGraph.of(Sizes.SMALL, 13, NO_CACHE),
                DecoderGraph.of(Sizes.SMALL, 14, NO_CACHE, NO_MASK, NO_POSITIONS),
                DecoderGraph.of(GROUPED, 15, GROUP_QUERY_OPERATOR),
                DecoderGraph.of(GROUPED, 16, FOREIGN_INPUT));
    }

    static Stream<DecoderGraph> cached() {
        return variants().filter(graph -> !graph.has(NO_CACHE));
    }

    static Stream<DecoderGraph> padded() {
        return variants()
                .filter(graph -> !graph.has(NO_MASK) && !graph.has(NO_POSITIONS) && !graph.has(GROUP_QUERY_OPERATOR));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void aWholeTextHasTheLogitsOfTheReference(DecoderGraph graph) throws IOException, OrtException {
        try (OrtSession session = open(graph);
                OrtSession.Result out = run(graph, session, new int[][] {TEXT}, new int[1], null)) {
            assertEnd(graph, logits(out)[0], graph.logits(TEXT));
        }
    }

    @ParameterizedTest
    @MethodSource("cached")
    void theCacheCarriesTheTextOn(DecoderGraph graph) throws IOException, OrtException {
        double[][] expected = graph.logits(TEXT);
        try (OrtSession session = open(graph)) {
            OrtSession.Result before = null;
            int from = 0;
            for (int to : new int[] {4, 5, 6, 9, 10}) {
                int[][] piece = {Arrays.copyOfRange(TEXT, from, to)};
                OrtSession.Result out = run(graph, session, piece, new int[1], before);
                assertEnd(graph, logits(out)[0], Arrays.copyOf(expected, to));
                if (before != null) {
                    before.close();
                }
                before = out;
                from = to;
            }
            if (before != null) {
                before.close();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("padded")
    void paddingIsNotSeen(DecoderGraph graph) throws IOException, OrtException {
        int[] other = {8, 9, 41, 2};
        int[][] batch = {TEXT, new int[TEXT.length]};
        System.arraycopy(other, 0, batch[1], TEXT.length - other.length, other.length);
        try (OrtSession session = open(graph);
                OrtSession.Result out = run(graph, session, batch, new int[] {0, TEXT.length - other.length}, null)) {
            assertEnd(graph, logits(out)[0], graph.logits(TEXT));
            float[][] rows = logits(out)[1];
            double[][] expected = graph.logits(other);
            assertEnd(graph, Arrays.copyOfRange(rows, Math.max(0, rows.length - other.length), rows.length), expected);
        }
    }

    @ParameterizedTest
    @MethodSource("variants")
    void theNextTokenDependsOnAllBeforeAndOnTheirOrder(DecoderGraph graph) {
        double[] logits = probabilities(graph.logits(TEXT)[TEXT.length - 1]);
        assertThat(Arrays.stream(logits).max().orElseThrow()).isBetween(0.05, 0.95);
        for (int changed = 0; changed < TEXT.length; changed++) {
            int[] other = TEXT.clone();
            other[changed] = 30;
            assertThat(distance(logits, probabilities(graph.logits(other)[TEXT.length - 1])))
                    .as("another token at %d", changed)
                    .isGreaterThan(0.01);
        }
        int[] swapped = TEXT.clone();
        swapped[0] = TEXT[1];
        swapped[1] = TEXT[0];
        assertThat(distance(logits, probabilities(graph.logits(swapped)[TEXT.length - 1])))
                .isGreaterThan(0.01);
    }

    @Test
    void theCacheBranchDecidesWhetherThereIsAPast() throws IOException, OrtException {
        DecoderGraph graph = DecoderGraph.of(Sizes.SMALL, 6, CACHE_BRANCH);
        try (OrtSession session = open(graph);
                OnnxTensor ids = integers(false, new long[] {TEXT[0]}, 1, 1);
                OnnxTensor mask = integers(false, new long[] {1}, 1, 1);
                OnnxTensor positions = integers(false, new long[] {0}, 1, 1);
                OnnxTensor no = OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), new boolean[1]);
                OnnxTensor past = OnnxTensor.createTensor(
                        OrtEnvironment.getEnvironment(), FloatBuffer.allocate(4 * 3 * 8), new long[] {1, 4, 3, 8})) {
            Map<String, OnnxTensor> inputs = new HashMap<>(Map.of(
                    "input_ids", ids, "attention_mask", mask, "position_ids", positions, "use_cache_branch", no));
            session.getInputNames().stream()
                    .filter(name -> name.startsWith("past"))
                    .forEach(name -> inputs.put(name, past));
            try (OrtSession.Result out = session.run(inputs)) {
                assertEnd(graph, logits(out)[0], graph.logits(TEXT[0]));
            }
        }
    }

    private OrtSession open(DecoderGraph graph) throws IOException, OrtException {
        return OrtEnvironment.getEnvironment().createSession(graph.write(folder).toString());
    }

    /** The rows that the model gives are the last of those that the reference has, or all. */
    private static void assertEnd(DecoderGraph graph, float[][] rows, double[][] expected) {
        double tolerance = graph.has(HALF_CACHE) ? 2e-2 : 2e-5;
        int given = Math.min(rows.length, expected.length);
        assertThat(given).isPositive();
        for (int i = 1; i <= given; i++) {
            for (int j = 0; j < rows[0].length; j++) {
                assertThat((double) rows[rows.length - i][j])
                        .as("logit %d, row %d from the end", j, i)
                        .isCloseTo(expected[expected.length - i][j], within(tolerance));
            }
        }
    }

    private static double[] probabilities(double... logits) {
        double sum = Arrays.stream(logits).map(Math::exp).sum();
        return Arrays.stream(logits).map(z -> Math.exp(z) / sum).toArray();
    }

    /** The total variation. */
    private static double distance(double[] p, double[] q) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            sum += Math.abs(p[i] - q[i]) / 2;
        }
        return sum;
    }

    private static float[][][] logits(OrtSession.Result out) throws OrtException {
        String name = out.get("logits").isPresent() ? "logits" : "scores";
        return (float[][][]) out.get(name).orElseThrow().getValue();
    }

    /** A step by hand: tokens of equal length, those before {@code from} of each row being padding. */
    static OrtSession.Result run(
            DecoderGraph graph, OrtSession session, int[][] tokens, int[] from, OrtSession.@Nullable Result before)
            throws OrtException {
        int batch = tokens.length;
        int length = tokens[0].length;
        Map<String, OnnxTensor> inputs = new HashMap<>();
        int past = 0;
        for (Map.Entry<String, ai.onnxruntime.NodeInfo> input :
                session.getInputInfo().entrySet()) {
            TensorInfo info = (TensorInfo) input.getValue().getInfo();
            if (info.getShape().length >= 4) {
                String output = input.getKey()
                        .replace("past_key_values", "present")
                        .replace("past", "present")
                        .replace("before", "after");
                OnnxTensor tensor = before == null
                        ? empty(info, batch)
                        : (OnnxTensor) before.get(output).orElseThrow();
                past = (int) tensor.getInfo().getShape()[info.getShape().length - 2];
                inputs.put(input.getKey(), tensor);
            }
        }
        boolean narrow = graph.has(INT32);
        long[] ids = new long[batch * length];
        long[] positions = new long[batch * length];
        long[] mask = new long[batch * (past + length)];
        Arrays.fill(mask, 1);
        for (int row = 0; row < batch; row++) {
            for (int t = 0; t < length; t++) {
                ids[row * length + t] = tokens[row][t];
                positions[row * length + t] = Math.max(0, past + t - from[row]);
            }
            Arrays.fill(mask, row * (past + length), row * (past + length) + from[row], 0);
        }
        Map<String, OnnxTensor> own = new HashMap<>();
        for (String name : session.getInputNames()) {
            if (!inputs.containsKey(name)) {
                OnnxTensor tensor = switch (name) {
                    case "input_ids", "tokens" -> integers(narrow, ids, batch, length);
                    case "attention_mask", "seen" -> integers(narrow, mask, batch, past + length);
                    case "position_ids", "places" -> integers(narrow, positions, batch, length);
                    case "use_cache_branch" ->
                        OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), new boolean[] {before != null});
                    case "num_logits_to_keep" -> OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), 2L);
                    case "encoder_hidden_states" ->
                        OnnxTensor.createTensor(
                                OrtEnvironment.getEnvironment(),
                                FloatBuffer.allocate(batch * 32),
                                new long[] {batch, 1, 32});
                    default -> throw new AssertionError(name);
                };
                own.put(name, tensor);
            }
        }
        inputs.putAll(own);
        OrtSession.Result out = session.run(inputs);
        own.values().forEach(OnnxTensor::close);
        return out;
    }

    private static OnnxTensor empty(TensorInfo info, int batch) throws OrtException {
        long[] shape = info.getShape().clone();
        shape[shape.length - 4] = batch;
        shape[shape.length - 2] = 0;
        return switch (info.type) {
            case FLOAT16 ->
                OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), ShortBuffer.allocate(0), shape, info.type);
            default -> OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), FloatBuffer.allocate(0), shape);
        };
    }

    private static OnnxTensor integers(boolean narrow, long[] numbers, long... shape) throws OrtException {
        return narrow
                ? OnnxTensor.createTensor(
                        OrtEnvironment.getEnvironment(),
                        IntBuffer.wrap(Arrays.stream(numbers)
                                .mapToInt(Math::toIntExact)
                                .toArray()),
                        shape)
                : OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), LongBuffer.wrap(numbers), shape);
    }
}
