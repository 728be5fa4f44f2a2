package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.vastmax.onnx.RecurrentGraph.Cell;
import io.vastmax.onnx.RecurrentGraph.Settings;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the graphs that other tests trust against a reference in double precision. */
final class RecurrentGraphTest {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();
    private static final int[] TEXT = {3, 39, 0, 7, 7, 12};

    @TempDir
    private Path folder;

    static Stream<RecurrentGraph> models() {
        return Stream.of(
                RecurrentGraph.of(Settings.of(Cell.ELMAN), 1),
                RecurrentGraph.of(Settings.of(Cell.ELMAN).unstacked().named("%s", "present_%s"), 2),
                RecurrentGraph.of(Settings.of(Cell.LSTM), 3),
                RecurrentGraph.of(Settings.of(Cell.LSTM).unstacked().named("%s_in", "%s_out"), 4));
    }

    @ParameterizedTest
    @MethodSource("models")
    void statesCarryATextOn(RecurrentGraph model) throws Exception {
        double[][] expected = model.logits(TEXT);
        try (OrtSession session = ENVIRONMENT.createSession(model.write(folder).toString())) {
            Map<String, OnnxTensor> states = new HashMap<>();
            List<AutoCloseable> used = new ArrayList<>();
            for (String name : model.states().keySet()) {
                TensorInfo info = (TensorInfo)
                        Objects.requireNonNull(session.getInputInfo().get(name)).getInfo();
                long[] shape = Arrays.stream(info.getShape())
                        .map(size -> Math.max(1, size))
                        .toArray();
                int size = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
                OnnxTensor zeros = OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.allocate(size), shape);
                used.add(zeros);
                states.put(name, zeros);
            }
            int from = 0;
            for (int to : new int[] {3, 4, 6}) {
                long[] ids = Arrays.stream(TEXT, from, to).asLongStream().toArray();
                Map<String, OnnxTensor> inputs = new HashMap<>(states);
                try (OnnxTensor tokens =
                        OnnxTensor.createTensor(ENVIRONMENT, LongBuffer.wrap(ids), new long[] {1, to - from})) {
                    inputs.put("input_ids", tokens);
                    OrtSession.Result out = session.run(inputs);
                    used.add(out);
                    float[][][] logits =
                            (float[][][]) out.get("logits").orElseThrow().getValue();
                    for (int t = from; t < to; t++) {
                        for (int v = 0; v < 40; v++) {
                            assertThat((double) logits[0][t - from][v]).isCloseTo(expected[t][v], within(2e-5));
                        }
                    }
                    model.states()
                            .forEach((in, state) ->
                                    states.put(in, (OnnxTensor) out.get(state).orElseThrow()));
                }
                from = to;
            }
            for (AutoCloseable each : used) {
                each.close();
            }
        }
    }
}
