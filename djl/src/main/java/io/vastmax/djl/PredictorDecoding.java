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
import io.vastmax.text.Decoding;
import io.vastmax.text.FedTokens;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sequences in a DJL predictor. The cache is a rectangle, a row for each sequence; which of its columns hold tokens of a
 * sequence, and which are padding or were taken back, the attention mask tells the model. So sequences may be fed different
 * numbers of tokens at any time, and a rollback changes the mask alone. Columns in the middle that are no longer a sequence's
 * come of these two only: a model that counts distances in columns, not in positions, must not be used so.
 */
final class PredictorDecoding implements Decoding {
    private final Predictor<NDList, CausalLMOutput> predictor;
    private final NDManager manager;
    private final int vocabulary;
    private final FedTokens fed;

    /** The past key values; none if the model gives none. */
    private NDList past = new NDList();

    /** Which columns of the cache hold a sequence's tokens. */
    private BitSet[] live;

    private int columns;

    /** Of what outlives a run: the cache and the logits of the last. */
    private NDManager kept;

    /** Sequences without tokens; what they need is made under the manager. */
    PredictorDecoding(Predictor<NDList, CausalLMOutput> predictor, NDManager parent, int vocabulary, int sequences) {
        fed = new FedTokens(sequences);
        this.predictor = predictor;
        this.vocabulary = vocabulary;
        manager = parent.newSubManager();
        live = new BitSet[sequences];
        Arrays.setAll(live, i -> new BitSet());
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
        int steps = Arrays.stream(block).mapToInt(ids -> ids.length).max().orElseThrow();
        List<Logits> logits = run(block, steps, last);
        if (!past.isEmpty()) {
            for (int i = 0; i < live.length; i++) {
                live[i].set(columns + steps - block[i].length, columns + steps);
            }
            columns += steps;
        }
        fed.append(tokens);
        return logits;
    }

    private List<Logits> run(int[][] block, int steps, int last) {
        NDManager next = manager.newSubManager();
        NDList nextPast = new NDList();
        NDArray rows;
        try (NDManager own = manager.newSubManager();
                NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            CausalLMOutput output = predict(inputs(own, block, steps));
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

    private NDList inputs(NDManager own, int[][] block, int steps) {
        int batch = block.length;
        int width = columns + steps;
        long[] ids = new long[batch * steps];
        long[] positions = new long[batch * steps];
        long[] mask = new long[batch * width];
        for (int i = 0; i < batch; i++) {
            int padding = steps - block[i].length;
            int row = i * width;
            live[i].stream().forEach(column -> mask[row + column] = 1);
            Arrays.fill(mask, row + columns + padding, row + width, 1);
            int before = live[i].cardinality();
            for (int t = 0; t < block[i].length; t++) {
                ids[i * steps + padding + t] = block[i][t];
                positions[i * steps + padding + t] = (long) before + t;
            }
        }
        NDList inputs = new NDList(
                own.create(ids, new Shape(batch, steps)),
                own.create(positions, new Shape(batch, steps)),
                own.create(mask, new Shape(batch, width)));
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
        BitSet[] before = live;
        live = new BitSet[from.length];
        Arrays.setAll(live, i -> (BitSet) before[from[i]].clone());
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
        for (int i = 0; i < tokens.length; i++) {
            for (int n = 0; n < tokens[i] && !past.isEmpty(); n++) {
                live[i].clear(live[i].length() - 1);
            }
        }
        narrow(null);
    }

    /**
     * Takes rows of the cache, without the columns at its ends that no sequence needs any more.
     *
     * @param rows all in their order if null
     */
    private void narrow(@Nullable NDArray rows) {
        if (past.isEmpty()) {
            return;
        }
        int from = Arrays.stream(live)
                .filter(own -> !own.isEmpty())
                .mapToInt(own -> own.nextSetBit(0))
                .min()
                .orElse(0);
        int to = Arrays.stream(live).mapToInt(BitSet::length).max().orElse(0);
        boolean cuts = (from > 0 || to < columns) && past.stream().allMatch(this::hasUsualAxes);
        if (rows == null && to > 0 && !cuts) {
            return;
        }
        NDManager next = manager.newSubManager();
        NDList nextPast = new NDList();
        if (to > 0) {
            NDIndex index = rows == null
                    ? new NDIndex(":, :, {}:{}, ...", from, to)
                    : cuts ? new NDIndex("{}, :, {}:{}, ...", rows, from, to) : new NDIndex("{}, ...", rows);
            past.forEach(array -> nextPast.add(array.get(next, index)));
        }
        keep(next, nextPast);
        if (to == 0) {
            columns = 0;
        } else if (cuts) {
            Arrays.setAll(live, i -> live[i].get(from, to));
            columns = to - from;
        }
    }

    /** As in {@code [B, heads, past, size]}; in {@code [B, past, heads, size]} there may be as many heads as columns. */
    private boolean hasUsualAxes(NDArray array) {
        Shape shape = array.getShape();
        return shape.dimension() == 4 && shape.get(2) == columns && shape.get(1) != columns;
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
