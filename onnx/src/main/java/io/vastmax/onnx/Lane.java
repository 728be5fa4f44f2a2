package io.vastmax.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import io.vastmax.text.CacheColumns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.LongStream;

/** Sequences that a model runs as a batch, and what it keeps of their past. Mutable; it owns its tensors. */
final class Lane implements AutoCloseable {
    private final int[] members;
    private final CacheColumns columns;

    /** One for each state of the model; none before the first token. */
    private final List<OnnxTensor> tensors = new ArrayList<>();

    private Lane(int[] members, CacheColumns columns) {
        this.members = members;
        this.columns = columns;
    }

    /** Sequences without tokens. */
    static Lane of(int... members) {
        return new Lane(members.clone(), new CacheColumns(members.length));
    }

    /** Lanes of as many columns as one. */
    static Lane join(List<Lane> lanes, List<State> states, TensorOperations operations) throws OrtException {
        int[] members =
                lanes.stream().flatMapToInt(lane -> Arrays.stream(lane.members)).toArray();
        Lane joined = new Lane(
                members, CacheColumns.join(lanes.stream().map(Lane::columns).toList()));
        for (int i = 0; i < states.size(); i++) {
            int state = i;
            List<OnnxTensor> parts =
                    lanes.stream().map(lane -> lane.tensors.get(state)).toList();
            joined.tensors.add(operations.join(parts, states.get(i).batchAxis()));
        }
        return joined;
    }

    /** How many sequences there are. */
    int size() {
        return members.length;
    }

    /** Which sequence of the decoding a row is. */
    int member(int row) {
        return members[row];
    }

    /** A number for each sequence, in the order of the rows. */
    int[] each(IntUnaryOperator number) {
        return Arrays.stream(members).map(number).toArray();
    }

    CacheColumns columns() {
        return columns;
    }

    /** What the model gave, to get it back; none before the first token. */
    List<OnnxTensor> tensors() {
        return tensors;
    }

    boolean isFresh() {
        return tensors.isEmpty();
    }

    /** Replaces the tensors, and frees those before. */
    void keep(List<OnnxTensor> next) {
        tensors.forEach(OnnxTensor::close);
        tensors.clear();
        tensors.addAll(next);
    }

    /**
     * A copy of some rows.
     *
     * @param numbers which sequence each is there
     */
    Lane select(int[] rows, int[] numbers, List<State> states, TensorOperations operations) throws OrtException {
        Lane selected = new Lane(numbers, columns.select(rows));
        long[] indices = Arrays.stream(rows).asLongStream().toArray();
        for (int i = 0; i < tensors.size(); i++) {
            OnnxTensor tensor = tensors.get(i);
            int axis = states.get(i).batchAxis();
            selected.tensors.add(
                    axis >= 0
                            ? operations.take(tensor, axis, indices)
                            : operations.take(tensor, 0, all(tensor.getInfo().getShape()[0])));
        }
        return selected;
    }

    private static long[] all(long size) {
        return LongStream.range(0, size).toArray();
    }

    /** Takes back the last tokens of each sequence, where all states grow, and drops columns that none needs any more. */
    void rollback(int[] tokens, List<State> states, TensorOperations operations) throws OrtException {
        columns.rollback(tokens);
        if (columns.hasGaps()) {
            closeGaps(states, operations);
            return;
        }
        CacheColumns.Range needed = columns.needed();
        if (needed.size() < columns.width()) {
            List<OnnxTensor> kept = new ArrayList<>();
            for (int i = 0; i < tensors.size() && needed.size() > 0; i++) {
                kept.add(operations.take(tensors.get(i), states.get(i).pastAxis(), needed.columns()));
            }
            columns.keep(needed);
            keep(kept);
        }
    }

    /** Row by row, as each has other gaps. */
    private void closeGaps(List<State> states, TensorOperations operations) throws OrtException {
        long[][] from = columns.closeGaps();
        List<OnnxTensor> closed = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            State state = states.get(i);
            List<OnnxTensor> rows = new ArrayList<>();
            for (int row = 0; row < from.length; row++) {
                try (OnnxTensor own = operations.take(tensors.get(i), state.batchAxis(), row)) {
                    rows.add(operations.take(own, state.pastAxis(), from[row]));
                }
            }
            closed.add(operations.join(rows, state.batchAxis()));
            rows.forEach(OnnxTensor::close);
        }
        keep(closed);
    }

    @Override
    public void close() {
        keep(List.of());
    }
}
