package io.vastmax.sampling;

import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Philox;
import io.vastmax.internal.simd.Simd;
import org.jspecify.annotations.Nullable;

/**
 * What a filter or selector may know of the step that it works in: the tokens so far, the place in the sequence, and random
 * numbers that belong to this place alone.
 *
 * <p>Random numbers are those of Philox4x32-10 with the seed as its key and (number, sequence, position) as its counter, the
 * layout of {@link io.vastmax.RandomKey}: whatever other sequences, positions and filters draw, these stay the same. Number
 * {@code j} of filter {@code i} of the chain, from 0, is {@code (i + 1) 2^16 + j}; the selector has {@code i = -1}; the
 * noise of token {@code t} is {@code 2^32 + t}. Where drafts are verified, number {@code 2^31} decides whether this place's
 * draft is accepted and {@code 2^31 + 1} draws what replaces it: no chain has as many filters.
 */
public final class SamplingStep {
    private static final long NOISE = 1L << 32;
    private static final long ACCEPTANCE = 1L << 31;
    private static final long REPLACEMENT = ACCEPTANCE + 1;

    private final Kernels kernels = Simd.kernels();
    private final History history = new History();
    private final TokenMask mask = new TokenMask();
    private final SuffixMatches matches = new SuffixMatches();
    private @Nullable Guidance guidance;
    private final long seed;
    private final int sequence;
    private long position;
    private double[] memory = {};
    private long next;

    SamplingStep(long seed, int sequence) {
        this.seed = seed;
        this.sequence = sequence;
    }

    /** The tokens so far. */
    public History history() {
        return history;
    }

    /** The sampler's seed. */
    public long seed() {
        return seed;
    }

    /** The number of the sequence. */
    public int sequence() {
        return sequence;
    }

    /** How many tokens were chosen or accepted after the prompt. */
    public long position() {
        return position;
    }

    /** What the selector remembers. */
    public double[] memory() {
        return memory;
    }

    /** The next random number, from 0 to below 1, of the filter or selector at work; it has 2^16 of them at each step. */
    public double uniform() {
        return Philox.uniform(Philox.bits(seed, position, sequence, next++));
    }

    /** The random number of a token at this step, from 0 to below 1: the same whatever was asked before. */
    public double uniformOf(int id) {
        return Philox.uniform(Philox.bits(seed, position, sequence, NOISE + id));
    }

    /** The random number that accepts or rejects a draft, from 0 to below 1. */
    double acceptance() {
        return Philox.uniform(Philox.bits(seed, position, sequence, ACCEPTANCE));
    }

    /** The random number that draws what replaces a rejected draft, from 0 to below 1. */
    double replacement() {
        return Philox.uniform(Philox.bits(seed, position, sequence, REPLACEMENT));
    }

    /**
     * The Gumbel noise of tokens at this step with the sign turned, {@code log E} with {@code E = -log(1 - v)}: v is
     * {@link #uniformOf} in the middle of its interval of 2^-52. E is never zero, and has the relative precision of a float.
     */
    void minusGumbel(int[] ids, float[] out, int length) {
        kernels.signedUniforms(seed, position, sequence, NOISE, ids, out, length);
        kernels.signedLog(out, 0, out, 0, length);
        kernels.signedLog(out, 0, out, 0, length);
    }

    /** The empty set of tokens, to be filled: one for all, until the next call. */
    public TokenMask emptyMask(int vocabulary) {
        mask.begin(vocabulary);
        return mask;
    }

    /** Matches in the history, for one filter at a time. */
    SuffixMatches matches() {
        return matches;
    }

    /** Where guidance keeps its numbers. */
    Guidance guidance() {
        Guidance known = guidance;
        if (known == null) {
            known = new Guidance();
            guidance = known;
        }
        return known;
    }

    /** Begins the part of a filter, counted from 0, or of the selector, -1. */
    void enter(int filter) {
        next = (long) (filter + 1) << 16;
    }

    void setMemory(double[] newMemory) {
        memory = newMemory;
    }

    void setPosition(long newPosition) {
        position = newPosition;
    }
}
