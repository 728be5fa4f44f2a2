package io.vastmax.sampling;

import io.vastmax.internal.Scratch;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
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
    private final CandidateList list = new CandidateList();
    private final Tally tally = new Tally();

    /** Whether all tokens of the row that are not masked are candidates; else those in the list are. */
    private boolean whole;

    /** By which a stored logit is multiplied: the pending temperatures. */
    private float scale;

    /** How many there are in the whole row, -1 if that is not known. */
    private int wholeSize;

    /** The sum over the whole row, NaN if it is not known. */
    private double wholeSum;

    /** Whether logits in the list changed since {@link #settle}. */
    private boolean touched;

    private float[] former = {};

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
        scale = 1;
        touched = false;
        rowChanged();
    }

    private void rowChanged() {
        wholeSize = -1;
        wholeSum = Double.NaN;
    }

    /** Lists the tokens of the whole row with stored logits of at least {@code least}. */
    private void listFrom(float least) {
        list.room(row.length());
        list.begin(row.collect(least, list.logits(), list.ids()));
        whole = false;
    }

    private CandidateList list() {
        if (whole) {
            listFrom(Float.NEGATIVE_INFINITY);
        }
        return list;
    }

    /** The size of the vocabulary: ids are below it. */
    public int vocabulary() {
        return row.length();
    }

    /** How many candidates there are. */
    public int size() {
        if (!whole) {
            return list.size();
        }
        if (wholeSize < 0) {
            wholeSize = row.count();
        }
        return wholeSize;
    }

    /** Whether there is none. */
    public boolean isEmpty() {
        return whole ? row.max() == Float.NEGATIVE_INFINITY : list.size() == 0;
    }

    /** The nearest finite float: a logit that masks nothing. */
    static float finite(double logit) {
        return (float) Math.max(-Float.MAX_VALUE, Math.min(logit, Float.MAX_VALUE));
    }

    /** Whether an id is below the size of the vocabulary. */
    boolean covers(int id) {
        return id >= 0 && id < vocabulary();
    }

    /** The id of a candidate, counted from 0 to below {@link #size}. */
    public int id(int i) {
        return list().ids()[Objects.checkIndex(i, list.size())];
    }

    /** The logit of a candidate. */
    public float logit(int i) {
        return list().logits()[Objects.checkIndex(i, list.size())] * scale;
    }

    /** The logit of a token, {@code -inf} if it is no candidate. */
    public float logitOf(int id) {
        return stored(id) * scale;
    }

    private float stored(int id) {
        Objects.checkIndex(id, vocabulary());
        if (whole) {
            return row.get(id);
        }
        int i = list.find(id);
        return i < 0 ? Float.NEGATIVE_INFINITY : list.logits()[i];
    }

    /** The largest logit. */
    public double max() {
        return (double) storedMax() * scale;
    }

    private float storedMax() {
        return whole ? row.max() : list.max();
    }

    /** The logit of a candidate less the largest, of which no digits are lost where logits are large. */
    double belowMax(int i) {
        return ((double) list().logits()[Objects.checkIndex(i, list.size())] - list.max()) * scale;
    }

    /** {@code sum exp(z_i - max)}. */
    private double sum() {
        if (!whole) {
            return list.sum(scale);
        }
        if (Double.isNaN(wholeSum)) {
            wholeSum = row.sumExp(scale);
        }
        return wholeSum;
    }

    /** {@code lse(z)}, natural. */
    public double logSumExp() {
        return max() + StrictMath.log(sum());
    }

    /** The probability of a candidate. */
    public double probability(int i) {
        return list().weight(Objects.checkIndex(i, list.size()), scale) / sum();
    }

    /** The probability of a token, 0 if it is no candidate. */
    public double probabilityOf(int id) {
        return covers(id) ? StrictMath.exp(((double) stored(id) - storedMax()) * scale) / sum() : 0;
    }

    /** The log-probability of a token, natural, {@code -inf} if it is no candidate. */
    public double logProbabilityOf(int id) {
        return ((double) stored(id) - storedMax()) * scale - StrictMath.log(sum());
    }

    /** The log-probability of the likeliest, natural. */
    double logProbabilityOfLikeliest() {
        return -StrictMath.log(sum());
    }

    /** The entropy {@code -sum p_i log p_i}, natural. */
    public double entropy() {
        double times = whole ? row.sumExpTimes(scale) : list.sumExpTimes(scale);
        return Math.max(0, StrictMath.log(sum()) - times / sum());
    }

    /** The standard deviation of the logits: the root of their mean squared distance from their mean. */
    double deviation() {
        double total = 0;
        double squares = 0;
        for (int i = 0; i < list().size(); i++) {
            double d = belowMax(i);
            total += d;
            squares = Math.fma(d, d, squares);
        }
        double mean = total / list.size();
        // Nothing cancels: with a zero among them, the variance is 1/n of the mean square at least
        return Math.sqrt(Math.max(0, squares / list.size() - mean * mean));
    }

    /** The id of the likeliest; of equal ones the lowest. */
    public int likeliest() {
        return whole ? row.argmax() : list.ids()[list.likeliest()];
    }

    /** The candidate at a rank: 0 is the likeliest. Sorts no further than asked. */
    public int ranked(int rank) {
        return list().ranked(Objects.checkIndex(rank, list.size()));
    }

    /** The rank of a token that is a candidate: 0 is the likeliest. */
    public int rankOf(int id) {
        int i = list().find(id);
        if (i < 0) {
            throw new IllegalArgumentException("id = " + id + ": is no candidate");
        }
        return list.rank(i);
    }

    /** Divides all logits by a temperature, positive and finite. */
    public void temper(double temperature) {
        float factor = (float) (scale / temperature);
        if (!(factor > 0 && factor < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("temperature = " + temperature
                    + ": with the temperatures before it, a quotient that single precision cannot hold");
        }
        scale = factor;
        wholeSum = Double.NaN;
    }

    /** Keeps the likeliest alone; of equal ones the lowest id. */
    public void keepLikeliest() {
        list.begin(likeliest(), storedMax());
        whole = false;
    }

    /**
     * Keeps the k likeliest; of equal ones at the border those with the lowest ids. All of them if they are fewer.
     *
     * @throws IllegalArgumentException if k is not positive
     */
    public void keepTop(int k) {
        keepTop(k, false);
    }

    /** Keeps the k likeliest, and all that are equal to the last of them. */
    public void keepTopAndTies(int k) {
        keepTop(k, true);
    }

    private void keepTop(int k, boolean withTies) {
        Check.positive("k", k);
        if (whole) {
            listFrom(row.bound(k));
        }
        list.keepTop(k, withTies);
    }

    /** Keeps the candidates with logits of at least {@code least}, the largest in any case. */
    public void keepAtLeast(double least) {
        if (Double.isNaN(least)) {
            throw new IllegalArgumentException("least = NaN: must be a number");
        }
        float bound = Math.min(stored(least), storedMax());
        if (whole) {
            listFrom(bound);
        } else {
            list.keepAtLeast(bound);
        }
    }

    /** The least stored logit that stands for one of at least {@code least}. */
    private float stored(double least) {
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
        float bound = stored(logSumExp() + StrictMath.log(p) - SLACK);
        if (storedMax() >= bound) {
            list().keepLeastFrom(bound);
        }
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
            double least = row.max() + (StrictMath.log(total * (1 - p) / row.length()) - SLACK) / scale;
            listFrom(Math.min(Math.nextDown((float) least), row.max()));
        }
        list.keepMass(scale, (p - SLACK) * total);
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
        double total = sum();
        double entropy = entropy();
        double typical = StrictMath.log(total) - entropy;
        double target = (p - SLACK) * total;
        if (whole) {
            // What is less likely than rest / V has a mass of rest at most. If the border turns out to be closer to the
            // entropy than all of that, it has no part in it
            double rest = (1 - p) / 2;
            double far = -StrictMath.log(rest / row.length());
            float max = row.max();
            double least = max + (StrictMath.log(total) - far) / scale;
            listFrom(Math.min((float) least, max));
            double border = list.selectTypical(list.size(), max, scale, typical, target);
            if (border < (far - entropy) * (1 - SLACK)) {
                list.keepTypical(withTies);
                return;
            }
            listFrom(Float.NEGATIVE_INFINITY);
        }
        list.selectTypical(list.size(), list.max(), scale, typical, target);
        list.keepTypical(withTies);
    }

    /** Keeps the first {@code count} by rank, at least one. */
    public void keepFirst(int count) {
        list().keepFirst(Math.max(count, 1));
    }

    /** Keeps the candidates that a mask allows. */
    public void keepAllowed(TokenMask mask) {
        if (mask.vocabulary() != vocabulary()) {
            throw new IllegalArgumentException("mask.vocabulary() = " + mask.vocabulary() + ": must be " + vocabulary()
                    + ", the size of the vocabulary");
        }
        if (whole) {
            list.room(row.length());
            list.begin(row.collect(mask, list.logits(), list.ids()));
            whole = false;
        } else {
            list.keepAllowed(mask);
        }
    }

    /** Keeps the tokens with ids below a limit, which becomes the size of the vocabulary. */
    public void keepBelow(int limit) {
        Check.positive("limit", limit);
        if (limit < vocabulary()) {
            row.truncate(limit);
            rowChanged();
            if (!whole) {
                list.keepBelow(limit);
            }
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
            int i = list.find(id);
            if (i >= 0) {
                list.logits()[i] = logit;
                touched = true;
            }
        }
    }

    /** Ends changes of logits: refuses what is NaN or {@code +inf}, and removes what is {@code -inf}. */
    public void settle() {
        if (whole) {
            if (row.settle()) {
                rowChanged();
            }
        } else if (touched) {
            touched = false;
            list.settle();
        }
    }

    /** Makes the pending temperature part of the logits. */
    private void settleScale() {
        if (scale != 1) {
            if (whole) {
                kernels.scale(scale, row.edit(), row.from(), row.length());
                settle();
            } else {
                list.multiply(scale);
            }
            scale = 1;
        }
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
            for (int i = 0; i < list.size(); i++) {
                list.logits()[i] = change.logit(list.ids()[i], list.logits()[i]);
            }
            touched = true;
        }
        settle();
    }

    /** Makes all logits log-probabilities: subtracts {@link #logSumExp}. */
    void normalise() {
        if (whole) {
            float shift = (float) StrictMath.log(sum());
            float max = row.max();
            float[] values = row.edit();
            kernels.shiftedDifference(values, row.from(), values, row.from(), row.length(), max, scale, shift);
            settle();
        } else {
            list.normalise(scale);
        }
        scale = 1;
    }

    /** A new logit for a probability and a parameter, which is the same for all candidates. */
    @FunctionalInterface
    interface Reweighing {
        float logit(double probability, double parameter);
    }

    /** Changes logits by probability, and keeps these for {@link #formerProbabilityOf}. */
    void reweigh(Reweighing reweighing, double parameter) {
        former = Scratch.grow(former, list().size());
        for (int i = 0; i < list.size(); i++) {
            former[i] = (float) probability(i);
        }
        for (int i = 0; i < list.size(); i++) {
            list.logits()[i] = reweighing.logit(former[i], parameter);
        }
        list.settle();
        scale = 1;
    }

    /** The probability of a token that is a candidate before {@link #reweigh}. */
    double formerProbabilityOf(int id) {
        return former[list.find(id)];
    }

    /** Numbers for tokens, none yet: for one filter at a time. */
    Tally tally() {
        tally.begin(vocabulary());
        return tally;
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
        return list.ids()[list.draw(uniform, scale)];
    }

    /**
     * Draws a token by what its probability exceeds another distribution's by: from {@code max(0, p_i - q_i)}, normalised; by
     * its probability where nothing exceeds it.
     */
    int drawBeyond(Candidates other, double uniform) {
        int drawn = list().drawBeyond(scale, other.list(), other.scale, uniform);
        return drawn < 0 ? draw(uniform) : list.ids()[drawn];
    }

    /** The id with the largest {@code z_i + g_i}, with Gumbel noise of each token at this step. */
    int drawPerturbed(SamplingStep step) {
        return list().ids()[list.drawPerturbed(scale, step)];
    }

    /** The ids with the largest {@code z_i + g_i}, from the largest down: as many as there is room for, or all. */
    int drawPerturbed(SamplingStep step, int[] drawn) {
        return list().drawPerturbed(scale, step, drawn);
    }
}
