package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import io.vastmax.onnx.Graph.Value;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Takes and joins parts of tensors where ONNX Runtime has them, by graphs of one operator: so a cache is cut and reordered
 * without passing through Java. Safe for use by several threads.
 */
final class TensorOperations implements AutoCloseable {
    private final OrtEnvironment environment;
    private final Map<String, OrtSession> sessions = new HashMap<>();

    TensorOperations(OrtEnvironment environment) {
        this.environment = environment;
    }

    /** The parts of a tensor at some indices of an axis, as a new tensor. */
    OnnxTensor take(OnnxTensor tensor, int axis, long... indices) throws OrtException {
        TensorInfo info = tensor.getInfo();
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        inputs.put("x", tensor);
        try (Arena arena = Arena.ofConfined();
                OnnxTensor at = OnnxTensor.createTensor(
                        environment, bytes(indices, arena), new long[] {indices.length}, OnnxJavaType.INT64)) {
            inputs.put("indices", at);
            return run(session("Gather", info, axis, 1), inputs);
        }
    }

    /** Numbers in memory that does not wait for the collector. */
    private static ByteBuffer bytes(long[] numbers, Arena arena) {
        return arena.allocateFrom(ValueLayout.JAVA_LONG, numbers).asByteBuffer().order(ByteOrder.nativeOrder());
    }

    /** Tensors behind one another along an axis, as a new tensor. */
    OnnxTensor join(List<OnnxTensor> tensors, int axis) throws OrtException {
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        for (int i = 0; i < tensors.size(); i++) {
            inputs.put("x" + i, tensors.get(i));
        }
        return run(session("Concat", tensors.getFirst().getInfo(), axis, tensors.size()), inputs);
    }

    private static OnnxTensor run(OrtSession session, Map<String, OnnxTensor> inputs) throws OrtException {
        return (OnnxTensor) session.run(inputs).get(0);
    }

    private OrtSession session(String operator, TensorInfo info, int axis, int inputs) throws OrtException {
        String key = operator + " " + info.type + " " + info.getShape().length + " " + axis + " " + inputs;
        synchronized (sessions) {
            OrtSession session = sessions.get(key);
            if (session == null) {
                session = create(operator, info, axis, inputs);
                sessions.put(key, session);
            }
            return session;
        }
    }

    private OrtSession create(String operator, TensorInfo info, int axis, int inputs) throws OrtException {
        DataType type = DataType.valueOf(info.type.name()); // they are called the same
        Graph graph = new Graph(operator);
        List<Value> values = new ArrayList<>();
        if (operator.equals("Gather")) {
            values.add(graph.input("x", type, dimensions("x", info)));
            values.add(graph.input("indices", DataType.INT64, "n"));
        } else {
            for (int i = 0; i < inputs; i++) {
                values.add(graph.input("x" + i, type, dimensions("x" + i, info)));
            }
        }
        Value made = graph.op(operator, Map.of("axis", axis), values.toArray(Value[]::new));
        graph.output("y", made, type, dimensions("y", info));
        try (SessionOptions options = new SessionOptions()) {
            options.setIntraOpNumThreads(1); // in the caller's thread
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL); // what fails is thrown
            options.setMemoryPatternOptimization(false);
            return environment.createSession(graph.model(Map.of()).toBytes(), options);
        }
    }

    private static Object[] dimensions(String name, TensorInfo info) {
        return IntStream.range(0, info.getShape().length)
                .mapToObj(axis -> name + "_" + axis)
                .toArray();
    }

    @Override
    public void close() throws OrtException {
        synchronized (sessions) {
            for (OrtSession session : sessions.values()) {
                session.close();
            }
            sessions.clear();
        }
    }
}
