package io.vastmax.djl;

import io.vastmax.Matrix;
import io.vastmax.Workspace;
import io.vastmax.sampling.Logits;
import io.vastmax.text.CausalLanguageModel;
import io.vastmax.text.Decoding;
import io.vastmax.text.FedTokens;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A {@link RecurrentLanguageModel} for the generation loop. Its logits are the log-probabilities of the exact distribution.
 *
 * <p>Sequences that are fed as many tokens each run together, others one by one. The states before the last few calls are kept:
 * after a rollback, the next call runs from there over what is left. One that goes back further, or behind a reordering,
 * runs over the whole sequence. As the model, not thread safe.
 */
public final class RecurrentDecoder implements CausalLanguageModel {
    /** How many states are kept: as many as a draft's tokens, which are fed one by one, or more. */
    private static final int CHECKPOINTS = 16;

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

    /** A state of all sequences, and how many tokens each had there: more than any has, where they were taken back. */
    private static final class Checkpoint {
        final RecurrentState state;
        final int[] lengths;

        Checkpoint(RecurrentState state, int[] lengths) {
            this.state = state;
            this.lengths = lengths;
        }
    }

    private final class States implements Decoding {
        private final int width = model.settings().width();
        private final FedTokens fed;
        private RecurrentState state;

        /** How many tokens of each sequence the state has seen: the rest is run with the next tokens. */
        private int[] seen;

        /** The latest first. */
        private final Deque<Checkpoint> checkpoints = new ArrayDeque<>();

        States(int sequences) {
            fed = new FedTokens(sequences);
            state = model.zeroState(sequences);
            seen = new int[sequences];
        }

        @Override
        public int sequences() {
            return fed.sequences();
        }

        @Override
        public List<Logits> feed(int[][] tokens, int last) {
            fed.check(tokens, last);
            int[][] unseen = new int[tokens.length][];
            Arrays.setAll(unseen, i -> concat(fed.of(i, seen[i]), tokens[i]));
            RecurrentState next = state.gather(IntStream.range(0, sequences()).toArray());
            Matrix hidden = run(unseen, last, next); // may refuse ids: nothing has changed
            fed.append(tokens);
            checkpoints.push(new Checkpoint(state, seen));
            if (checkpoints.size() > CHECKPOINTS) {
                checkpoints.removeLast();
            }
            state = next;
            seen = IntStream.range(0, sequences()).map(fed::length).toArray();
            Matrix logProbs = Matrix.zeros(hidden.rows(), vocabularySize());
            model.objective().exact().logProbs(hidden, logProbs, workspace);
            return Logits.rows(logProbs);
        }

        private static int[] concat(int[] first, int... second) {
            int[] both = Arrays.copyOf(first, first.length + second.length);
            System.arraycopy(second, 0, both, first.length, second.length);
            return both;
        }

        /** Moves states on, and gives the last hidden states of each sequence. */
        private Matrix run(int[][] tokens, int last, RecurrentState next) {
            int steps = tokens[0].length;
            float[] rows = new float[tokens.length * last * width];
            if (Arrays.stream(tokens).allMatch(own -> own.length == steps)) {
                int[] ids = Arrays.stream(tokens).flatMapToInt(Arrays::stream).toArray();
                copyLast(model.hidden(ids, steps, next), steps, last, rows, 0);
            } else {
                for (int i = 0; i < tokens.length; i++) {
                    RecurrentState own = next.gather(i);
                    int length = tokens[i].length;
                    copyLast(model.hidden(tokens[i], length, own), length, last, rows, i);
                    next.set(i, own, 0);
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
            fed.reorder(from);
            state = state.gather(from);
            int[] before = seen;
            seen = Arrays.stream(from).map(i -> before[i]).toArray();
            checkpoints.clear();
        }

        @Override
        public void rollback(int... tokens) {
            fed.rollback(tokens);
            for (int i = 0; i < tokens.length; i++) {
                if (seen[i] > fed.length(i)) {
                    restore(i);
                }
            }
        }

        /** Goes back to the latest state of a sequence that has seen none of what was taken back. */
        private void restore(int sequence) {
            Checkpoint latest = new Checkpoint(model.zeroState(sequences()), new int[sequences()]);
            int left = fed.length(sequence);
            for (Checkpoint checkpoint : checkpoints) {
                int length = checkpoint.lengths[sequence];
                if (length > left) {
                    checkpoint.lengths[sequence] = Integer.MAX_VALUE;
                } else if (length > latest.lengths[sequence]) {
                    latest = checkpoint;
                }
            }
            seen[sequence] = latest.lengths[sequence];
            state.set(sequence, latest.state, sequence);
        }

        /** There is nothing to free. */
        @Override
        public void close() {}
    }
}
