package io.vastmax.sampling;

import io.vastmax.Matrix;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Beam search (Lowerre, The Harpy Speech Recognition System, 1976) with a length penalty (Wu et al., Google's Neural Machine
 * Translation System, 2016), and as diverse beam search (Vijayakumar et al., 2016) in groups. It runs no model: it takes
 * rows of logits, and says which (row, token) pairs go on.
 *
 * <pre>{@code
 * BeamSearch search = BeamSettings.of(4, 64, endToken).start(prompt);
 * List<Logits> logits = model.run(prompt); // one row
 * while (true) {
 *     search.step(logits);
 *     if (search.isDone()) {
 *         break;
 *     }
 *     model.reorder(search.parents());     // the cache: row i continues row parents[i]
 *     logits = model.run(search.tokens()); // a row each
 * }
 * Hypothesis best = search.best(1).getFirst();
 * }</pre>
 *
 * <p>The rules are those of Hugging Face Transformers since 4.50. A step takes log-softmax of each row, then the filters,
 * and does not renormalise; with {@code e} end tokens the best {@code K = max(2, 1 + e) beams} continuations of all beams are
 * looked at, of equal ones those of the lower row, then of the lower id. The best unfinished ones become the next beams. What
 * ends, with an end token or at the greatest length, is a finished hypothesis if it is among the best {@code beams} of the K;
 * the {@code beams} with the best scores are kept. {@link EarlyStopping} says when it is done.
 *
 * <p>Where the vocabulary or the filters leave fewer continuations than beams there are fewer beams: a beam without any ends.
 * Sums are double, logits and what filters make of log-probabilities single precision. A step costs a pass over the
 * logits, and sorts nothing but the few best. Mutable; one thread at a time.
 */
public final class BeamSearch {
    private final Candidates candidates = new Candidates();
    private final List<BeamGroup> groups = new ArrayList<>();
    private final int beams;
    private final IntArrayList parents = new IntArrayList();
    private final IntArrayList tokens = new IntArrayList();
    private boolean started;

    BeamSearch(BeamSettings settings, Sampler sampler) {
        beams = settings.beams();
        for (int g = 0; g < settings.groups(); g++) {
            groups.add(new BeamGroup(settings, sampler));
        }
    }

    /** How many rows of logits the next step takes: one at first, that after the prompt; none once it is done. */
    public int rows() {
        return started ? parents.size() : 1;
    }

    /** Goes a step on with the rows of a matrix. */
    public void step(Matrix logits) {
        step(Logits.rows(logits));
    }

    /**
     * Goes a step on.
     *
     * @param logits a row for each of {@link #tokens}, in their order; at first the one after the prompt
     * @throws IllegalArgumentException if it is another number of rows, a logit is NaN or {@code +inf}, or all of a row are
     *     masked
     * @throws IllegalStateException if it is done
     */
    public void step(List<Logits> logits) {
        if (isDone()) {
            throw new IllegalStateException("The search is done");
        }
        if (logits.size() != rows()) {
            throw new IllegalArgumentException("logits have " + logits.size() + " rows: must be " + rows());
        }
        parents.clear();
        tokens.clear();
        // All groups read the first row
        List<Logits> rows = started ? logits : List.of(logits.getFirst().untouchable());
        int from = 0;
        for (BeamGroup group : groups) {
            int taken = group.size();
            group.step(rows, started ? from : 0, candidates, parents, tokens);
            from += taken;
        }
        started = true;
    }

    /** Which row of the last step each row of the next one continues. */
    public int[] parents() {
        return parents.toIntArray();
    }

    /** With which token. */
    public int[] tokens() {
        return tokens.toIntArray();
    }

    /** Whether nothing goes on. */
    public boolean isDone() {
        return rows() == 0;
    }

    /**
     * The n best of the hypotheses that are finished, best score first; fewer if there are not as many.
     *
     * @throws IllegalArgumentException if n is not from 1 to the number of beams
     */
    public List<Hypothesis> best(int n) {
        if (n < 1 || n > beams) {
            throw new IllegalArgumentException("n = " + n + ": must be from 1 to the " + beams + " beams");
        }
        return groups.stream()
                .flatMap(group -> group.finished().stream())
                .sorted(Comparator.comparingDouble(Hypothesis::score).reversed())
                .limit(n)
                .toList();
    }

    /** What the beams hold so far, with scores at the present length, in the order of {@link #tokens}. */
    public List<Hypothesis> unfinished() {
        return groups.stream().flatMap(group -> group.unfinished().stream()).toList();
    }
}
