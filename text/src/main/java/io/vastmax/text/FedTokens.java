package io.vastmax.text;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.Objects;

/**
 * The tokens that the sequences of a {@link Decoding} were fed: what its implementations know of the past beside their cache.
 * Checks the arguments of its methods. Mutable; one thread at a time.
 */
public final class FedTokens {
    private IntArrayList[] tokens;

    /**
     * Sequences without tokens.
     *
     * @throws IllegalArgumentException if there is not at least one
     */
    public FedTokens(int sequences) {
        if (sequences < 1) {
            throw new IllegalArgumentException("sequences = " + sequences + ": must be at least 1");
        }
        tokens = new IntArrayList[sequences];
        Arrays.setAll(tokens, i -> new IntArrayList());
    }

    /** How many sequences there are. */
    public int sequences() {
        return tokens.length;
    }

    /** The tokens of a sequence so far. */
    public int[] of(int sequence) {
        return of(sequence, 0);
    }

    /** The tokens of a sequence from a place on. */
    public int[] of(int sequence, int from) {
        return Arrays.copyOfRange(tokens[sequence].elements(), from, length(sequence));
    }

    /** How many they are. */
    public int length(int sequence) {
        return tokens[sequence].size();
    }

    /** The tokens of each sequence, and more. */
    public int[][] with(int[][] more) {
        int[][] all = new int[more.length][];
        for (int i = 0; i < all.length; i++) {
            IntArrayList longer = new IntArrayList(tokens[i]);
            longer.addElements(longer.size(), more[i]);
            all[i] = longer.toIntArray();
        }
        return all;
    }

    /** Refuses arguments of {@link Decoding#feed(int[][], int)}, as that says. */
    public void check(int[][] more, int last) {
        if (last < 1) {
            throw new IllegalArgumentException("last = " + last + ": must be at least 1");
        }
        if (more.length != tokens.length) {
            throw new IllegalArgumentException(
                    "tokens are of " + more.length + " sequences: must be of " + tokens.length);
        }
        for (int i = 0; i < more.length; i++) {
            if (more[i].length < last) {
                throw new IllegalArgumentException(
                        "tokens[" + i + "] are " + more[i].length + ": must be at least " + last);
            }
        }
    }

    /** Appends tokens to each sequence. */
    public void append(int[][] more) {
        for (int i = 0; i < more.length; i++) {
            tokens[i].addElements(tokens[i].size(), more[i]);
        }
    }

    /** As {@link Decoding#reorder}. */
    public void reorder(int... from) {
        if (from.length == 0) {
            throw new IllegalArgumentException("from is empty: must name at least one sequence");
        }
        IntArrayList[] next = new IntArrayList[from.length];
        for (int i = 0; i < from.length; i++) {
            next[i] = new IntArrayList(tokens[Objects.checkIndex(from[i], tokens.length)]);
        }
        tokens = next;
    }

    /** As {@link Decoding#rollback}; if it refuses, nothing has changed. */
    public void rollback(int... counts) {
        if (counts.length != tokens.length) {
            throw new IllegalArgumentException(
                    "tokens are of " + counts.length + " sequences: must be of " + tokens.length);
        }
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] < 0 || counts[i] > length(i)) {
                throw new IllegalArgumentException("tokens[" + i + "] = " + counts[i] + ": must be from 0 to the "
                        + length(i) + " of the sequence");
            }
        }
        for (int i = 0; i < counts.length; i++) {
            tokens[i].size(length(i) - counts[i]);
        }
    }
}
