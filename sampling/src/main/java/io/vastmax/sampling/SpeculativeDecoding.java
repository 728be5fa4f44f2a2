package io.vastmax.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Speculative decoding: tokens that something cheap drafted are verified by a large model, the target, which computes the
 * logits at all of them in one run. As many as pass are accepted, and one more token follows: it yields up to g + 1 tokens
 * for g drafts, at least one, distributed exactly as if the target's sampler had chosen each, whatever its filters and
 * selector. It runs no model.
 *
 * <p>Drafts from anywhere, as of a {@link PromptLookup}: the target's sampler samples as it always does, and goes on as long
 * as it chooses what was drafted. A draft is accepted with the probability p(x) that the target gives it, which no rule
 * exceeds for drafts that were not drawn. The tokens are the very ones that it would have chosen without drafts.
 *
 * <p>Drafts that another sampler drew from a smaller model: a draft is accepted with probability {@code min(1, p(x) / q(x))},
 * where p and q are what the filters and the selectors of the two leave; what replaces a rejected one is drawn from
 * {@code max(0, p - q)}, normalised. So {@code sum_x min(p(x), q(x))} of the drafts are accepted (Leviathan, Kalman and
 * Matias, Fast Inference from Transformers via Speculative Decoding, ICML 2023; Chen et al., Accelerating Large Language
 * Model Decoding with Speculative Sampling, 2023). Where both are greedy, no random numbers are needed.
 *
 * <pre>{@code
 * SpeculativeDecoding speculation = SpeculativeDecoding.of(target, draft);
 * while (...) {
 *     for (int i = 0; i < g; i++) {
 *         draftLogits.set(i, small.run(i == 0 ? tokens : last));
 *         last = draft.sample(draftLogits.get(i));
 *     }
 *     tokens = speculation.verify(large.run(tokens, drafts), draftLogits); // g + 1 rows
 *     // the caches keep speculation.accepted() drafts
 * }
 * }</pre>
 *
 * <p>Afterwards both samplers have the same tokens behind the prompt: those accepted and the one that follows. The two may
 * share seed and sequence: their draws are independent where they need be. Selectors that learn from what they choose do so
 * at each accepted token; the draft's does not learn from the token that follows, which it did not choose.
 *
 * <p>Mutable; one thread at a time, which is that of its samplers.
 */
public final class SpeculativeDecoding {
    private final Sampler target;
    private final @Nullable Sampler draft;
    private final IntPredicate ends;
    private final int top;
    private final List<ScoredToken> scores = new ArrayList<>();
    private int[] drafts = {};
    private int[] tokens = {};
    private int accepted;

    /** Scores nothing if {@code top} is negative. */
    private SpeculativeDecoding(Sampler target, @Nullable Sampler draft, IntPredicate ends, int top) {
        this.target = target;
        this.draft = draft;
        this.ends = ends;
        this.top = top;
    }

    /** With drafts from anywhere. */
    public static SpeculativeDecoding of(Sampler target) {
        return new SpeculativeDecoding(target, null, id -> false, -1);
    }

    /**
     * With drafts of another sampler.
     *
     * @throws IllegalArgumentException if it is the same
     */
    public static SpeculativeDecoding of(Sampler target, Sampler draft) {
        if (draft == target) {
            throw new IllegalArgumentException("draft: must be another sampler than the target's");
        }
        return new SpeculativeDecoding(target, draft, id -> false, -1);
    }

    /** The same for these samplers, which stops behind any of these tokens: no other token follows it. */
    public SpeculativeDecoding endingWith(int... ids) {
        return until(EndTokens.of(ids)::contains);
    }

    /**
     * The same for these samplers, which stops behind a token that ends the text: no other is chosen after it.
     *
     * @param last told of each token once, in their order, when the samplers have accepted it
     */
    public SpeculativeDecoding until(IntPredicate last) {
        return new SpeculativeDecoding(target, draft, last, top);
    }

    /**
     * The same for these samplers, which scores each token under the target, as {@link Sampler#sampleScored} does.
     *
     * @param likeliest how many of the likeliest tokens to add, 0 or more
     */
    public SpeculativeDecoding scoring(int likeliest) {
        Check.notNegative("likeliest", likeliest);
        return new SpeculativeDecoding(target, draft, ends, likeliest);
    }

    /** How many drafts the last verification accepted. */
    public int accepted() {
        return accepted;
    }

    /** The scores of the tokens of the last verification; none unless it {@linkplain #scoring scores}. A view. */
    public List<ScoredToken> scores() {
        return Collections.unmodifiableList(scores);
    }

    /**
     * Verifies drafts by comparison with what the target's sampler chooses. If there is a draft sampler, it must have chosen
     * or accepted them.
     *
     * @param logits the target's at each draft and after the last: row i follows the first i drafts
     * @param drafted the drafts, none or more
     * @return the tokens that are chosen: the drafts accepted, then another one, but for an end token among them
     * @throws IllegalArgumentException if the rows are not one more than the drafts, or a row is none to sample from
     */
    public int[] verify(List<Logits> logits, int... drafted) {
        int g = drafted.length;
        begin(logits, g);
        System.arraycopy(drafted, 0, drafts, 0, g);
        if (draft != null) {
            requireDrafts(draft, g);
        }
        boolean passes = true;
        int count = 0;
        for (int i = 0; passes; i++) {
            int id = sample(logits.get(i));
            tokens[count++] = id;
            boolean drawn = i < g && id == drafts[i];
            accepted += drawn ? 1 : 0;
            passes = !ends.test(id) && drawn;
        }
        if (draft != null) {
            draft.rollback(g - accepted);
            if (count > accepted) {
                draft.accept(tokens[accepted]);
            }
        }
        return Arrays.copyOf(tokens, count);
    }

    /**
     * Verifies all that the draft's sampler chose beyond the target's position, against what it was drawn from.
     *
     * @param logits the target's at each draft and after the last: row i follows the first i drafts
     * @param draftLogits those that each draft was chosen from, as they were: not ones that may be overwritten
     * @return the tokens that are chosen: the drafts accepted, then another one, but for an end token among them
     * @throws IllegalArgumentException if the rows of {@code logits} are not one more than those of {@code draftLogits}, a
     *     row is none to sample from, or a draft cannot have been drawn from its row
     * @throws IllegalStateException if there is no draft sampler, or it is not as many tokens ahead
     */
    public int[] verify(List<Logits> logits, List<Logits> draftLogits) {
        Sampler drafter = draft;
        if (drafter == null) {
            throw new IllegalStateException("There is no draft sampler: verify drafts as tokens");
        }
        int g = draftLogits.size();
        begin(logits, g);
        requireAhead(drafter, g);
        for (int i = 0; i < g; i++) {
            drafts[i] = drafter.history().last(g - 1 - i);
        }
        drafter.rollback(g);
        int count = 0;
        boolean passes = true;
        for (int i = 0; passes; i++) {
            int id = i < g
                    ? verify(logits.get(i), drafter, draftLogits.get(i), drafts[i])
                    : drafter.accept(sample(logits.get(g)));
            tokens[count++] = id;
            passes = !ends.test(id) && accepted > i;
        }
        return Arrays.copyOf(tokens, count);
    }

    /** The token at one place: the draft if it is accepted, else what replaces it. Both samplers accept it. */
    private int verify(Logits logits, Sampler drafter, Logits draftLogits, int id) {
        Candidates ours = target.candidates();
        ours.begin(top < 0 ? logits : logits.untouchable());
        target.narrow(ours);
        Candidates theirs = drafter.candidates();
        theirs.begin(draftLogits);
        drafter.narrow(theirs);
        double p = ours.probabilityOf(id);
        double q = theirs.probabilityOf(id);
        if (q == 0) {
            throw new IllegalArgumentException("draftLogits: token " + id + " at position " + drafter.position()
                    + " has the probability 0 there, so that it cannot have been drawn from them");
        }
        if (p >= q || (p > 0 && target.step().acceptance() * q < p)) {
            accepted++;
            accept(id, ours, logits);
            return drafter.accept(id, theirs);
        }
        int other = ours.drawBeyond(theirs, target.step().replacement());
        accept(other, ours, logits);
        return drafter.accept(other);
    }

    private void accept(int id, Candidates chain, Logits logits) {
        if (top >= 0) {
            scores.add(ScoredToken.of(id, logits, chain, top));
        }
        target.accept(id, chain);
    }

    private int sample(Logits logits) {
        if (top < 0) {
            return target.sample(logits);
        }
        scores.add(target.sampleScored(logits, top));
        return scores.getLast().id();
    }

    private void begin(List<Logits> logits, int g) {
        if (logits.size() != g + 1) {
            throw new IllegalArgumentException(
                    "logits have " + logits.size() + " rows: must be " + (g + 1) + ", one more than the drafts");
        }
        if (tokens.length <= g) {
            tokens = new int[g + 1];
            drafts = new int[g + 1];
        }
        accepted = 0;
        scores.clear();
    }

    private void requireAhead(Sampler drafter, int g) {
        if (drafter.position() != target.position() + g) {
            throw new IllegalStateException("The draft sampler is at position " + drafter.position() + ": must be at "
                    + (target.position() + g) + ", " + g + " tokens ahead of the target's");
        }
    }

    private void requireDrafts(Sampler drafter, int g) {
        requireAhead(drafter, g);
        for (int i = 0; i < g; i++) {
            int chosen = drafter.history().last(g - 1 - i);
            if (chosen != drafts[i]) {
                throw new IllegalArgumentException(
                        "drafted[" + i + "] = " + drafts[i] + ": the draft sampler chose " + chosen);
            }
        }
    }
}
