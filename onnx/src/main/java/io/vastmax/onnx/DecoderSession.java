package io.vastmax.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.vastmax.onnx.Signature.Port;
import io.vastmax.sampling.Logits;
import io.vastmax.text.CacheColumns;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A decoder model in ONNX Runtime: runs blocks of tokens. Owns its session. Safe for use by several threads, as sessions are.
 */
final class DecoderSession implements AutoCloseable {
    /** Of so many logits or fewer a run of many tokens gives all to Java: the others are run before, without. */
    private static final int MOST_LOGITS = 1 << 24;

    /** Operators that are told how many tokens there are, not which: all from the beginning. */
    private static final Set<String> NOT_PADDED = Set.of("GroupQueryAttention", "SparseAttention");

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final Signature signature;
    private final TensorOperations operations;
    private final Set<String> operators;
    private final boolean pads;
    private final boolean lastOnly;
    private final int vocabularySize;

    /**
     * Takes a session over. Where its metadata do not say how many logits there are, a run of two tokens does.
     *
     * @param operators that the model is made of
     * @param padding whether padding may be used, if the model can be told of it
     */
    DecoderSession(OrtEnvironment environment, OrtSession session, Names names, Set<String> operators, boolean padding)
            throws OrtException {
        this.environment = environment;
        this.session = session;
        signature = Signature.of(session, names);
        operations = new TensorOperations(environment);
        this.operators = operators;
        pads = padding && signature.pads() && batches() && Collections.disjoint(operators, NOT_PADDED);
        Port logits = signature.logits();
        String steps = signature.ids().info().getDimensionNames()[1];
        boolean all = logits.rank() == 3
                && logits.dimension(1) < 0
                && !steps.isEmpty()
                && logits.info().getDimensionNames()[1].equals(steps);
        boolean last = logits.rank() == 3 && logits.dimension(1) == 1;
        long size = logits.dimension(logits.rank() - 1);
        if (size < 0 || !(all || last)) {
            long[] shape = probe();
            size = shape[shape.length - 1];
            last = shape.length == 2 ? shape[0] == 1 : shape[1] == 1;
        }
        vocabularySize = Math.toIntExact(size);
        lastOnly = last;
    }

    /** The shape of the logits of two tokens. */
    private long[] probe() throws OrtException {
        int[][] block = {new int[signature.ids().dimension(1) == 1 ? 1 : 2]};
        try (Lane lane = Lane.of(0);
                Arena arena = Arena.ofConfined();
                Inputs inputs = inputs(lane, block, block[0].length, arena);
                OrtSession.Result result =
                        session.run(inputs.tensors(), Set.of(signature.logits().name()))) {
            return ((OnnxTensor) result.get(0)).getInfo().getShape();
        }
    }

    Signature signature() {
        return signature;
    }

    OrtSession session() {
        return session;
    }

    TensorOperations operations() {
        return operations;
    }

    /** The number of logits, V. */
    int vocabularySize() {
        return vocabularySize;
    }

    /** Whether sequences of different lengths run together. */
    boolean pads() {
        return pads;
    }

    /** Whether several sequences run together at all. */
    boolean batches() {
        return signature.ids().dimension(0) < 0;
    }

    /** Whether a run gives the logits after the last of its tokens alone. */
    boolean givesLastOnly() {
        return lastOnly;
    }

    /** The most tokens that a lane can run at once, so that its logits do not take too much memory. */
    int mostSteps(Lane lane) {
        long fixed = signature.ids().dimension(1);
        if (fixed > 0) {
            return Math.toIntExact(fixed);
        }
        if (operators.contains("GroupQueryAttention") && lane.size() > 1 && !lane.isFresh()) {
            return 1; // what this operator takes of several sequences that have a past
        }
        boolean few = lastOnly || signature.keep() != null || signature.states().isEmpty();
        return few
                ? Integer.MAX_VALUE
                : Math.max(1, (int) (MOST_LOGITS / Math.max(1L, (long) lane.size() * vocabularySize)));
    }

    /**
     * Runs a block of tokens behind those of a lane, which keeps what the model gives to get it back.
     *
     * @param want of how many of the last tokens the logits are wanted
     * @return so many rows for each sequence, one sequence after the other
     */
    List<Logits> run(Lane lane, int[][] block, int want) throws OrtException {
        Set<String> outputs = new LinkedHashSet<>(signature.presents());
        if (want > 0) {
            outputs.add(signature.logits().name());
        }
        try (Arena arena = Arena.ofConfined();
                Inputs inputs = inputs(lane, block, want, arena)) {
            OrtSession.Result result = session.run(inputs.tensors(), outputs);
            try {
                List<Logits> rows = want == 0 ? List.of() : rows(result, block.length, want);
                List<OnnxTensor> presents = new ArrayList<>();
                for (State state : signature.states()) {
                    presents.add(output(result, state.output()));
                }
                lane.keep(presents); // closes those that are inputs of this run
                if (signature.countsColumns()) {
                    lane.columns().append(block);
                }
                return rows;
            } catch (RuntimeException | Error e) {
                result.close();
                throw e;
            }
        }
    }

    private List<Logits> rows(OrtSession.Result result, int sequences, int want) {
        try (OnnxTensor logits = output(result, signature.logits().name())) {
            return LogitRows.last(logits, sequences, want, vocabularySize);
        }
    }

    private static OnnxTensor output(OrtSession.Result result, String name) {
        return (OnnxTensor) result.get(name).orElseThrow();
    }

    private Inputs inputs(Lane lane, int[][] block, int want, Arena arena) throws OrtException {
        CacheColumns columns = lane.columns();
        long batch = block.length;
        long steps = CacheColumns.steps(block);
        Inputs inputs = new Inputs(environment, arena);
        inputs.add(signature.ids(), CacheColumns.ids(block), batch, steps);
        if (signature.mask() != null) {
            inputs.add(signature.mask(), columns.mask(block), batch, columns.width() + steps);
        }
        if (signature.positions() != null) {
            inputs.add(signature.positions(), columns.positions(block), batch, steps);
        }
        if (signature.useCache() != null) {
            inputs.add(signature.useCache(), lane.isFresh() ? 0 : 1);
        }
        if (signature.keep() != null) {
            inputs.add(signature.keep(), Math.max(1, want)); // 0 would be all
        }
        for (int i = 0; i < signature.states().size(); i++) {
            State state = signature.states().get(i);
            if (lane.isFresh()) {
                inputs.addEmpty(state, block.length);
            } else {
                inputs.add(state.input(), lane.tensors().get(i));
            }
        }
        return inputs;
    }

    @Override
    public void close() throws OrtException {
        operations.close();
        session.close();
    }
}
