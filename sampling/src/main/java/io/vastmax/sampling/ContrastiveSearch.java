package io.vastmax.sampling;

import io.vastmax.Matrix;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;
import java.util.Arrays;

/**
 * Contrastive search (Su, Lan, Wang, Yogatama, Kong and Collier, A Contrastive Framework for Neural Text Generation, NeurIPS
 * 2022): of the k likeliest tokens it takes the one with the largest
 * {@code (1 - alpha) p(v) - alpha max_j cos(h_v, h_j)}, where {@code h_v} is the model's last hidden state at the token and
 * {@code h_j} those at all earlier ones, the prompt's included: likely, but not a repetition. It runs no model.
 *
 * <pre>{@code
 * ContrastiveSearch search = ContrastiveSearch.of(4, 0.6, chain.sampler(0).prompt(prompt), statesOfPrompt);
 * while (...) {
 *     int[] ids = search.candidates(logits);
 *     int chosen = search.choose(model.states(ids)); // a state for each: goes on with ids[chosen]
 * }
 * }</pre>
 *
 * <p>Probabilities are those that the chain's filters leave, not renormalised over the k. The chain's selector has no part
 * in it. A step costs {@code k n d} products for n tokens so far and states of d numbers; all states are kept, normalised.
 * Mutable; one thread at a time.
 */
public final class ContrastiveSearch {
    private final Kernels kernels = Simd.kernels();
    private final int k;
    private final double alpha;
    private final Sampler sampler;
    private final int width;
    private float[] states;
    private int count;
    private float[] candidate;
    private float[] cosines = {};
    private int[] ids = {};
    private double[] probabilities = {};

    private ContrastiveSearch(int k, double alpha, Sampler sampler, int width) {
        Check.positive("k", k);
        Check.share("alpha", alpha);
        Check.positive("states.columns()", width);
        this.k = k;
        this.alpha = alpha;
        this.sampler = sampler;
        this.width = width;
        states = new float[width * 16];
        candidate = new float[width];
    }

    /**
     * Begins after a prompt.
     *
     * @param k how many candidates a step has (the paper's authors take 4 to 8)
     * @param alpha the weight of the penalty, from 0, greedy, to 1 (the authors take 0.6)
     * @param sampler applies its chain's filters, and takes note of what is chosen
     * @param states the last hidden states at the tokens of the prompt, n x d
     * @throws IllegalArgumentException if k is not positive, alpha is not from 0 to 1, or a state is not finite
     */
    public static ContrastiveSearch of(int k, double alpha, Sampler sampler, Matrix states) {
        ContrastiveSearch search = new ContrastiveSearch(k, alpha, sampler, states.columns());
        for (int row = 0; row < states.rows(); row++) {
            search.normalise(states, row);
            search.keepCandidate();
        }
        return search;
    }

    /** The tokens to try, likeliest first: k, or fewer if the filters left fewer. */
    public int[] candidates(Logits logits) {
        Candidates candidates = sampler.candidates();
        candidates.begin(logits);
        sampler.filter(candidates);
        double lse = candidates.logSumExp();
        candidates.keepTop(k);
        int n = candidates.size();
        ids = new int[n];
        probabilities = new double[n];
        for (int rank = 0; rank < n; rank++) {
            int i = candidates.ranked(rank);
            ids[rank] = candidates.id(i);
            probabilities[rank] = StrictMath.exp(candidates.logit(i) - lse);
        }
        return ids.clone();
    }

    /**
     * Chooses one of the {@link #candidates} and accepts it; of equal ones the likeliest.
     *
     * @param candidateStates the last hidden state at each, in their order
     * @return which one, from 0
     * @throws IllegalArgumentException if there are not as many states, or one is of another length or not finite
     * @throws IllegalStateException if no candidates were asked for
     */
    public int choose(Matrix candidateStates) {
        if (ids.length == 0) {
            throw new IllegalStateException("There are no candidates: ask for them in each step");
        }
        if (candidateStates.rows() != ids.length || candidateStates.columns() != width) {
            throw new IllegalArgumentException(
                    "states = " + candidateStates + ": must be " + ids.length + " x " + width);
        }
        int best = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < ids.length; i++) {
            normalise(candidateStates, i);
            double score = (1 - alpha) * probabilities[i] - alpha * likeness();
            if (score > most) {
                most = score;
                best = i;
            }
        }
        normalise(candidateStates, best);
        keepCandidate();
        sampler.accept(ids[best]);
        ids = new int[0];
        return best;
    }

    /** The candidate's largest cosine with an earlier state; 0 if there is none. */
    private double likeness() {
        if (count == 0) {
            return 0;
        }
        kernels.dotRows(states, 0, width, count, candidate, 0, cosines, 0);
        return kernels.max(cosines, 0, count);
    }

    /** The candidate is a row of unit length, or zero. */
    private void normalise(Matrix matrix, int row) {
        int from = row * width;
        double norm = 0;
        for (int j = 0; j < width; j++) {
            double x = matrix.array()[from + j];
            norm += x * x;
        }
        norm = Math.sqrt(norm);
        if (!Double.isFinite(norm)) {
            throw new IllegalArgumentException("states: row " + row + " holds a number that is not finite");
        }
        for (int j = 0; j < width; j++) {
            candidate[j] = norm == 0 ? 0 : (float) (matrix.array()[from + j] / norm);
        }
    }

    private void keepCandidate() {
        if (states.length < (count + 1) * width) {
            states = Arrays.copyOf(states, Math.multiplyExact(2, states.length));
        }
        System.arraycopy(candidate, 0, states, count * width, width);
        count++;
        if (cosines.length < count) {
            cosines = new float[states.length / width];
        }
    }
}
