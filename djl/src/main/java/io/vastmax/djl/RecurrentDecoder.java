package io.vastmax.djl;

import io.vastmax.Matrix;
import io.vastmax.Workspace;
import io.vastmax.sampling.Logits;
import io.vastmax.text.CausalLanguageModel;
import io.vastmax.text.Decoding;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A {@link RecurrentLanguageModel} for the generation loop. Its logits are the log-probabilities of the exact distribution.
 *
 * <p>Sequences that are fed as many tokens each run together, others one by one. A rollback computes the whole sequence
 * again: of its past, an LSTM has the last state alone. As the model, not thread safe.
 */
public final class RecurrentDecoder implements CausalLanguageModel {
    private final RecurrentLanguageModel model;
    private final Workspace workspace;

    /** Of a model and a workspace that remain the caller's to close. */
    public RecurrentDecoder(RecurrentLanguageModel model, Workspace workspace) {
        this.model = model;
        this.workspace = workspace;
    }

    @Override
    public int vocabularySize() {
        return model.objective().exact().classes();
    }

    /** No limit. */
    @Override
    public int maxLength() {
        return Integer.MAX_VALUE;
    }

    @Override
    public Decoding start(int sequences) {
        if (sequences < 1) {
            throw new IllegalArgumentException("sequences = " + sequences + ": must be at least 1");
        }
        return new States(sequences);
    }

    private final class States implements Decoding {
        private final int width = model.settings().width();
        private IntArrayList[] history;
        private RecurrentState state;

        States(int sequences) {
            history = new IntArrayList[sequences];
            Arrays.setAll(history, i -> new IntArrayList());
            state = model.zeroState(sequences);
        }

        @Override
        public int sequences() {
            return history.length;
        }

        @Override
        public List<Logits> feed(int[][] tokens, int last) {
            Decoding.check(history.length, tokens, last);
            Matrix hidden = run(tokens, last);
            for (int i = 0; i < tokens.length; i++) {
                history[i].addElements(history[i].size(), tokens[i]);
            }
            Matrix logProbs = Matrix.zeros(hidden.rows(), vocabularySize());
            model.objective().exact().logProbs(hidden, logProbs, workspace);
            return Logits.rows(logProbs);
        }

        /** Moves the states on, and gives the last hidden states of each sequence. */
        private Matrix run(int[][] tokens, int last) {
            int steps = tokens[0].length;
            float[] rows = new float[tokens.length * last * width];
            if (Arrays.stream(tokens).allMatch(own -> own.length == steps)) {
                int[] ids = Arrays.stream(tokens).flatMapToInt(Arrays::stream).toArray();
                copyLast(model.hidden(ids, steps, state), steps, last, rows, 0);
            } else {
                for (int i = 0; i < tokens.length; i++) {
                    RecurrentState own = state.gather(i);
                    int length = tokens[i].length;
                    if (length > 0) {
                        copyLast(model.hidden(tokens[i], length, own), length, last, rows, i);
                    }
                    state.set(i, own, 0);
                }
            }
            return Matrix.wrap(tokens.length * last, width, rows);
        }

        /** The last rows of each stream of {@code hidden}, of so many steps, go to the sequences from {@code first} on. */
        private void copyLast(Matrix hidden, int steps, int last, float[] rows, int first) {
            for (int i = 0; i < hidden.rows() / steps; i++) {
                System.arraycopy(
                        hidden.array(),
                        ((i + 1) * steps - last) * width,
                        rows,
                        (first + i) * last * width,
                        last * width);
            }
        }

        @Override
        public void reorder(int... from) {
            IntArrayList[] next = new IntArrayList[from.length];
            for (int i = 0; i < from.length; i++) {
                next[i] = new IntArrayList(history[Objects.checkIndex(from[i], history.length)]);
            }
            state = state.gather(from);
            history = next;
        }

        @Override
        public void rollback(int... tokens) {
            checkRollback(history, tokens);
            for (int i = 0; i < tokens.length; i++) {
                if (tokens[i] > 0) {
                    history[i].size(history[i].size() - tokens[i]);
                    RecurrentState own = model.zeroState(1);
                    if (!history[i].isEmpty()) {
                        model.hidden(history[i].toIntArray(), history[i].size(), own);
                    }
                    state.set(i, own, 0);
                }
            }
        }

        /** There is nothing to free. */
        @Override
        public void close() {}
    }

    /** Refuses to take back more tokens than there are. */
    static void checkRollback(IntArrayList[] history, int... tokens) {
        if (tokens.length != history.length) {
            throw new IllegalArgumentException(
                    "tokens are of " + tokens.length + " sequences: must be of " + history.length);
        }
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] < 0 || tokens[i] > history[i].size()) {
                throw new IllegalArgumentException("tokens[" + i + "] = " + tokens[i] + ": must be from 0 to the "
                        + history[i].size() + " of the sequence");
            }
        }
    }
}
