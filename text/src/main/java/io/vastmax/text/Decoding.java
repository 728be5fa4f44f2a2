package io.vastmax.text;

import io.vastmax.sampling.Logits;
import java.util.List;

/**
 * A batch of sequences inside a model, each with a length of its own, and whatever the model keeps of their past: its cache
 * or its state. What a sequence's logits are depends on its own tokens alone, up to rounding: not on the other sequences,
 * nor on how its tokens were cut into calls.
 *
 * <p>Mutable; one thread at a time. Close it to free its memory.
 */
public interface Decoding extends AutoCloseable {
    /** How many sequences there are. */
    int sequences();

    /**
     * Appends tokens to each sequence and computes the logits after the last of them.
     *
     * @param tokens at least one for each sequence, of lengths of their own
     * @return a row for each sequence, to be read until the next call of any method; not overwritable
     * @throws IllegalArgumentException if they are not the tokens of so many sequences, or a sequence has none
     */
    default List<Logits> feed(int[]... tokens) {
        return feed(tokens, 1);
    }

    /**
     * Appends tokens to each sequence and computes the logits after each of the last ones, as verification of drafts needs
     * them.
     *
     * @param tokens at least {@code last} for each sequence
     * @param last how many rows each sequence gets, at least one
     * @return {@code last} rows for each sequence, one sequence after the other, earlier tokens first; to be read until the
     *     next call of any method; not overwritable
     * @throws IllegalArgumentException if they are not the tokens of so many sequences, or a sequence has too few
     */
    List<Logits> feed(int[][] tokens, int last);

    /**
     * Makes sequence i what sequence {@code from[i]} is: sequences that are not named are dropped, those named twice go on
     * as two.
     *
     * @param from at least one
     * @throws IllegalArgumentException if it is empty
     * @throws IndexOutOfBoundsException if there is no such sequence
     */
    void reorder(int... from);

    /**
     * Takes back the last tokens of each sequence, as if they had not been fed. A model that cannot go back computes what is
     * left of them again.
     *
     * @param tokens how many of each sequence, 0 or more
     * @throws IllegalArgumentException if a sequence has not as many
     */
    void rollback(int... tokens);

    /** Frees what it keeps. */
    @Override
    void close();
}
