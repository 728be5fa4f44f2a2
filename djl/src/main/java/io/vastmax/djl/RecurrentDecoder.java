package io.vastmax.djl;

import io.vastmax.Matrix;
import io.vastmax.Workspace;
import io.vastmax.sampling.Logits;
import io.vastmax.text.CausalLanguageModel;
import io.vastmax.text.Decoding;
import io.vastmax.text.FedTokens;
import java.util.Arrays;
import java.util.List;

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
        return new States(sequences);
    }

    private final class States implements Decoding {
        private final int width = model.settings().width();
        private final FedTokens fed;
        private RecurrentState state;

        States(int sequences) {
            fed = new FedTokens(sequences);
            state = model.zeroState(sequences);
        }

        @Override
        public int sequences() {
            return fed.sequences();
        }

        @Override
        public List<Logits> feed(int[][] tokens, int last) {
            fed.check(tokens, last);
            Matrix hidden = run(tokens, last);
            fed.append(tokens);
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
                RecurrentState next = model.zeroState(tokens.length);
                for (int i = 0; i < tokens.length; i++) {
                    RecurrentState own = state.gather(i);
                    int length = tokens[i].length;
                    copyLast(model.hidden(tokens[i], length, own), length, last, rows, i);
                    next.set(i, own, 0);
                }
                state = next; // all at once: ids may be refused
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
            fed.reorder(from);
            state = state.gather(from);
        }

        @Override
        public void rollback(int... tokens) {
            fed.rollback(tokens);
            for (int i = 0; i < tokens.length; i++) {
                if (tokens[i] > 0) {
                    RecurrentState own = model.zeroState(1);
                    if (fed.length(i) > 0) {
                        model.hidden(fed.of(i), fed.length(i), own);
                    }
                    state.set(i, own, 0);
                }
            }
        }

        /** There is nothing to free. */
        @Override
        public void close() {}
    }
}
