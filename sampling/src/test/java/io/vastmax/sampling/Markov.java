package io.vastmax.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** A tiny model for tests: the logits depend on the last two tokens, and on how many there are. */
final class Markov {
    private static final int LENGTHS = 10;

    private final int vocabulary;
    private final float[][] logits;

    private Markov(int vocabulary, float[][] logits) {
        this.vocabulary = vocabulary;
        this.logits = logits;
    }

    /** Logits that are uniform in (-spread, spread). */
    static Markov random(int vocabulary, double spread, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] logits = new float[LENGTHS * (vocabulary + 1) * (vocabulary + 1)][vocabulary];
        for (float[] row : logits) {
            for (int v = 0; v < vocabulary; v++) {
                row[v] = (float) random.nextDouble(-spread, spread);
            }
        }
        return new Markov(vocabulary, logits);
    }

    /** One that knows the logits no better than so. */
    Markov disturbed(double by, long seed) {
        Markov noise = random(vocabulary, by, seed);
        for (int i = 0; i < logits.length; i++) {
            for (int v = 0; v < vocabulary; v++) {
                noise.logits[i][v] += logits[i][v];
            }
        }
        return noise;
    }

    /** One with larger logits of some tokens. */
    Markov favouring(double by, int... ids) {
        Markov other =
                new Markov(vocabulary, Arrays.stream(logits).map(float[]::clone).toArray(float[][]::new));
        for (float[] row : other.logits) {
            for (int id : ids) {
                row[id] += (float) by;
            }
        }
        return other;
    }

    float[] after(int... tokens) {
        int n = tokens.length;
        int last = n > 0 ? tokens[n - 1] : vocabulary;
        int before = n > 1 ? tokens[n - 2] : vocabulary;
        return logits[(n % LENGTHS * (vocabulary + 1) + before) * (vocabulary + 1) + last];
    }

    /** The logits after a history and each of some more tokens. */
    List<Logits> rows(int[] history, int... more) {
        List<Logits> rows = new ArrayList<>();
        int[] tokens = Arrays.copyOf(history, history.length + more.length);
        System.arraycopy(more, 0, tokens, history.length, more.length);
        for (int i = 0; i <= more.length; i++) {
            rows.add(Logits.of(after(Arrays.copyOf(tokens, history.length + i))));
        }
        return rows;
    }

    static double[] logSoftmax(float... z) {
        double sum = 0;
        for (float x : z) {
            sum += Math.exp(x);
        }
        double lse = Math.log(sum);
        double[] logProbs = new double[z.length];
        for (int v = 0; v < z.length; v++) {
            logProbs[v] = z[v] - lse;
        }
        return logProbs;
    }
}
