package io.vastmax.sampling;

import java.util.Arrays;
import java.util.Objects;

/** A set of tokens, a bit for each id of a vocabulary. Mutable. */
public final class TokenMask {
    private long[] words = {};
    private int vocabulary;

    /** The empty set over a vocabulary. */
    public static TokenMask of(int vocabulary) {
        Check.positive("vocabulary", vocabulary);
        TokenMask mask = new TokenMask();
        mask.begin(vocabulary);
        return mask;
    }

    TokenMask() {}

    /** Becomes the empty set over a vocabulary. */
    void begin(int newVocabulary) {
        vocabulary = newVocabulary;
        int length = (newVocabulary + Long.SIZE - 1) / Long.SIZE;
        if (words.length < length) {
            words = new long[length];
        } else {
            Arrays.fill(words, 0, length, 0);
        }
    }

    /** The size of the vocabulary: ids are below it. */
    public int vocabulary() {
        return vocabulary;
    }

    /** Adds a token. */
    public void allow(int id) {
        Objects.checkIndex(id, vocabulary);
        words[id >> 6] |= 1L << id;
    }

    /** Removes a token. */
    public void forbid(int id) {
        Objects.checkIndex(id, vocabulary);
        words[id >> 6] &= ~(1L << id);
    }

    /** Adds all tokens. */
    public void allowAll() {
        int last = (vocabulary - 1) / Long.SIZE;
        Arrays.fill(words, 0, last, -1);
        words[last] = -1L >>> -vocabulary;
    }

    /** Whether a token is in the set. */
    public boolean allows(int id) {
        Objects.checkIndex(id, vocabulary);
        return (words[id >> 6] & 1L << id) != 0;
    }

    /** The bits of 64 tokens from id {@code 64 i}: those beyond the vocabulary are 0. */
    long word(int i) {
        return words[i];
    }
}
