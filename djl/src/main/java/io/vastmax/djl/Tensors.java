package io.vastmax.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.vastmax.Matrix;
import java.util.Arrays;

/**
 * Numbers on their way between DJL and our kernels: one copy each way, since ours are arrays on the heap. DJL's memory is read
 * and written in place; what lies on another device or is of another type comes as a copy first.
 */
final class Tensors {
    private Tensors() {}

    /** Vectors as the rows of a matrix, whatever dimensions come before the last. */
    static Matrix matrix(NDArray vectors, int width) {
        return matrix(vectors, width, new float[0]);
    }

    /** The same in an array that is there, if it is of the right length. */
    static Matrix matrix(NDArray vectors, int width, float[] kept) {
        float[] array = fitting(kept, Math.toIntExact(vectors.size()));
        vectors.toType(DataType.FLOAT32, false)
                .toByteBuffer(true)
                .asFloatBuffer()
                .get(array);
        return Matrix.wrap(array.length / width, width, array);
    }

    /** An array, or one in its place of the right length. */
    static float[] fitting(float[] kept, int length) {
        return kept.length == length ? kept : new float[length];
    }

    /** The number in an array of one, of whatever type. */
    static double number(NDArray one) {
        try (NDArray copy = one.toType(DataType.FLOAT64, true)) {
            return copy.toDoubleArray()[0];
        }
    }

    static void checkWidth(String name, Shape shape, int width) {
        if (shape.dimension() < 2 || shape.getLastDimension() != width) {
            throw new IllegalArgumentException(
                    name + " is " + shape + ": must have two dimensions or more, the last of them " + width);
        }
    }

    /**
     * Ids, one after the other, from integers or from floats, as DJL's datasets have them.
     *
     * @throws IllegalArgumentException if they are neither, or one is not a whole number of 32 bits
     */
    static int[] ids(String name, NDArray ids) {
        return switch (ids.getDataType()) {
            case INT32 -> ids.toIntArray();
            case INT64 -> ids(name, ids.toLongArray());
            case FLOAT32, FLOAT64 ->
                ids(name, ids.toType(DataType.FLOAT64, false).toDoubleArray());
            default ->
                throw new IllegalArgumentException(
                        name + " is of type " + ids.getDataType() + ": must be int32, int64, float32 or float64");
        };
    }

    private static int[] ids(String name, long[] given) {
        int[] ids = new int[given.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (int) given[i];
            if (ids[i] != given[i]) {
                throw new IllegalArgumentException(name + "[" + i + "] = " + given[i] + ": must be of 32 bits");
            }
        }
        return ids;
    }

    private static int[] ids(String name, double[] given) {
        int[] ids = new int[given.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (int) given[i];
            if (ids[i] != given[i]) {
                throw new IllegalArgumentException(
                        name + "[" + i + "] = " + given[i] + ": must be a whole number of 32 bits");
            }
        }
        return ids;
    }

    /** An array of DJL's with these numbers. */
    static NDArray array(NDManager manager, float[] numbers, Shape shape, Device device, DataType type) {
        if (!device.equals(Device.cpu())) {
            return manager.create(numbers, shape).toDevice(device, false).toType(type, false);
        }
        NDArray array = manager.create(shape, DataType.FLOAT32, device);
        array.toByteBuffer(true).asFloatBuffer().put(numbers);
        return array.toType(type, false);
    }

    /** A shape with another last dimension. */
    static Shape withLast(Shape shape, long last) {
        long[] sizes = shape.getShape().clone();
        sizes[sizes.length - 1] = last;
        return new Shape(sizes);
    }

    /** A shape with one dimension more. */
    static Shape with(Shape shape, long last) {
        long[] sizes = Arrays.copyOf(shape.getShape(), shape.dimension() + 1);
        sizes[sizes.length - 1] = last;
        return new Shape(sizes);
    }
}
