package io.vastmax.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.vastmax.sampling.Logits;
import io.vastmax.text.CacheColumns;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.LongStream;

/**
 * A decoder model in ONNX Runtime: runs blocks of tokens. Owns its session. Safe for use by several threads, as sessions are.
 */
final class DecoderSession implements AutoCloseable {
    /** A run of many tokens gives at most so many logits: tokens of more are run one block after the other. */
    private static final int MOST_LOGITS = 1 << 24;

    /** Operators that are told how many tokens there are, not which: all from the beginning. */
    private static final Set<String> NOT_PADDED = Set.of("GroupQueryAttention", "SparseAttention");

    /** How far logits may be apart by rounding, of their whole range. */
    private static final float ROUNDING = 0.02f;

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final Signature signature;
    private final Map<String, String> metadata;
    private final TensorOperations operations;
    private final Set<String> operators;
    private final boolean pads;
    private final boolean lastOnly;
    private final int vocabularySize;

    /** A run has it shared, a close alone: ONNX Runtime would end the process. */
    private final ReadWriteLock use = new ReentrantReadWriteLock();

    private boolean closed;

    /** What needs a session that is open. */
    interface Action {
        void run() throws OrtException;
    }

    /**
     * Takes a session over. A run of two tokens says how many logits there are, and shows that it can be run; two sequences that
     * differ in length show whether it can be told of padding.
     *
     * @param operators that the model is made of
     * @param padding whether padding may be used, if the model can be told of it
     */
    DecoderSession(OrtEnvironment environment, OrtSession session, Names names, Set<String> operators, boolean padding)
            throws OrtException {
        this.environment = environment;
        this.session = session;
        signature = Signature.of(session, names);
        metadata = Map.copyOf(session.getMetadata().getCustomMetadata());
        operations = new TensorOperations(environment);
        this.operators = operators;
        long[] logits = probe();
        vocabularySize = Math.toIntExact(logits[logits.length - 1]);
        lastOnly = logits[logits.length - 2] == 1;
        pads = padding
                && signature.pads()
                && batches()
                && signature.ids().dimension(1) < 0
                && Collections.disjoint(operators, NOT_PADDED)
                && passesOverPadding();
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

    /** Whether a token has the logits behind padding that it has alone; those of some models are no numbers there. */
    private boolean passesOverPadding() {
        try (Lane one = Lane.of(0);
                Lane two = Lane.of(0, 1)) {
            Logits alone = run(one, new int[][] {{1}}, 1).getFirst();
            Logits padded = run(two, new int[][] {{1}, {1, 1}}, 1).getFirst();
            float least = Float.POSITIVE_INFINITY;
            float most = Float.NEGATIVE_INFINITY;
            float apart = 0;
            for (int id = 0; id < vocabularySize; id++) {
                least = Math.min(least, alone.get(id));
                most = Math.max(most, alone.get(id));
                apart = Math.max(apart, Math.abs(alone.get(id) - padded.get(id))); // not a number if one is not
            }
            return apart <= ROUNDING * (most - least);
        } catch (OrtException | IllegalStateException e) {
            return false;
        }
    }

    Signature signature() {
        return signature;
    }

    /** What the model's file says about itself. */
    Map<String, String> metadata() {
        return metadata;
    }

    /** Does something that needs it open, which a close waits for. */
    void use(Action action) throws OrtException {
        use.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("The model is closed");
            }
            action.run();
        } finally {
            use.readLock().unlock();
        }
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
            List<Logits> rows = List.of();
            List<OnnxTensor> presents = new ArrayList<>();
            try {
                for (State state : signature.states()) {
                    OnnxTensor present = output(result, state.output());
                    state.check(present, block.length, lane.columns().width() + CacheColumns.steps(block));
                    presents.add(present);
                }
                if (want > 0) {
                    rows = rows(output(result, signature.logits().name()), block.length, want);
                }
            } catch (OrtException | RuntimeException | Error e) {
                result.close();
                throw e;
            }
            if (want > 0) {
                output(result, signature.logits().name()).close();
            }
            lane.keep(presents); // closes those that are inputs of this run
            if (signature.countsColumns()) {
                lane.columns().append(block);
            }
            return rows;
        }
    }

    /** The last rows; the others never reach Java. */
    private List<Logits> rows(OnnxTensor logits, int sequences, int want) throws OrtException {
        long[] shape = logits.getInfo().getShape();
        if (shape.length < 3 || shape[1] <= want) {
            return LogitRows.last(logits, sequences, want, vocabularySize);
        }
        long[] last = LongStream.range(shape[1] - want, shape[1]).toArray();
        try (OnnxTensor wanted = operations.take(logits, 1, last)) {
            return LogitRows.last(wanted, sequences, want, vocabularySize);
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

    /** Waits for runs of other threads; a second time it does nothing. */
    @Override
    public void close() throws OrtException {
        use.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                operations.close();
                session.close();
            }
        } finally {
            use.writeLock().unlock();
        }
    }
}
