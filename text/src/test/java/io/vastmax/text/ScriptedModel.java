package io.vastmax.text;

import io.vastmax.sampling.Logits;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** A model whose logits are a function of the tokens so far. Rows that were given before become NaN with the next call. */
final class ScriptedModel implements CausalLanguageModel {
    private final int vocabulary;
    private final int maxLength;
    private final Function<int[], float[]> logits;

    /** How many sequences each call was fed. */
    final List<Integer> fed = new ArrayList<>();

    int open;

    ScriptedModel(int vocabulary, int maxLength, Function<int[], float[]> logits) {
        this.vocabulary = vocabulary;
        this.maxLength = maxLength;
        this.logits = logits;
    }

    /** Says what stands in the script behind the prompt, whatever was drawn; then token 0 for ever. */
    static ScriptedModel saying(int vocabulary, int promptLength, int... script) {
        return new ScriptedModel(vocabulary, Integer.MAX_VALUE, tokens -> {
            int place = tokens.length - promptLength;
            float[] row = new float[vocabulary];
            row[place < script.length ? script[place] : 0] = 50;
            return row;
        });
    }

    /** Logits from -2 to 2 that look random, of all tokens so far. */
    static ScriptedModel random(int vocabulary, int maxLength) {
        return new ScriptedModel(vocabulary, maxLength, tokens -> {
            float[] row = new float[vocabulary];
            for (int id = 0; id < vocabulary; id++) {
                int hash = (31 * Arrays.hashCode(tokens) + id) * 0x9E3779B1;
                row[id] = (hash >>> 8) / (float) (1 << 22) - 2;
            }
            return row;
        });
    }

    @Override
    public int vocabularySize() {
        return vocabulary;
    }

    @Override
    public int maxLength() {
        return maxLength;
    }

    @Override
    public Decoding start(int sequences) {
        open++;
        return new ScriptedDecoding(sequences);
    }

    private final class ScriptedDecoding implements Decoding {
        private List<IntArrayList> sequences = new ArrayList<>();
        private List<float[]> given = new ArrayList<>();

        ScriptedDecoding(int count) {
            for (int i = 0; i < count; i++) {
                sequences.add(new IntArrayList());
            }
        }

        @Override
        public int sequences() {
            return sequences.size();
        }

        @Override
        public List<Logits> feed(int[][] tokens, int last) {
            Decoding.check(sequences.size(), tokens, last);
            fed.add(tokens.length);
            spoil();
            for (int i = 0; i < tokens.length; i++) {
                IntArrayList sequence = sequences.get(i);
                for (int t = 0; t < tokens[i].length; t++) {
                    sequence.add(tokens[i][t]);
                    if (t >= tokens[i].length - last) {
                        given.add(logits.apply(sequence.toIntArray()));
                    }
                }
            }
            return given.stream().map(Logits::of).toList();
        }

        @Override
        public void reorder(int... from) {
            spoil();
            List<IntArrayList> next = new ArrayList<>();
            for (int i : from) {
                next.add(new IntArrayList(sequences.get(i)));
            }
            sequences = next;
        }

        @Override
        public void rollback(int... tokens) {
            spoil();
            for (int i = 0; i < tokens.length; i++) {
                IntArrayList sequence = sequences.get(i);
                sequence.size(sequence.size() - tokens[i]);
            }
        }

        private void spoil() {
            given.forEach(row -> Arrays.fill(row, Float.NaN));
            given = new ArrayList<>();
        }

        @Override
        public void close() {
            open--;
        }
    }
}
