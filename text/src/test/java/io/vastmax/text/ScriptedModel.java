package io.vastmax.text;

import io.vastmax.sampling.Logits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * A model whose logits are a function of the tokens so far. Rows that were given before become NaN with the next call, and
 * it refuses to be fed beyond its context.
 */
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

    /** One that has much in common with it. */
    ScriptedModel disturbed(int contextLength, float amount) {
        Function<int[], float[]> other = random(vocabulary, 1).logits;
        return new ScriptedModel(vocabulary, contextLength, tokens -> {
            float[] row = logits.apply(tokens);
            int[] reversed = new int[tokens.length + 1];
            for (int i = 0; i < tokens.length; i++) {
                reversed[i] = tokens[tokens.length - 1 - i];
            }
            float[] noise = other.apply(reversed);
            for (int id = 0; id < vocabulary; id++) {
                row[id] += amount * noise[id];
            }
            return row;
        });
    }

    /** The logits after tokens. */
    float[] after(int... tokens) {
        return logits.apply(tokens);
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
        private final FedTokens tokens;
        private List<float[]> given = new ArrayList<>();

        ScriptedDecoding(int sequences) {
            tokens = new FedTokens(sequences);
        }

        @Override
        public int sequences() {
            return tokens.sequences();
        }

        @Override
        public List<Logits> feed(int[][] more, int last) {
            tokens.check(more, last);
            fed.add(more.length);
            spoil();
            int[][] all = tokens.with(more);
            if (Arrays.stream(all).anyMatch(sequence -> sequence.length > maxLength)) {
                throw new IllegalStateException("The context holds " + maxLength + " tokens");
            }
            for (int[] sequence : all) {
                for (int end = sequence.length - last + 1; end <= sequence.length; end++) {
                    given.add(logits.apply(Arrays.copyOf(sequence, end)));
                }
            }
            tokens.append(more);
            return given.stream().map(Logits::of).toList();
        }

        @Override
        public void reorder(int... from) {
            spoil();
            tokens.reorder(from);
        }

        @Override
        public void rollback(int... counts) {
            spoil();
            tokens.rollback(counts);
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
