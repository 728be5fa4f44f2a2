package io.vastmax.sampling;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Rows of logits, and what filters leave of them. */
final class Filtering {
    private Filtering() {}

    /** Candidates after filters, at the first step of a sequence. */
    static Candidates candidates(float[] logits, Filter... filters) {
        Candidates candidates = new Candidates();
        candidates.begin(logits, 0, logits.length);
        SamplingStep step = new SamplingStep(1, 0);
        for (int i = 0; i < filters.length; i++) {
            step.enter(i);
            filters[i].apply(candidates, step);
        }
        return candidates;
    }

    /** The ids that filters keep. */
    static int[] kept(float[] logits, Filter... filters) {
        Candidates candidates = candidates(logits, filters);
        int[] ids = new int[candidates.size()];
        Arrays.setAll(ids, candidates::id);
        return ids;
    }

    /** The probability of each token after filters. */
    static double[] probabilities(float[] logits, Filter... filters) {
        return probabilities(candidates(logits, filters));
    }

    static double[] probabilities(Candidates candidates) {
        double[] probabilities = new double[candidates.vocabulary()];
        for (int i = 0; i < candidates.size(); i++) {
            probabilities[candidates.id(i)] = candidates.probability(i);
        }
        return probabilities;
    }

    /** Logits of probabilities, or of multiples of them; 0 is masked. */
    static float[] logits(double... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.log(probabilities[i]);
        }
        return logits;
    }

    /** Normal logits with a standard deviation of 3; one in eight is masked, or on a coarse grid with ties. */
    static float[] random(int size, boolean masks, boolean ties, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] logits = new float[size];
        for (int i = 0; i < size; i++) {
            double z = 3 * random.nextGaussian();
            logits[i] = ties ? Math.round(2 * z) / 2f : (float) z;
            if (masks && random.nextInt(8) == 0) {
                logits[i] = Float.NEGATIVE_INFINITY;
            }
        }
        logits[size / 2] = 1;
        return logits;
    }
}
