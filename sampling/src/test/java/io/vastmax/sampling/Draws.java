package io.vastmax.sampling;

import io.vastmax.testkit.ChiSquare;

/** Draws held against distributions. */
final class Draws {
    private Draws() {}

    /** Chooses and accepts many tokens with the same logits: for selectors that do not learn. */
    static void check(Chain chain, float[] logits, int draws, double... probabilities) {
        Sampler sampler = chain.sampler(17);
        long[] counts = new long[logits.length];
        for (int i = 0; i < draws; i++) {
            counts[sampler.sample(logits)]++;
        }
        ChiSquare.check(chain.toString(), counts, probabilities);
    }

    /** Draws the next token in many sequences that go on from a sampler. */
    static void checkNext(Sampler sampler, float[] logits, int draws, double... probabilities) {
        long[] counts = new long[logits.length];
        for (int sequence = 0; sequence < draws; sequence++) {
            counts[sampler.fork(sequence).draw(logits)]++;
        }
        ChiSquare.check(sampler.chain().toString(), counts, probabilities);
    }
}
