package io.vastmax.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo;
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
     * @throws IllegalArgumentException if that cannot be told
     */
    static State of(String input, String output, TensorInfo info, boolean batches) {
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
            } else if (name.contains("batch") && !name.matches(".*(\\*|_x_|heads).*")) {
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
            throw new IllegalArgumentException("The input " + input + " has the shape " + describe(info)
                    + ": which of its axes are the sequences and the tokens so far cannot be told");
        }
        List<Long> shape = Arrays.stream(info.getShape()).boxed().toList();
        return new State(input, output, info.type, shape, batch, past);
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

    /** The shape before the first token. */
    long[] emptyShape(int sequences) {
        long[] empty = shape.stream().mapToLong(size -> size).toArray();
        if (batchAxis >= 0) {
            empty[batchAxis] = sequences;
        }
        if (grows()) {
            empty[pastAxis] = 0;
        }
        return empty;
    }
}
