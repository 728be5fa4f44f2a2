package io.vastmax.djl;

import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.TranslateException;
import io.vastmax.sampling.Logits;
import io.vastmax.text.CacheColumns;
import io.vastmax.text.Decoding;
import io.vastmax.text.FedTokens;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sequences in a DJL predictor, padded as {@link CacheColumns} says. So they may be fed different numbers of tokens at any
 * time, and a rollback needs to change the mask alone; it takes the opportunity to close the gaps, so that the cache is no wider
 * than the longest sequence. Columns in the middle that are no longer a sequence's come of these two only: a model that counts
 * distances in columns, not in positions, must not be used so.
 */
final class PredictorDecoding implements Decoding {
    private final Predictor<NDList, CausalLMOutput> predictor;
    private final NDManager manager;
    private final int vocabulary;
    private final FedTokens fed;

    /** The past key values; none if the model gives none. */
    private NDList past = new NDList();

    private final CacheColumns columns;

    /** Of what outlives a run: the cache and the logits of the last. */
    private NDManager kept;

    /** Sequences without tokens; what they need is made under the manager. */
    PredictorDecoding(Predictor<NDList, CausalLMOutput> predictor, NDManager parent, int vocabulary, int sequences) {
        fed = new FedTokens(sequences);
        this.predictor = predictor;
        this.vocabulary = vocabulary;
        manager = parent.newSubManager();
        columns = new CacheColumns(sequences);
        kept = manager.newSubManager();
    }

    @Override
    public int sequences() {
        return fed.sequences();
    }

    @Override
    public List<Logits> feed(int[][] tokens, int last) {
        fed.check(tokens, last);
        int[][] block = past.isEmpty() ? fed.with(tokens) : tokens;
        List<Logits> logits = run(block, last);
        if (!past.isEmpty()) {
            columns.append(block);
        }
        fed.append(tokens);
        return logits;
    }

    private List<Logits> run(int[][] block, int last) {
        NDManager next = manager.newSubManager();
        NDList nextPast = new NDList();
        NDArray rows;
        try (NDManager own = manager.newSubManager();
                NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            CausalLMOutput output = predict(inputs(own, block));
            if (output.getPastKeyValuesList() != null) {
                nextPast.addAll(output.getPastKeyValuesList());
            }
            check(output.getLogits(), nextPast, last);
            rows = lastRows(output.getLogits(), last);
            rows.attach(next);
            nextPast.attach(next);
            NDScope.unregister(rows);
            NDScope.unregister(nextPast);
        } catch (RuntimeException | Error e) {
            next.close();
            throw e;
        }
        keep(next, nextPast);
        return logits(rows);
    }

    private CausalLMOutput predict(NDList inputs) {
        try {
            return predictor.predict(inputs);
        } catch (TranslateException e) {
            throw new IllegalStateException("The model failed: " + e.getMessage(), e);
        }
    }

    private NDList inputs(NDManager own, int[][] block) {
        Shape shape = new Shape(block.length, CacheColumns.steps(block));
        Shape all = new Shape(block.length, columns.width() + shape.get(1));
        NDList inputs = new NDList(
                own.create(CacheColumns.ids(block), shape),
                own.create(columns.positions(block), shape),
                own.create(columns.mask(block), all));
        inputs.addAll(past);
        return inputs;
    }

    private void check(NDArray logits, NDList nextPast, int last) {
        if (logits.isReleased() || nextPast.stream().anyMatch(NDArray::isReleased)) {
            throw new IllegalStateException("The predictor's arrays were freed with its run: its translator must"
                    + " detach() the logits and the past key values");
        }
        Shape shape = logits.getShape();
        if (shape.dimension() != 3
                || shape.get(0) != fed.sequences()
                || shape.get(1) < last
                || shape.get(2) != vocabulary) {
            throw new IllegalStateException("The model's logits have the shape " + shape + ": must be ("
                    + fed.sequences() + ", at least " + last + ", " + vocabulary
                    + "), of sequences, tokens and vocabulary");
        }
        for (NDArray array : nextPast) {
            if (array.getShape().dimension() == 0 || array.getShape().get(0) != fed.sequences()) {
                throw new IllegalStateException("Past key values have the shape " + array.getShape()
                        + ": the first axis must be that of the " + fed.sequences() + " sequences");
            }
        }
    }

    /** Of floats that {@link Logits} reads. A prompt's are copied, so that the others are freed. */
    private static NDArray lastRows(NDArray logits, int last) {
        long steps = logits.getShape().get(1);
        NDArray rows = steps == last
                ? logits
                : logits.get(new NDIndex(":, {}:, :", steps - last)).duplicate();
        return switch (rows.getDataType()) {
            case FLOAT32, FLOAT16, BFLOAT16 -> rows;
            default -> rows.toType(DataType.FLOAT32, false);
        };
    }

    private List<Logits> logits(NDArray rows) {
        ByteBuffer bytes = rows.toByteBuffer(true);
        int size = Math.toIntExact(bytes.remaining() / (rows.size() / vocabulary));
        List<Logits> logits = new ArrayList<>();
        for (int at = 0; at < bytes.remaining(); at += size) {
            ByteBuffer row = bytes.slice(at, size).order(bytes.order());
            logits.add(
                    switch (rows.getDataType()) {
                        case FLOAT16 -> Logits.of(row.asShortBuffer(), Logits.Format.FLOAT16);
                        case BFLOAT16 -> Logits.of(row.asShortBuffer(), Logits.Format.BFLOAT16);
                        default -> Logits.of(row.asFloatBuffer());
                    });
        }
        return logits;
    }

    @Override
    public void reorder(int... from) {
        fed.reorder(from);
        columns.reorder(from);
        if (!past.isEmpty()) {
            try (NDManager own = manager.newSubManager()) {
                NDArray rows = own.create(Arrays.stream(from).asLongStream().toArray());
                narrow(rows);
            }
        }
    }

    @Override
    public void rollback(int... tokens) {
        fed.rollback(tokens);
        if (!past.isEmpty()) {
            columns.rollback(tokens);
            if (columns.hasGaps() && past.stream().allMatch(this::hasUsualAxes)) {
                closeGaps();
            } else {
                narrow(null);
            }
        }
    }

    private void closeGaps() {
        long[] index =
                Arrays.stream(columns.closeGaps()).flatMapToLong(Arrays::stream).toArray();
        int width = columns.width();
        NDManager next = manager.newSubManager();
        NDList nextPast = new NDList();
        try (NDManager own = manager.newSubManager()) {
            NDArray from = own.create(index, new Shape(columns.sequences(), 1, width, 1));
            for (NDArray array : past) {
                Shape shape = array.getShape();
                NDArray all = from.broadcast(columns.sequences(), shape.get(1), width, shape.get(3));
                NDArray gathered = array.gather(all, 2);
                gathered.attach(next);
                nextPast.add(gathered);
                all.close();
            }
        }
        keep(next, nextPast);
    }

    /**
     * Takes rows of the cache, without the columns at its ends that no sequence needs any more.
     *
     * @param rows all in their order if null
     */
    private void narrow(@Nullable NDArray rows) {
        CacheColumns.Range needed = columns.needed();
        boolean cuts = needed.size() < columns.width() && past.stream().allMatch(this::hasUsualAxes);
        if (rows == null && needed.size() > 0 && !cuts) {
            return;
        }
        NDManager next = manager.newSubManager();
        NDList nextPast = new NDList();
        if (needed.size() > 0) {
            NDIndex index = rows == null
                    ? new NDIndex(":, :, {}:{}, ...", needed.from(), needed.to())
                    : cuts
                            ? new NDIndex("{}, :, {}:{}, ...", rows, needed.from(), needed.to())
                            : new NDIndex("{}, ...", rows);
            past.forEach(array -> nextPast.add(array.get(next, index)));
        }
        keep(next, nextPast);
        if (cuts || needed.size() == 0) {
            columns.keep(needed);
        }
    }

    /** As in {@code [B, heads, past, size]}; in {@code [B, past, heads, size]} there may be as many heads as columns. */
    private boolean hasUsualAxes(NDArray array) {
        Shape shape = array.getShape();
        return shape.dimension() == 4 && shape.get(2) == columns.width() && shape.get(1) != columns.width();
    }

    /** Frees what was kept before. */
    private void keep(NDManager next, NDList nextPast) {
        kept.close();
        kept = next;
        past = nextPast;
    }

    @Override
    public void close() {
        manager.close();
    }
}
