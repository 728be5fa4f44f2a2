package io.vastmax.onnx;

import io.vastmax.Matrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Parameters of a model, 32-bit floats, read when they are written and not copied before.
 *
 * @param name in the graph
 * @param shape of the tensor
 * @param parts the numbers, row by row, which may lie in several places
 */
record Weights(String name, List<Long> shape, Supplier<List<FloatBuffer>> parts) {
    /** How many numbers are converted to bytes at a time. */
    private static final int CHUNK = 1 << 14;

    /** Takes the shape as it is now. */
    Weights {
        shape = List.copyOf(shape);
    }

    static Weights of(String name, Matrix matrix) {
        return of(name, matrix.array(), matrix.rows(), matrix.columns());
    }

    static Weights of(String name, float[] numbers, long... shape) {
        Weights weights = of(name, () -> List.of(FloatBuffer.wrap(numbers)), shape);
        if (weights.count() != numbers.length) {
            throw new IllegalArgumentException(
                    name + " has the shape " + weights.shape() + ", but " + numbers.length + " numbers");
        }
        return weights;
    }

    static Weights of(String name, Supplier<List<FloatBuffer>> parts, long... shape) {
        return new Weights(name, Arrays.stream(shape).boxed().toList(), parts);
    }

    private long count() {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /** The size in a file. */
    long bytes() {
        return count() * Float.BYTES;
    }

    /** Writes the numbers as ONNX keeps them: little-endian. */
    void write(WritableByteChannel out) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(CHUNK * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (FloatBuffer part : parts.get()) {
            while (part.hasRemaining()) {
                int n = Math.min(CHUNK, part.remaining());
                bytes.clear().limit(n * Float.BYTES);
                bytes.asFloatBuffer().put(part.slice(part.position(), n));
                part.position(part.position() + n);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
        }
    }
}
