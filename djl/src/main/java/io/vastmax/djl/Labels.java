package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import java.util.stream.IntStream;

/** Class ids in an array of DJL's, as data sets give them. */
final class Labels {
    private Labels() {}

    /**
     * The ids, row by row.
     *
     * @throws IllegalArgumentException if one is no whole number, or they are of a type that has none
     */
    static int[] ids(NDArray labels) {
        return switch (labels.getDataType()) {
            case INT32 -> labels.toIntArray();
            case INT64 -> ids(labels.toLongArray());
            case FLOAT32 -> {
                float[] numbers = labels.toFloatArray();
                yield ids(IntStream.range(0, numbers.length)
                        .mapToDouble(i -> numbers[i])
                        .toArray());
            }
            case FLOAT64 -> ids(labels.toDoubleArray());
            default ->
                throw new IllegalArgumentException(
                        "labels are " + labels.getDataType() + ": must be int32, int64, float32 or float64");
        };
    }

    private static int[] ids(long[] labels) {
        int[] ids = new int[labels.length];
        for (int n = 0; n < ids.length; n++) {
            ids[n] = (int) labels[n];
            if (ids[n] != labels[n]) {
                throw new IllegalArgumentException("labels[" + n + "] = " + labels[n] + ": is no class");
            }
        }
        return ids;
    }

    private static int[] ids(double[] labels) {
        int[] ids = new int[labels.length];
        for (int n = 0; n < ids.length; n++) {
            ids[n] = (int) labels[n];
            if (ids[n] != labels[n]) {
                throw new IllegalArgumentException("labels[" + n + "] = " + labels[n] + ": must be a whole number");
            }
        }
        return ids;
    }
}
