package io.vastmax.sampling;

import io.vastmax.internal.Scratch;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import java.util.Arrays;

/**
 * Candidates that a filter has listed: ids, rising, and beside them logits as they are stored, before the temperature that
 * waits in {@link Candidates}. Where a scale is given, it is that temperature's inverse.
 *
 * <p>Whatever removes candidates moves the others together and keeps their order. Mutable, used again for every step.
 */
final class CandidateList {
    private final Kernels kernels = Simd.kernels();
    private final MassSelection selection = new MassSelection();
    private final FallingOrder order = new FallingOrder();
    private final PerturbedLogits perturbed = new PerturbedLogits();
    private int size;
    private int[] ids = {};
    private float[] logits = {};
    private float[] weights = {};
    private float[] keys = {};

    /** The largest logit, NaN if it is not known. */
    private float max;

    /** The scale that the weights and their sum are for, NaN if there are none. */
    private float weighedFor;

    private double sum;
    private boolean ordered;

    /** Makes room for as many, to be written to {@link #ids} and {@link #logits}. */
    void room(int length) {
        if (ids.length < length) {
            ids = new int[length];
            logits = new float[length];
        }
    }

    int[] ids() {
        return ids;
    }

    float[] logits() {
        return logits;
    }

    /** Becomes the first {@code n} that were written. */
    void begin(int n) {
        size = n;
        changed();
    }

    /** Becomes a single one. */
    void begin(int id, float logit) {
        room(1);
        ids[0] = id;
        logits[0] = logit;
        begin(1);
    }

    private void changed() {
        max = Float.NaN;
        weighedFor = Float.NaN;
        ordered = false;
    }

    private void shrink(int kept) {
        if (kept < size) {
            begin(kept);
        }
    }

    int size() {
        return size;
    }

    /** Which one a token is, or a negative number. */
    int find(int id) {
        return Arrays.binarySearch(ids, 0, size, id);
    }

    /** The largest logit. */
    float max() {
        if (Float.isNaN(max)) {
            max = kernels.max(logits, 0, size);
        }
        return max;
    }

    /** The first with the largest logit. */
    int likeliest() {
        int first = 0;
        while (logits[first] != max()) {
            first++;
        }
        return first;
    }

    /** {@code sum exp((z_i - max) scale)}. */
    double sum(float scale) {
        weigh(scale);
        return sum;
    }

    /** {@code exp((z_i - max) scale)} of one. */
    float weight(int i, float scale) {
        weigh(scale);
        return weights[i];
    }

    private void weigh(float scale) {
        if (weighedFor != scale) {
            weigh(size, max(), scale);
            sum = kernels.sumExp(logits, 0, size, max(), scale);
            weighedFor = scale;
        }
    }

    private void weigh(int n, float most, float scale) {
        weights = Scratch.grow(weights, n);
        weighedFor = Float.NaN;
        kernels.scaledExp(logits, 0, weights, 0, n, most, scale, 1);
    }

    /** {@code sum d_i exp(d_i)} with {@code d_i = (z_i - max) scale}. */
    double sumExpTimes(float scale) {
        return kernels.sumExpTimes(logits, 0, size, max(), scale);
    }

    /** Keeps those with logits of at least {@code least}. */
    void keepAtLeast(float least) {
        shrink(kernels.keep(logits, least, logits, ids, size));
    }

    /** Keeps the k likeliest, with all that are equal to the last or without. */
    void keepTop(int k, boolean withTies) {
        if (k < size) {
            selection.select(logits, null, size, k, lowest(logits, size));
            keepSelected(logits, withTies);
        }
    }

    /** Keeps the likeliest as far as the mass of those before each, in weights, is below a target. */
    void keepMass(float scale, double target) {
        weigh(size, max(), scale);
        selection.select(logits, weights, size, target, lowest(logits, size));
        keepSelected(logits, false);
    }

    /**
     * Looks among the first {@code n} that were written for those closest to a logit, as far as the mass of the closer ones is
     * below a target; {@link #keepTypical} keeps them.
     *
     * @param most the largest logit of all
     * @param typical the logit, after the scale, less the largest
     * @return how far, after the scale, the last of them is; infinity if they do not reach the target
     */
    double selectTypical(int n, float most, float scale, double typical, double target) {
        weigh(n, most, scale);
        keys = Scratch.grow(keys, n);
        kernels.shiftedDifference(logits, 0, keys, 0, n, most, scale, (float) typical);
        for (int i = 0; i < n; i++) {
            keys[i] = -Math.abs(keys[i]);
        }
        selection.select(keys, weights, n, target, lowest(keys, n));
        return kernels.sumExp(logits, 0, n, most, scale) < target ? Double.POSITIVE_INFINITY : -selection.least();
    }

    /** Keeps what {@link #selectTypical} found, with all that are as far as the last or without. */
    void keepTypical(boolean withTies) {
        keepSelected(keys, withTies);
    }

    private void keepSelected(float[] by, boolean withTies) {
        float least = selection.least();
        if (!withTies && selection.firstLeftOut() >= 0) {
            for (int i = selection.firstLeftOut(); i < size; i++) {
                by[i] = by[i] == least ? Float.NEGATIVE_INFINITY : by[i];
            }
        }
        shrink(kernels.keep(by, least, logits, ids, size));
    }

    private static float lowest(float[] x, int n) {
        float lowest = Float.POSITIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            lowest = Math.min(lowest, x[i]);
        }
        return lowest;
    }

    /** Of those with logits of at least {@code bound}, if any, keeps the least likely alone; of equal ones the last. */
    void keepLeastFrom(float bound) {
        int stays = -1;
        for (int i = 0; i < size; i++) {
            if (logits[i] >= bound && (stays < 0 || logits[i] <= logits[stays])) {
                stays = i;
            }
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (logits[i] < bound || i == stays) {
                move(i, kept++);
            }
        }
        shrink(kept);
    }

    /** The one at a rank from 0, the likeliest; sorts no further than asked. */
    int ranked(int rank) {
        if (!ordered) {
            order.begin(logits, size);
            ordered = true;
        }
        return order.at(rank);
    }

    /** How many are likelier than one, or as likely and before it. */
    int rank(int i) {
        int rank = 0;
        for (int j = 0; j < size; j++) {
            rank += logits[j] > logits[i] || (logits[j] == logits[i] && j < i) ? 1 : 0;
        }
        return rank;
    }

    /** Keeps the first {@code count} by rank, at least one. */
    void keepFirst(int count) {
        if (count < size) {
            int last = ranked(count - 1);
            float least = logits[last];
            int kept = 0;
            for (int i = 0; i < size; i++) {
                if (logits[i] > least || (logits[i] == least && i <= last)) {
                    move(i, kept++);
                }
            }
            shrink(kept);
        }
    }

    /** Keeps those that a mask allows. */
    void keepAllowed(TokenMask mask) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (mask.allows(ids[i])) {
                move(i, kept++);
            }
        }
        shrink(kept);
    }

    /** Keeps those with ids below a limit. */
    void keepBelow(int limit) {
        int at = find(limit);
        shrink(at < 0 ? -at - 1 : at);
    }

    /** Takes note of changes of {@link #logits}: refuses what is NaN or {@code +inf}, and removes what is {@code -inf}. */
    void settle() {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            LogitRow.requireLogit(ids[i], logits[i]);
            if (logits[i] > Float.NEGATIVE_INFINITY) {
                move(i, kept++);
            }
        }
        begin(kept);
    }

    /** Multiplies all logits. */
    void multiply(float factor) {
        kernels.scale(factor, logits, 0, size);
        settle();
    }

    /** Makes all logits log-probabilities. */
    void normalise(float scale) {
        float shift = (float) StrictMath.log(sum(scale));
        kernels.shiftedDifference(logits, 0, logits, 0, size, max(), scale, shift);
        changed();
    }

    private void move(int from, int to) {
        ids[to] = ids[from];
        logits[to] = logits[from];
    }

    /** Which one is drawn by weight. */
    int draw(double uniform, float scale) {
        weigh(scale);
        return Selection.inverse(weights, size, uniform * sum);
    }

    /** Which one is drawn by what its probability exceeds that in another list by; a negative number if none does. */
    int drawBeyond(float scale, CandidateList other, float otherScale, double uniform) {
        weigh(scale);
        other.weigh(otherScale);
        keys = Scratch.grow(keys, size);
        double mass = 0;
        int j = 0;
        for (int i = 0; i < size; i++) {
            while (j < other.size && other.ids[j] < ids[i]) {
                j++;
            }
            double q = j < other.size && other.ids[j] == ids[i] ? other.weights[j] / other.sum : 0;
            keys[i] = (float) Math.max(0, weights[i] / sum - q);
            mass += keys[i];
        }
        return mass > 0 ? Selection.inverse(keys, size, uniform * mass) : -1;
    }

    /** The one with the largest logit after Gumbel noise. */
    int drawPerturbed(float scale, SamplingStep step) {
        return perturbed.first(ids, logits, size, max(), scale, step);
    }

    /** The ids with the largest logits after Gumbel noise, from the largest down; returns how many there are. */
    int drawPerturbed(float scale, SamplingStep step, int[] drawn) {
        int count = Math.min(drawn.length, size);
        if (count == 0) {
            return 0;
        }
        perturbed.rank(count, ids, logits, size, max(), scale, step);
        for (int rank = 0; rank < count; rank++) {
            drawn[rank] = ids[perturbed.at(rank)];
        }
        return count;
    }
}
