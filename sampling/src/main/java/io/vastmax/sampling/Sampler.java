package io.vastmax.sampling;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the tokens of one sequence with a {@link Chain}: remembers the tokens so far and what the selector needs to
 * remember, and draws with random numbers of (seed, sequence, position), which depend on nothing else.
 *
 * <p>It can be copied and {@linkplain #rollback rolled back} exactly. Mutable; one thread at a time. Allocates nothing per
 * token once its buffers have grown.
 */
public final class Sampler {
    private final Chain chain;
    private final SamplingStep step;
    private final double[] memory;
    private final int memorySize;

    /** The selector's memory before each position. */
    private double[] memories;

    private @Nullable Candidates own;

    /** What the last draw was made from, until its token is accepted. */
    private @Nullable Candidates drawnFrom;

    private int drawn = -1;

    Sampler(Chain chain, long seed, int sequence) {
        if (sequence < 0) {
            throw new IllegalArgumentException("sequence = " + sequence + ": must not be negative");
        }
        this.chain = chain;
        this.step = new SamplingStep(seed, sequence);
        this.memorySize = chain.selector().memory();
        this.memory = new double[memorySize];
        this.memories = new double[memorySize * 16];
        chain.selector().begin(memory);
        step.setMemory(memory);
    }

    /** What it samples with. */
    public Chain chain() {
        return chain;
    }

    /** The tokens so far. */
    public History history() {
        return step.history();
    }

    /** How many tokens were chosen or accepted after the prompt. */
    public long position() {
        return step.position();
    }

    /**
     * Adds tokens that were given, not chosen: filters that look at the history see them, positions do not move. Ids that are
     * no tokens, such as the placeholders of images (often negative), have no effect.
     */
    public Sampler prompt(int... ids) {
        if (step.position() > 0) {
            throw new IllegalStateException(
                    "A prompt comes first, but " + step.position() + " tokens were chosen or accepted already");
        }
        step.history().addPrompt(ids);
        return this;
    }

    /**
     * Chooses the next token and accepts it.
     *
     * @param logits one for each id of the vocabulary; {@code -inf} masks a token
     * @throws IllegalArgumentException if a logit is NaN or {@code +inf}, or all are masked
     * @throws NoCandidatesException if a filter left nothing
     */
    public int sample(float... logits) {
        return accept(draw(logits));
    }

    /** Chooses the next token and accepts it. */
    public int sample(float[] logits, int from, int length) {
        Candidates candidates = candidates();
        candidates.begin(logits, from, length);
        return accept(draw(candidates));
    }

    /** Chooses the next token and accepts it. */
    public int sample(Logits logits) {
        return accept(draw(logits));
    }

    /**
     * Chooses the next token, accepts it, and scores it: its log-probability and rank, before and after the chain. Takes
     * another pass or two over the logits, and allocates.
     *
     * @param top how many of the likeliest tokens to add, 0 or more
     */
    public ScoredToken sampleScored(Logits logits, int top) {
        if (top < 0) {
            throw new IllegalArgumentException("top = " + top + ": must not be negative");
        }
        Candidates candidates = candidates();
        candidates.begin(logits.untouchable());
        int id = draw(candidates);
        ScoredToken scored = ScoredToken.of(id, logits, candidates, top);
        accept(id);
        return scored;
    }

    /**
     * What the chain does with the logits of the next step, filter by filter. Nothing is drawn, and nothing changes.
     *
     * @param top how many of the likeliest candidates to add, 0 or more
     */
    public Explanation explain(Logits logits, int top) {
        if (top < 0) {
            throw new IllegalArgumentException("top = " + top + ": must not be negative");
        }
        Candidates candidates = new Candidates();
        candidates.begin(logits.untouchable());
        return Explanation.of(this, candidates, top);
    }

    /** Chooses the next token without accepting it: nothing changes, and a second call chooses the same. */
    public int draw(float... logits) {
        Candidates candidates = candidates();
        candidates.begin(logits, 0, logits.length);
        return draw(candidates);
    }

    /** Chooses the next token without accepting it. */
    public int draw(Logits logits) {
        Candidates candidates = candidates();
        candidates.begin(logits);
        return draw(candidates);
    }

    /**
     * Draws k different tokens without accepting any: one by its probability, the next among the others, and so on; all in the
     * order of their draws if they are fewer. The chain's filters are applied, its selector has no part in it.
     *
     * <p>They are those with the largest {@code z_i + g_i}, with Gumbel noise of each token (Kool, van Hoof and Welling,
     * Stochastic Beams and Where to Find Them, ICML 2019). So the first is what {@link Selectors#gumbel} draws here, and a
     * larger k continues the same draw.
     *
     * @throws IllegalArgumentException if k is not positive
     */
    public int[] drawWithoutReplacement(int k, float... logits) {
        Check.positive("k", k);
        int[] ids = new int[Math.min(k, logits.length)];
        int count = drawWithoutReplacement(Logits.of(logits), ids);
        return count < ids.length ? Arrays.copyOf(ids, count) : ids;
    }

    /** {@link #drawWithoutReplacement(int, float...)} of as many tokens as the array has room for; returns how many. */
    public int drawWithoutReplacement(Logits logits, int[] ids) {
        Candidates candidates = candidates();
        drawn = -1;
        drawnFrom = null;
        candidates.begin(logits);
        filter(candidates);
        return candidates.drawPerturbed(step, ids);
    }

    /** Chooses from candidates that have begun with a step's logits. */
    int draw(Candidates candidates) {
        drawn = -1;
        drawnFrom = null;
        narrow(candidates);
        drawn = chain.selector().draw(candidates, step);
        drawnFrom = candidates;
        return drawn;
    }

    /** Leaves the candidates, with the probabilities, that the selector draws from. */
    void narrow(Candidates candidates) {
        filter(candidates);
        applySelector(candidates);
    }

    /** Applies the chain's filters. */
    void filter(Candidates candidates) {
        List<Filter> filters = chain.filters();
        for (int i = 0; i < filters.size(); i++) {
            apply(i, candidates);
        }
    }

    /** Applies a filter of the chain. */
    void apply(int i, Candidates candidates) {
        Filter filter = chain.filters().get(i);
        step.enter(i);
        filter.apply(candidates, step);
        candidates.settle();
        requireSome(candidates, filter);
    }

    /** Leaves what the selector draws from, after the filters. */
    void applySelector(Candidates candidates) {
        step.enter(-1);
        chain.selector().narrow(candidates, step);
        requireSome(candidates, chain.selector());
    }

    private void requireSome(Candidates candidates, Object cause) {
        if (candidates.isEmpty()) {
            throw new NoCandidatesException(cause + " left no candidate of " + candidates.vocabulary()
                    + " tokens at position " + step.position());
        }
    }

    /**
     * Makes a token the next one, chosen here or elsewhere. A selector that learns from its choices learns from the token
     * that was drawn last.
     */
    public int accept(int id) {
        Check.id("id", id);
        remember();
        if (id == drawn && drawnFrom != null) {
            chain.selector().chosen(id, drawnFrom, step);
        }
        drawn = -1;
        drawnFrom = null;
        step.history().add(id);
        step.setPosition(step.position() + 1);
        return id;
    }

    /** Accepts one of the candidates that {@link #narrow} left as if the selector had drawn it. */
    int accept(int id, Candidates narrowed) {
        drawn = id;
        drawnFrom = narrowed;
        return accept(id);
    }

    private void remember() {
        if (memorySize > 0) {
            int at = Math.toIntExact(step.position() * memorySize);
            if (memories.length < at + memorySize) {
                memories = Arrays.copyOf(memories, 2 * memories.length);
            }
            System.arraycopy(memory, 0, memories, at, memorySize);
        }
    }

    /**
     * Takes back the last tokens that were accepted: the sampler is what it was before them.
     *
     * @throws IllegalArgumentException if there are not as many
     */
    public void rollback(int tokens) {
        if (tokens < 0 || tokens > step.position()) {
            throw new IllegalArgumentException(
                    "tokens = " + tokens + ": must be from 0 to the " + step.position() + " that were accepted");
        }
        if (tokens > 0) {
            step.history().removeLast(tokens);
            step.setPosition(step.position() - tokens);
            int at = Math.toIntExact(step.position() * memorySize);
            System.arraycopy(memories, at, memory, 0, memorySize);
        }
        drawn = -1;
        drawnFrom = null;
    }

    /** A sampler in the same state, which goes its own way from here. */
    public Sampler copy() {
        return fork(step.sequence());
    }

    /** A copy that draws as another sequence from here on. */
    public Sampler fork(int sequence) {
        Sampler copy = new Sampler(chain, step.seed(), sequence);
        copy.step.history().copyFrom(step.history());
        copy.step.setPosition(step.position());
        System.arraycopy(memory, 0, copy.memory, 0, memorySize);
        copy.memories = memories.clone();
        return copy;
    }

    SamplingStep step() {
        return step;
    }

    /** Its own candidates, made when they are needed. */
    Candidates candidates() {
        Candidates candidates = own;
        if (candidates == null) {
            candidates = new Candidates();
            own = candidates;
        }
        return candidates;
    }
}
