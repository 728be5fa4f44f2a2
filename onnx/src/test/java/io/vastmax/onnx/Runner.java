package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.vastmax.Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** An exported model in ONNX Runtime. */
final class Runner implements AutoCloseable {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs = new HashMap<>();

    private Runner(OrtSession session) {
        this.session = session;
    }

    /** A model that is written to a folder and read back, after a look at what the file says it needs. */
    static Runner of(OnnxModel model, Path folder) {
        return of(model, folder, Integer.MAX_VALUE);
    }

    /** The same with a file of its own for the parameters. */
    static Runner withParametersBeside(OnnxModel model, Path folder) {
        return of(model, folder, 0);
    }

    private static Runner of(OnnxModel model, Path folder, long limit) {
        Path file = folder.resolve("model.onnx");
        try {
            model.write(file, limit);
            try (InputStream in = Files.newInputStream(file)) {
                check(ModelProto.parseFrom(in));
            }
            return new Runner(ENVIRONMENT.createSession(file.toString()));
        } catch (IOException | OrtException e) {
            throw new AssertionError(e);
        }
    }

    /** Standard operators as of the version that the documentation names. */
    private static void check(ModelProto model) {
        OperatorSetIdProto only =
                OperatorSetIdProto.newBuilder().setVersion(Graph.OPSET).build();
        if (!model.getOpsetImportList().equals(List.of(only)) || model.getFunctionsCount() > 0) {
            throw new AssertionError("operator sets " + model.getOpsetImportList());
        }
        for (NodeProto node : model.getGraph().getNodeList()) {
            if (!node.getDomain().isEmpty()) {
                throw new AssertionError("operator " + node);
            }
        }
    }

    OrtSession session() {
        return session;
    }

    Runner with(String name, Matrix matrix) {
        return with(name, matrix.array(), matrix.rows(), matrix.columns());
    }

    Runner with(String name, float[] numbers, long... shape) {
        try {
            put(name, OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.wrap(numbers), shape));
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
        return this;
    }

    Runner with(String name, int[] numbers, long... shape) {
        long[] longs = Arrays.stream(numbers).asLongStream().toArray();
        try {
            put(name, OnnxTensor.createTensor(ENVIRONMENT, LongBuffer.wrap(longs), shape));
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
        return this;
    }

    /** What one of the inputs is now. */
    float[] input(String name) {
        FloatBuffer numbers = Objects.requireNonNull(inputs.get(name)).getFloatBuffer();
        float[] copy = new float[numbers.remaining()];
        numbers.get(copy);
        return copy;
    }

    private void put(String name, OnnxTensor tensor) {
        OnnxTensor before = inputs.put(name, tensor);
        if (before != null) {
            before.close();
        }
    }

    /** What came out: a shape, and the elements as floats. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Output(long[] shape, float[] numbers) {}

    /** One of the outputs. */
    Output run(String name) {
        try (OrtSession.Result result = session.run(inputs)) {
            OnnxTensor tensor = (OnnxTensor) result.get(name).orElseThrow();
            TensorInfo info = tensor.getInfo();
            float[] numbers = new float[(int) info.getNumElements()];
            if (info.type == OnnxJavaType.INT64) {
                LongBuffer longs = tensor.getLongBuffer();
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = longs.get(i);
                }
            } else {
                tensor.getFloatBuffer().get(numbers);
            }
            return new Output(info.getShape(), numbers);
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        try {
            inputs.values().forEach(OnnxTensor::close);
            session.close();
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }
}
