package io.vastmax.sampling;

import io.vastmax.internal.Scratch;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import java.util.Arrays;
import java.util.Objects;

/**
 * The tokens that may still be chosen in a step, with their logits: what filters narrow down and selectors draw from. A
 * token that is masked, with a logit of {@code -inf}, is no candidate.
 *
 * <p>Candidates stand by rising id and are counted from 0. Where an order by probability matters, equal logits stand by
 * rising id. Their probabilities are {@code p_i = exp(z_i - lse(z))} over the present candidates: renormalised by nature.
 *
 * <p>Logits are single precision, and so are their exponentials (relative error below 2^-21); sums are double. Comparisons
 * of masses and probabilities therefore have a slack of 2^-20: what is that close to a threshold counts as having reached it.
 *
 * <p>As long as no filter has removed much, the candidates are the row of logits itself, unsorted and uncopied; a
 * temperature is a factor that is applied where logits are read. Mutable; kept and used again from step to step, allocating
 * nothing once it has grown to the vocabulary. One thread at a time.
 */
public final class Candidates {
    /** The relative slack of comparisons. */
    static final double SLACK = 0x1p-20;

    private final Kernels kernels = Simd.kernels();
    private final LogitRow row = new LogitRow();
    private final MassSelection selection = new MassSelection();
    private final FallingOrder order = new FallingOrder();
    private final Tally tally = new Tally();
    private final PerturbedLogits perturbed = new PerturbedLogits();

    /** Whether all tokens of the row that are not masked are candidates; else they are in the arrays. */
    private boolean whole;

    private int size;
    private int[] ids = {};
    private float[] logits = {};
    private float[] weights = {};
    private float[] keys = {};
    private float[] former = {};

    /** Whether logits in the arrays changed since {@link #settle}. */
    private boolean touched;

    /** By which a stored logit is multiplied: the pending temperatures. */
    private float scale;

    // Of the present candidates, if known: size is -1, max is NaN, sum is NaN otherwise
    private float max;
    private double sum;
    private boolean weighed;
    private boolean ordered;

    /** Made by samplers. */
    Candidates() {}

    /** Begins a step with logits in an array. */
    void begin(float[] array, int from, int length) {
        Objects.checkFromIndexSize(from, length, array.length);
        if (length == 0) {
            throw new IllegalArgumentException("logits hold 0 numbers: must be at least one");
        }
        row.begin(array, from, length);
        beginWhole();
    }

    /** Begins a step. */
    void begin(Logits source) {
        row.begin(source);
        beginWhole();
    }

    private void beginWhole() {
        whole = true;
        size = -1;
        scale = 1;
        max = row.max();
        sum = Double.NaN;
        weighed = false;
        ordered = false;
    }

    /** Forgets what depends on which candidates there are. */
    private void changed() {
        max = whole ? row.max() : Float.NaN;
        sum = Double.NaN;
        weighed = false;
        ordered = false;
    }

    /** The size of the vocabulary: ids are below it. */
    public int vocabulary() {
        return row.length();
    }

    /** How many candidates there are. */
    public int size() {
        if (size < 0) {
            size = row.count();
        }
        return size;
    }

    /** Whether there is none. */
    public boolean isEmpty() {
        return whole ? row.max() == Float.NEGATIVE_INFINITY : size == 0;
    }

    /** The id of a candidate, counted from 0 to below {@link #size}. */
    public int id(int i) {
        list();
        return ids[Objects.checkIndex(i, size)];
    }

    /** The logit of a candidate. */
    public float logit(int i) {
        list();
        return logits[Objects.checkIndex(i, size)] * scale;
    }

    /** Numbers for tokens, none yet: for one filter at a time. */
    Tally tally() {
        tally.begin(vocabulary());
        return tally;
    }

    /** The nearest finite float: a logit that masks nothing. */
    static float finite(double logit) {
        return (float) Math.max(-Float.MAX_VALUE, Math.min(logit, Float.MAX_VALUE));
    }

    /** Whether an id is below the size of the vocabulary. */
    boolean covers(int id) {
        return id >= 0 && id < vocabulary();
    }

    /** The logit of a token, {@code -inf} if it is no candidate. */
    public float logitOf(int id) {
        Objects.checkIndex(id, vocabulary());
        if (whole) {
            return row.get(id) * scale;
        }
        int i = find(id);
        return i < 0 ? Float.NEGATIVE_INFINITY : logits[i] * scale;
    }

    /** Which candidate a token is, or a negative number. */
    int find(int id) {
        list();
        return Arrays.binarySearch(ids, 0, size, id);
    }

    /** The largest logit. */
    public float max() {
        return rawMax() * scale;
    }

    private float rawMax() {
        if (Float.isNaN(max)) {
            max = kernels.max(logits, 0, size);
        }
        return max;
    }

    /** {@code sum exp(z_i - max)}. */
    private double sum() {
        if (Double.isNaN(sum)) {
            if (whole) {
                sum = row.sumExp(scale);
            } else {
                weigh();
            }
        }
        return sum;
    }

    /** {@code weights_i = exp(z_i - max)}, and their sum. */
    private void weigh() {
        list();
        if (!weighed) {
            weights = Scratch.grow(weights, size);
            kernels.scaledExp(logits, 0, weights, 0, size, rawMax(), scale, 1);
            sum = kernels.sumExp(logits, 0, size, rawMax(), scale);
            weighed = true;
        }
    }

    /** {@code lse(z)}, natural. */
    public double logSumExp() {
        return max() + StrictMath.log(sum());
    }

    /** The probability of a candidate. */
    public double probability(int i) {
        weigh();
        return weights[Objects.checkIndex(i, size)] / sum;
    }

    /** The probability of a token, 0 if it is no candidate. */
    public double probabilityOf(int id) {
        if (id >= vocabulary()) {
            return 0;
        }
        if (whole) {
            return StrictMath.exp(((double) row.get(id) - row.max()) * scale) / sum();
        }
        int i = find(id);
        return i < 0 ? 0 : probability(i);
    }

    /** The logit of a candidate less the largest, of which no digits are lost where logits are large. */
    double belowMax(int i) {
        list();
        return ((double) logits[Objects.checkIndex(i, size)] - rawMax()) * scale;
    }

    /** The log-probability of a token, natural, {@code -inf} if it is no candidate. */
    double logProbabilityOf(int id) {
        int i = find(id);
        return i < 0 ? Double.NEGATIVE_INFINITY : belowMax(i) - StrictMath.log(sum());
    }

    /** The log-probability of the likeliest, natural. */
    double logProbabilityOfLikeliest() {
        return -StrictMath.log(sum());
    }

    /** The standard deviation of the logits: the root of their mean squared distance from their mean. */
    double deviation() {
        list();
        double most = rawMax();
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < size; i++) {
            double d = logits[i] - most;
            sum += d;
            squares = Math.fma(d, d, squares);
        }
        double mean = sum / size;
        // Nothing cancels: with a zero among them, the variance is 1/n of the mean square at least
        return Math.sqrt(Math.max(0, squares / size - mean * mean)) * scale;
    }

    /** The log-probability of a logit among the candidates, natural. */
    double logProbability(float logit) {
        return (double) logit - max() - StrictMath.log(sum());
    }

    /** The entropy {@code -sum p_i log p_i}, natural. */
    public double entropy() {
        double times;
        if (whole) {
            times = row.sumExpTimes(scale);
        } else {
            times = kernels.sumExpTimes(logits, 0, size, rawMax(), scale);
        }
        return Math.max(0, StrictMath.log(sum()) - times / sum());
    }

    /** Divides all logits by a temperature, positive and finite. */
    public void temper(double temperature) {
        float factor = (float) (scale / temperature);
        if (!(factor > 0 && factor < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("temperature = " + temperature
                    + ": with the temperatures before it, a quotient that single precision cannot hold");
        }
        scale = factor;
        sum = Double.NaN;
        weighed = false;
    }

    /** Keeps the likeliest alone; of equal ones the lowest id. */
    public void keepLikeliest() {
        int id = likeliest();
        float logit = rawMax();
        grow(1);
        ids[0] = id;
        logits[0] = logit;
        becomeList(1);
    }

    /** Keeps the k likeliest; of equal ones at the border those with the lowest ids. All of them if they are fewer. */
    public void keepTop(int k) {
        collectTop(k);
        if (k < size) {
            selection.select(logits, null, size, k, lowest());
            keepSelected(logits, false);
        }
    }

    /** Keeps the k likeliest, and all that are equal to the last of them. */
    public void keepTopAndTies(int k) {
        collectTop(k);
        if (k < size) {
            selection.select(logits, null, size, k, lowest());
            keepRaw(selection.least());
        }
    }

    private void collectTop(int k) {
        if (whole) {
            float least = row.bound(k);
            grow(row.length());
            becomeList(row.collect(least, logits, ids));
        }
    }

    /**
     * Keeps the candidates with logits of at least {@code least}, the largest in any case.
     */
    public void keepAtLeast(double least) {
        keepRaw(Math.min(raw(least), rawMax()));
    }

    /** The least stored logit that stands for one of at least {@code least}. */
    private float raw(double least) {
        double raw = least / scale;
        float bound = (float) raw;
        return bound < raw ? Math.nextUp(bound) : bound;
    }

    /** Keeps the candidates with probabilities of at least {@code p}, the largest in any case. */
    public void keepProbable(double p) {
        keepAtLeast(logSumExp() + StrictMath.log(p) - SLACK);
    }

    /**
     * Of the candidates with probabilities of at least {@code p} removes all but the least likely; of equally unlikely ones the
     * highest id stays.
     */
    void removeProbableButLeast(double p) {
        float bound = raw(logSumExp() + StrictMath.log(p) - SLACK);
        if (rawMax() < bound) {
            return;
        }
        list();
        int stays = likeliestIndex();
        for (int i = 0; i < size; i++) {
            stays = logits[i] >= bound && logits[i] <= logits[stays] ? i : stays;
        }
        float logit = logits[stays];
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (logits[i] < logit || i == stays) {
                ids[kept] = ids[i];
                logits[kept++] = logits[i];
            }
        }
        shrink(kept);
    }

    private void keepRaw(float least) {
        if (whole) {
            grow(row.length());
            becomeList(row.collect(least, logits, ids));
        } else {
            shrink(kernels.keep(logits, least, logits, ids, size));
        }
    }

    /** The least logit, as it is stored. */
    private float lowest() {
        float lowest = Float.POSITIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            lowest = Math.min(lowest, logits[i]);
        }
        return lowest;
    }

    /**
     * Keeps a candidate if and only if the mass of the likelier ones is below p, the likeliest in any case: the smallest set
     * of mass p.
     */
    public void keepMass(double p) {
        if (p >= 1) {
            return;
        }
        double total = sum();
        if (whole) {
            // Tokens of at most (1 - p) / V each have 1 - p together at most: before them stands a mass of p
            double least = rawMax() + (StrictMath.log(total * (1 - p) / row.length()) - SLACK) / scale;
            grow(row.length());
            int kept = row.collect(Math.min(Math.nextDown((float) least), rawMax()), logits, ids);
            becomeList(kept);
        }
        weights = Scratch.grow(weights, size);
        weighed = false;
        kernels.scaledExp(logits, 0, weights, 0, size, rawMax(), scale, 1);
        selection.select(logits, weights, size, (p - SLACK) * total, lowest());
        keepSelected(logits, false);
    }

    /** Keeps what was selected by keys. */
    private void keepSelected(float[] by, boolean withTies) {
        float least = selection.least();
        if (!withTies && selection.firstLeftOut() >= 0) {
            for (int i = selection.firstLeftOut(); i < size; i++) {
                by[i] = by[i] == least ? Float.NEGATIVE_INFINITY : by[i];
            }
        }
        shrink(kernels.keep(by, least, logits, ids, size));
    }

    /**
     * Keeps those closest in surprise to the entropy, {@code |-log p_i - H|}, whose mass comes to p: a candidate stays if and
     * only if the mass of the closer ones is below p, the closest in any case.
     */
    public void keepTypical(double p) {
        keepTypical(p, false);
    }

    /** {@link #keepTypical} that may keep all candidates as far from the entropy as the last one. */
    void keepTypical(double p, boolean withTies) {
        if (p >= 1) {
            return;
        }
        double entropy = entropy();
        double total = sum();
        double rest = (1 - p) / 2;
        if (whole && rest > 0) {
            // What is less likely than rest / V has a mass of rest at most. If the border turns out to be closer to the
            // entropy than all of that, it has no part in it
            double far = -StrictMath.log(rest / row.length());
            grow(row.length());
            double least = rawMax() + (StrictMath.log(total) - far) / scale;
            int kept = row.collect(Math.min((float) least, rawMax()), logits, ids);
            if (selectTypical(kept, entropy, total, p) && -selection.least() < (far - entropy) * (1 - SLACK)) {
                becomeList(kept);
                keepSelected(keys, withTies);
                return;
            }
        }
        list();
        selectTypical(size, entropy, total, p);
        keepSelected(keys, withTies);
    }

    /** Whether the mass is reached among the first {@code n} in the arrays. */
    private boolean selectTypical(int n, double entropy, double total, double p) {
        weights = Scratch.grow(weights, n);
        keys = Scratch.grow(keys, n);
        weighed = false;
        kernels.scaledExp(logits, 0, weights, 0, n, rawMax(), scale, 1);
        kernels.shiftedDifference(logits, 0, keys, 0, n, rawMax(), scale, (float) (StrictMath.log(total) - entropy));
        float low = 0;
        for (int i = 0; i < n; i++) {
            keys[i] = -Math.abs(keys[i]);
            low = Math.min(low, keys[i]);
        }
        double target = (p - SLACK) * total;
        selection.select(keys, weights, n, target, low);
        return kernels.sumExp(logits, 0, n, rawMax(), scale) >= target;
    }

    /** The candidate at a rank: 0 is the likeliest. Sorts no further than asked. */
    public int ranked(int rank) {
        list();
        order();
        return order.at(Objects.checkIndex(rank, size));
    }

    /** The rank of a token that is a candidate, from 1. */
    int rank(int id) {
        int i = find(id);
        int rank = 1;
        for (int j = 0; j < size; j++) {
            rank += logits[j] > logits[i] || (logits[j] == logits[i] && j < i) ? 1 : 0;
        }
        return rank;
    }

    private void order() {
        if (!ordered) {
            order.begin(logits, size);
            ordered = true;
        }
    }

    /** Keeps the first {@code count} by rank, at least one. */
    public void keepFirst(int count) {
        if (count < size()) {
            int last = ranked(Math.max(count, 1) - 1);
            float least = logits[last];
            int kept = 0;
            for (int i = 0; i < size; i++) {
                if (logits[i] > least || (logits[i] == least && i <= last)) {
                    ids[kept] = ids[i];
                    logits[kept++] = logits[i];
                }
            }
            shrink(kept);
        }
    }

    /** Removes the first {@code count} by rank, fewer than there are. */
    public void removeFirst(int count) {
        if (count > 0) {
            int first = ranked(count);
            float most = logits[first];
            int kept = 0;
            for (int i = 0; i < size; i++) {
                if (logits[i] < most || (logits[i] == most && i >= first)) {
                    ids[kept] = ids[i];
                    logits[kept++] = logits[i];
                }
            }
            shrink(kept);
        }
    }

    /** Keeps the candidates that a mask allows. */
    public void keepAllowed(TokenMask mask) {
        if (mask.vocabulary() != vocabulary()) {
            throw new IllegalArgumentException("mask.vocabulary() = " + mask.vocabulary() + ": must be " + vocabulary()
                    + ", the size of the vocabulary");
        }
        if (whole) {
            grow(row.length());
            becomeList(row.collect(mask, logits, ids));
            return;
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (mask.allows(ids[i])) {
                ids[kept] = ids[i];
                logits[kept++] = logits[i];
            }
        }
        shrink(kept);
    }

    /** Keeps the tokens with ids below a limit, which becomes the size of the vocabulary. */
    public void keepBelow(int limit) {
        if (limit >= vocabulary()) {
            return;
        }
        row.truncate(limit);
        if (whole) {
            size = -1;
            changed();
        } else {
            int at = find(limit);
            shrink(at < 0 ? -at - 1 : at);
        }
    }

    /** Changes the logit of a token if it is a candidate; {@code -inf} removes it. Call {@link #settle} afterwards. */
    public void setLogit(int id, float logit) {
        Objects.checkIndex(id, vocabulary());
        settleScale();
        if (whole) {
            if (row.get(id) > Float.NEGATIVE_INFINITY) {
                row.set(id, logit);
            }
        } else {
            int i = find(id);
            if (i >= 0) {
                logits[i] = logit;
                touched = true;
            }
        }
    }

    /** Ends changes of logits: refuses what is NaN or {@code +inf}, and removes what is {@code -inf}. */
    public void settle() {
        if (whole) {
            if (!row.settle()) {
                return;
            }
            size = -1;
        } else {
            if (!touched) {
                return;
            }
            touched = false;
            int kept = 0;
            for (int i = 0; i < size; i++) {
                if (!(logits[i] < Float.POSITIVE_INFINITY)) {
                    throw new IllegalArgumentException("logits[" + ids[i] + "] = " + logits[i]
                            + ": must be finite, or -inf for a token that is masked");
                }
                if (logits[i] > Float.NEGATIVE_INFINITY) {
                    ids[kept] = ids[i];
                    logits[kept++] = logits[i];
                }
            }
            size = kept;
        }
        changed();
    }

    /** A new logit for a candidate. */
    @FunctionalInterface
    public interface Change {
        /** The logit instead of the one that a token has. */
        float logit(int id, float logit);
    }

    /** Changes the logits of all candidates. */
    public void change(Change change) {
        settleScale();
        if (whole) {
            float[] values = row.edit();
            int from = row.from();
            for (int id = 0; id < row.length(); id++) {
                float logit = values[from + id];
                values[from + id] = logit == Float.NEGATIVE_INFINITY ? logit : change.logit(id, logit);
            }
        } else {
            for (int i = 0; i < size; i++) {
                logits[i] = change.logit(ids[i], logits[i]);
            }
            touched = true;
        }
        settle();
    }

    /** Makes all logits log-probabilities: subtracts {@link #logSumExp}. */
    void normalise() {
        float shift = (float) StrictMath.log(sum());
        float most = rawMax();
        if (whole) {
            float[] values = row.edit();
            kernels.shiftedDifference(values, row.from(), values, row.from(), row.length(), most, scale, shift);
            row.settle();
        } else {
            kernels.shiftedDifference(logits, 0, logits, 0, size, most, scale, shift);
        }
        scale = 1;
        changed();
    }

    /** A new logit for a probability and a parameter, which is the same for all candidates. */
    @FunctionalInterface
    interface Reweighing {
        float logit(double probability, double parameter);
    }

    /** Changes logits by probability, and keeps these for {@link #formerProbability}. */
    void reweigh(Reweighing reweighing, double parameter) {
        weigh();
        former = Scratch.grow(former, size);
        for (int i = 0; i < size; i++) {
            double p = weights[i] / sum;
            former[i] = (float) p;
            logits[i] = reweighing.logit(p, parameter);
        }
        scale = 1;
        changed();
    }

    /** The probability of a candidate before {@link #reweigh}. */
    double formerProbability(int i) {
        return former[i];
    }

    /**
     * Draws a token by its probability: the first at which the running mass, by rising id, exceeds {@code uniform}.
     *
     * @param uniform from 0 to below 1
     */
    public int draw(double uniform) {
        if (whole) {
            sum();
            return row.draw(uniform, scale);
        }
        weigh();
        return ids[Selection.inverse(weights, size, uniform * sum)];
    }

    /**
     * Draws a token by what its probability exceeds another distribution's by: from {@code max(0, p_i - q_i)}, normalised; by
     * its probability where nothing exceeds it.
     */
    int drawBeyond(Candidates other, double uniform) {
        weigh();
        other.weigh();
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
        return mass > 0 ? ids[Selection.inverse(keys, size, uniform * mass)] : draw(uniform);
    }

    /** The id of the likeliest; of equal ones the lowest. */
    public int likeliest() {
        if (whole) {
            return row.argmax();
        }
        return ids[likeliestIndex()];
    }

    private int likeliestIndex() {
        int first = 0;
        while (logits[first] != rawMax()) {
            first++;
        }
        return first;
    }

    /** The id with the largest {@code z_i + g_i}, with Gumbel noise of each token at this step. */
    int drawPerturbed(SamplingStep step) {
        list();
        return ids[perturbed.first(ids, logits, size, rawMax(), scale, step)];
    }

    /** The ids with the largest {@code z_i + g_i}, from the largest down: as many as there is room for, or all. */
    int drawPerturbed(SamplingStep step, int[] drawn) {
        list();
        int count = Math.min(drawn.length, size);
        perturbed.rank(ids, logits, size, rawMax(), scale, step);
        for (int rank = 0; rank < count; rank++) {
            drawn[rank] = ids[perturbed.at(rank)];
        }
        return count;
    }

    /** Makes the pending temperature part of the logits. */
    private void settleScale() {
        if (scale != 1) {
            if (whole) {
                kernels.scale(scale, row.edit(), row.from(), row.length());
                row.settle();
                size = -1;
            } else {
                kernels.scale(scale, logits, 0, size);
                touched = true;
            }
            scale = 1;
            changed();
        }
    }

    /** Copies the tokens of the row that are not masked into the arrays. */
    private void list() {
        if (whole) {
            grow(row.length());
            double known = sum;
            becomeList(row.collect(Float.NEGATIVE_INFINITY, logits, ids));
            max = row.max();
            sum = known;
        }
    }

    private void grow(int length) {
        if (ids.length < length) {
            ids = new int[length];
            logits = new float[length];
        }
    }

    private void becomeList(int n) {
        whole = false;
        size = n;
        changed();
    }

    private void shrink(int kept) {
        if (kept < size) {
            size = kept;
            changed();
        }
    }
}
