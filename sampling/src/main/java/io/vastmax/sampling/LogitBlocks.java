package io.vastmax.sampling;

import static java.util.Objects.requireNonNull;

import io.vastmax.internal.Scratch;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A row of logits in blocks, as they came or with changes: an array where they lie, or a block at a time from other memory.
 *
 * <p>A change copies the block that it falls into, unless the logits may be overwritten. Mutable, used again for every step.
 */
final class LogitBlocks {
    /** Logits of a block; the last may have fewer. */
    static final int BLOCK = 1024;

    private final short[] halves = new short[BLOCK];
    private final float[] tile = new float[BLOCK];
    private @Nullable Logits source;
    private float @Nullable [] values;
    private int from;
    private int length;
    private boolean editable;
    private float[] copy = {};

    /** Which blocks are in the copy. */
    private boolean[] copied = {};

    /** Which blocks are to be looked at. */
    private boolean[] stale = {};

    /** Begins with an array. */
    void begin(float[] logits, int newFrom, int newLength) {
        source = null;
        values = logits;
        from = newFrom;
        editable = false;
        begin(newLength);
    }

    /** Begins with logits wherever they are. */
    void begin(Logits logits) {
        source = logits;
        values = logits.array();
        from = logits.from();
        editable = logits.isOverwritable() && values != null;
        begin(logits.size());
    }

    private void begin(int newLength) {
        length = newLength;
        if (stale.length < count()) {
            stale = new boolean[count()];
            copied = new boolean[count()];
        }
        Arrays.fill(stale, true);
        Arrays.fill(copied, false);
    }

    /** How many logits there are. */
    int length() {
        return length;
    }

    /** Leaves out the tokens from an id on, which is below the length: the last block changes. */
    void truncate(int newLength) {
        length = newLength;
        stale[count() - 1] = true;
    }

    /** How many blocks there are. */
    int count() {
        return (length + BLOCK - 1) / BLOCK;
    }

    /** How many logits a block has. */
    int sizeOf(int b) {
        return Math.min(BLOCK, length - b * BLOCK);
    }

    /** The array that holds a block, until the next is asked for: its first logit is at {@link #at}. */
    float[] block(int b) {
        if (copied[b]) {
            return copy;
        }
        if (values != null) {
            return values;
        }
        requireNonNull(source).read(b * BLOCK, sizeOf(b), tile, 0, halves);
        return tile;
    }

    int at(int b) {
        if (copied[b]) {
            return b * BLOCK;
        }
        return values != null ? from + b * BLOCK : 0;
    }

    /** Whether a block came or changed since this was asked last. */
    boolean takeStale(int b) {
        boolean was = stale[b];
        stale[b] = false;
        return was;
    }

    /** The logit of a token. */
    float get(int id) {
        if (copied[id / BLOCK]) {
            return copy[id];
        }
        return values != null ? values[from + id] : requireNonNull(source).get(id);
    }

    /** Changes the logit of a token. */
    void set(int id, float logit) {
        int b = id / BLOCK;
        own(b);
        block(b)[at(b) + id % BLOCK] = logit;
    }

    /** The logits, all to be changed: the first is at {@link #from}. */
    float[] edit() {
        for (int b = 0; b < count(); b++) {
            own(b);
        }
        if (!editable) {
            values = copy;
            from = 0;
            editable = true;
        }
        return requireNonNull(values);
    }

    /** Where the first logit is in {@link #edit}. */
    int from() {
        return from;
    }

    /** Makes a block one that may be changed, and will be. */
    private void own(int b) {
        stale[b] = true;
        if (!editable && !copied[b]) {
            copy = Scratch.grow(copy, length);
            int id = b * BLOCK;
            if (values != null) {
                System.arraycopy(values, from + id, copy, id, sizeOf(b));
            } else {
                requireNonNull(source).read(id, sizeOf(b), copy, id, halves);
            }
            copied[b] = true;
        }
    }
}
