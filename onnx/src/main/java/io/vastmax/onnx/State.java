package io.vastmax.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.TensorInfo;
import io.vastmax.onnx.Signature.Port;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a model gives in one step to get it in the next: keys and values of the tokens so far, which grow by a column for each,
 * or a state of fixed size.
 *
 * @param input takes it
 * @param output gives it
 * @param type of its numbers
 * @param shape of the input; -1 where the caller chooses
 * @param batchAxis the axis of the sequences; -1 if there is none, in a model of one sequence
 * @param pastAxis the axis of the tokens so far; -1 if it does not grow
 */
record State(String input, String output, OnnxJavaType type, List<Long> shape, int batchAxis, int pastAxis) {
    /** Copies the shape. */
    State {
        shape = List.copyOf(shape);
    }

    /**
     * Tells the axes apart by their names, or by their order: sequences before tokens.
     *
     * @param batches whether the model takes more than one sequence
     * @throws IllegalArgumentException if that cannot be told, or the output does not fit the input
     */
    static State of(Port in, Port out, boolean batches) {
        TensorInfo info = in.info();
        boolean sameRank = out.rank() == 0 || out.rank() == in.rank(); // 0 where the model does not say
        if (out.type() != in.type() || !sameRank) {
            throw new IllegalArgumentException(
                    "The output " + out + " is no state for the input " + in + ": must be of its type and shape");
        }
        List<Integer> free = new ArrayList<>();
        int batch = -1;
        int past = -1;
        for (int axis = 0; axis < info.getShape().length; axis++) {
            String name = info.getDimensionNames()[axis].toLowerCase(Locale.ROOT);
            if (info.getShape()[axis] >= 0) {
                continue;
            }
            if (name.contains("past") || name.contains("seq") || name.contains("total")) {
                past = axis;
            } else if (name.contains("batch")) {
                if (name.matches(".*(\\*|_x_|heads).*")) {
                    throw unclear(in);
                }
                batch = axis;
            } else {
                free.add(axis);
            }
        }
        if (batch < 0 && batches && !free.isEmpty()) {
            batch = free.removeFirst();
        }
        if (past < 0 && !free.isEmpty()) {
            past = free.removeFirst();
        }
        if (!free.isEmpty() || (batches && batch < 0)) {
            throw unclear(in);
        }
        List<Long> shape = Arrays.stream(info.getShape()).boxed().toList();
        return new State(in.name(), out.name(), info.type, shape, batch, past);
    }

    private static IllegalArgumentException unclear(Port in) {
        return new IllegalArgumentException("The input " + in.name() + " has the shape " + describe(in.info())
                + ": which of its axes are the sequences and the tokens so far cannot be told");
    }

    /** As in {@code [batch_size, 12, past_sequence_length, 64]}. */
    static String describe(TensorInfo info) {
        List<String> axes = new ArrayList<>();
        for (int axis = 0; axis < info.getShape().length; axis++) {
            String name = info.getDimensionNames()[axis];
            long size = info.getShape()[axis];
            axes.add(size >= 0 ? Long.toString(size) : name.isEmpty() ? "?" : name);
        }
        return axes.toString();
    }

    /** Whether it has a column for each token. */
    boolean grows() {
        return pastAxis >= 0;
    }

    /**
     * Its shape for some sequences.
     *
     * @param columns the tokens so far
     */
    long[] shape(int sequences, int columns) {
        long[] sizes = shape.stream().mapToLong(size -> size).toArray();
        if (batchAxis >= 0) {
            sizes[batchAxis] = sequences;
        }
        if (grows()) {
            sizes[pastAxis] = columns;
        }
        return sizes;
    }

    /**
     * Refuses what a model gave that is not what it takes, as where it keeps the last tokens alone.
     *
     * @throws IllegalStateException if it has not that shape
     */
    void check(OnnxTensor given, int sequences, int columns) {
        long[] must = shape(sequences, columns);
        if (!Arrays.equals(given.getInfo().getShape(), must)) {
            throw new IllegalStateException("The model's output " + output + " has the shape "
                    + Arrays.toString(given.getInfo().getShape()) + ": must be " + Arrays.toString(must)
                    + (grows() ? ", with a column for each token so far" : ""));
        }
    }
}
