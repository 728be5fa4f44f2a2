package io.vastmax.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.vastmax.onnx.Signature.Port;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The inputs of a run. What it makes lies in an arena, and is freed with it: not when the collector comes to it. */
final class Inputs implements AutoCloseable {
    private final OrtEnvironment environment;
    private final Arena arena;
    private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    private final List<OnnxTensor> own = new ArrayList<>();

    Inputs(OrtEnvironment environment, Arena arena) {
        this.environment = environment;
        this.arena = arena;
    }

    Map<String, OnnxTensor> tensors() {
        return tensors;
    }

    /** A tensor that remains its owner's. */
    void add(String name, OnnxTensor tensor) {
        tensors.put(name, tensor);
    }

    /** A number, in the shape that the model wants it. */
    void add(Port port, long number) throws OrtException {
        long[] shape = new long[port.rank()];
        Arrays.fill(shape, 1);
        add(port, new long[] {number}, shape);
    }

    /** Integers, in the type that the model wants. */
    void add(Port port, long[] numbers, long... shape) throws OrtException {
        ByteBuffer bytes = buffer((long) numbers.length * port.type().size);
        for (long number : numbers) {
            switch (port.type()) {
                case INT64 -> bytes.putLong(number);
                case INT32 -> bytes.putInt((int) number);
                case BOOL -> bytes.put((byte) number);
                case FLOAT -> bytes.putFloat((float) number);
                default -> throw new IllegalArgumentException("The input " + port + " is of a type that is not known");
            }
        }
        addOwn(port.name(), bytes.flip(), port.type(), shape);
    }

    /** What a state is before the first token: nothing, or zeros. */
    void addEmpty(State state, int sequences) throws OrtException {
        long[] shape = state.shape(sequences, 0);
        long size = Arrays.stream(shape).reduce(state.type().size, Math::multiplyExact);
        addOwn(state.input(), buffer(size), state.type(), shape);
    }

    private ByteBuffer buffer(long bytes) {
        return arena.allocate(bytes, Long.BYTES).asByteBuffer().order(ByteOrder.nativeOrder());
    }

    private void addOwn(String name, ByteBuffer bytes, OnnxJavaType type, long... shape) throws OrtException {
        OnnxTensor tensor = OnnxTensor.createTensor(environment, bytes, shape, type);
        own.add(tensor);
        tensors.put(name, tensor);
    }

    @Override
    public void close() {
        own.forEach(OnnxTensor::close);
    }
}
