package io.vastmax.sampling;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Objects;

/** The tokens of a sequence so far, oldest first: the prompt, then what followed. Filters read it; its sampler changes it. */
public final class History {
    private final IntArrayList tokens = new IntArrayList();
    private int promptLength;

    History() {}

    /** How many tokens there are, the prompt's included. */
    public int length() {
        return tokens.size();
    }

    /** How many of them are the prompt. */
    public int promptLength() {
        return promptLength;
    }

    /** How many of them followed the prompt. */
    public int generated() {
        return length() - promptLength;
    }

    /** The token at a place from 0, the oldest. */
    public int token(int i) {
        return tokens.getInt(Objects.checkIndex(i, tokens.size()));
    }

    /** The token {@code back} places before the end: 0 is the last. */
    public int last(int back) {
        return token(tokens.size() - 1 - back);
    }

    /** A copy of all tokens. */
    public int[] toArray() {
        return tokens.toIntArray();
    }

    void addPrompt(int... prompt) {
        tokens.addElements(tokens.size(), prompt);
        promptLength = tokens.size();
    }

    void add(int id) {
        tokens.add(id);
    }

    void removeLast(int count) {
        tokens.size(tokens.size() - count);
    }

    void copyFrom(History other) {
        tokens.clear();
        tokens.addElements(0, other.tokens.elements(), 0, other.tokens.size());
        promptLength = other.promptLength;
    }
}
