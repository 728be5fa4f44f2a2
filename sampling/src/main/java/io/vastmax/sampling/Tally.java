package io.vastmax.sampling;

import java.util.Arrays;

/**
 * A number for each of some tokens, which stand in the order in which they came first; there is room for a whole vocabulary.
 * Mutable scratch, used again: what was written is wiped, not the room.
 */
final class Tally {
    /** By id; 0 for tokens that are not there. */
    private int[] numbers = {};

    private int[] tokens = new int[64];
    private int size;
    private int vocabulary;

    /** Forgets all tokens, and takes those of a vocabulary. */
    void begin(int newVocabulary) {
        for (int i = 0; i < size; i++) {
            numbers[tokens[i]] = 0;
        }
        size = 0;
        vocabulary = newVocabulary;
        if (numbers.length < vocabulary) {
            numbers = new int[vocabulary];
        }
    }

    /** Counts the tokens at the end of a history. What is beyond the vocabulary has no number. */
    void count(History history, Scope scope) {
        for (int i = history.length() - scope.length(history); i < history.length(); i++) {
            int id = history.token(i);
            if (enter(id)) {
                numbers[id]++;
            }
        }
    }

    /** Makes a token's number at least {@code least}, positive. */
    void raise(int id, int least) {
        if (enter(id)) {
            numbers[id] = Math.max(numbers[id], least);
        }
    }

    /** Adds a token that is not there yet and is about to get its number; returns whether the vocabulary has it. */
    private boolean enter(int id) {
        if (id < 0 || id >= vocabulary) {
            return false;
        }
        if (numbers[id] == 0) {
            if (size == tokens.length) {
                tokens = Arrays.copyOf(tokens, 2 * size);
            }
            tokens[size++] = id;
        }
        return true;
    }

    /** A new logit for a token with a number. */
    @FunctionalInterface
    interface Penalty {
        double logit(double logit, int number);
    }

    /** Changes the logits of those that are candidates. A penalty masks nothing: infinity becomes the largest float. */
    void apply(Penalty penalty, Candidates candidates) {
        for (int i = 0; i < size; i++) {
            int id = tokens[i];
            float logit = candidates.logitOf(id);
            if (logit > Float.NEGATIVE_INFINITY) {
                candidates.setLogit(id, Candidates.finite(penalty.logit(logit, numbers[id])));
            }
        }
        candidates.settle();
    }
}
