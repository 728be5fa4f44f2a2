package io.vastmax.onnx;

import io.vastmax.Matrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.List;

/**
 * Parameters of a model, 32-bit floats, not copied.
 *
 * @param name in the graph
 * @param shape of the tensor
 * @param numbers row by row
 */
@SuppressWarnings("ArrayRecordComponent") // not copied on purpose, and not compared
record Weights(String name, List<Long> shape, float[] numbers) {
    /** How many numbers are converted to bytes at a time. */
    private static final int CHUNK = 1 << 14;

    /** Checks that the shape has as many numbers. */
    Weights {
        shape = List.copyOf(shape);
        if (shape.stream().reduce(1L, Math::multiplyExact) != numbers.length) {
            throw new IllegalArgumentException(
                    name + " has the shape " + shape + ", but " + numbers.length + " numbers");
        }
    }

    static Weights of(String name, Matrix matrix) {
        return of(name, matrix.array(), matrix.rows(), matrix.columns());
    }

    static Weights of(String name, float[] numbers, long... shape) {
        return new Weights(name, Arrays.stream(shape).boxed().toList(), numbers);
    }

    /** The size in a file. */
    long bytes() {
        return (long) numbers.length * Float.BYTES;
    }

    /** Writes the numbers as ONNX keeps them: little-endian. */
    void write(WritableByteChannel out) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(CHUNK * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int from = 0; from < numbers.length; from += CHUNK) {
            int n = Math.min(CHUNK, numbers.length - from);
            bytes.clear().limit(n * Float.BYTES);
            bytes.asFloatBuffer().put(numbers, from, n);
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        }
    }
}
