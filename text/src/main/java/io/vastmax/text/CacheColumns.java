package io.vastmax.text;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Which columns of a cache hold tokens of which sequence: what a {@link Decoding} knows of a cache that is a rectangle, a row
 * for each sequence and a column for each token, where sequences differ in length. Columns that are no token of a sequence,
 * because it was padded on the left or has taken the token back, the attention mask tells the model. A block of tokens that is
 * fed lies behind the columns, padded on the left.
 *
 * <p>Mutable; one thread at a time.
 */
public final class CacheColumns {
    private BitSet[] live;
    private int width;

    /** No columns yet. */
    public CacheColumns(int sequences) {
        live = new BitSet[sequences];
        Arrays.setAll(live, i -> new BitSet());
    }

    private CacheColumns(BitSet[] live, int width) {
        this.live = live;
        this.width = width;
    }

    /** How many sequences there are, B. */
    public int sequences() {
        return live.length;
    }

    /** How many columns there are. */
    public int width() {
        return width;
    }

    /** The most tokens of a block, T. */
    public static int steps(int[][] block) {
        return Arrays.stream(block).mapToInt(ids -> ids.length).max().orElse(0);
    }

    /** The ids of a block, {@code B x T}; 0 where it is padded. */
    public static long[] ids(int[][] block) {
        int steps = steps(block);
        long[] ids = new long[block.length * steps];
        for (int i = 0; i < block.length; i++) {
            int from = (i + 1) * steps - block[i].length;
            for (int t = 0; t < block[i].length; t++) {
                ids[from + t] = block[i][t];
            }
        }
        return ids;
    }

    /** The positions of a block's tokens in their sequences, {@code B x T}; 0 where it is padded. */
    public long[] positions(int[][] block) {
        int steps = steps(block);
        long[] positions = new long[block.length * steps];
        for (int i = 0; i < block.length; i++) {
            int from = (i + 1) * steps - block[i].length;
            int before = live[i].cardinality();
            for (int t = 0; t < block[i].length; t++) {
                positions[from + t] = (long) before + t;
            }
        }
        return positions;
    }

    /** Which columns and places of a block are tokens, {@code B x (width + T)}: 1 for a token, else 0. */
    public long[] mask(int[][] block) {
        int all = width + steps(block);
        long[] mask = new long[block.length * all];
        for (int i = 0; i < block.length; i++) {
            int row = i * all;
            live[i].stream().forEach(column -> mask[row + column] = 1);
            Arrays.fill(mask, row + all - block[i].length, row + all, 1);
        }
        return mask;
    }

    /** Adds the columns of a block. */
    public void append(int[][] block) {
        width += steps(block);
        for (int i = 0; i < block.length; i++) {
            live[i].set(width - block[i].length, width);
        }
    }

    /** As {@link Decoding#reorder}. */
    public void reorder(int... from) {
        live = select(from).live;
    }

    /** A copy of the rows of some sequences. */
    public CacheColumns select(int... rows) {
        BitSet[] selected = new BitSet[rows.length];
        Arrays.setAll(selected, i -> (BitSet) live[rows[i]].clone());
        return new CacheColumns(selected, width);
    }

    /** The rows of several, which have as many columns each. */
    public static CacheColumns join(List<CacheColumns> parts) {
        BitSet[] rows = parts.stream()
                .flatMap(part -> Arrays.stream(part.live))
                .map(row -> (BitSet) row.clone())
                .toArray(BitSet[]::new);
        return new CacheColumns(rows, parts.getFirst().width);
    }

    /** As {@link Decoding#rollback}: the columns remain. */
    public void rollback(int... tokens) {
        for (int i = 0; i < tokens.length; i++) {
            for (int n = 0; n < tokens[i]; n++) {
                live[i].clear(live[i].length() - 1);
            }
        }
    }

    /** The columns from the first to the last that hold a token of any sequence: the others can go. */
    public Range needed() {
        int from = Arrays.stream(live)
                .filter(own -> !own.isEmpty())
                .mapToInt(own -> own.nextSetBit(0))
                .min()
                .orElse(0);
        return new Range(
                from, Arrays.stream(live).mapToInt(BitSet::length).max().orElse(0));
    }

    /** Drops the columns outside of a range. */
    public void keep(Range range) {
        Arrays.setAll(live, i -> live[i].get(range.from(), range.to()));
        width = range.to() - range.from();
    }

    /** Whether a sequence has fewer tokens than there are needed columns from its first one on. */
    public boolean hasGaps() {
        int to = needed().to();
        return Arrays.stream(live).anyMatch(own -> !own.isEmpty() && own.cardinality() < to - own.nextSetBit(0));
    }

    /**
     * Moves the columns of each sequence together, behind padding: afterwards there are as many as the longest sequence has
     * tokens.
     *
     * @return for each sequence the columns that take the places of the new ones
     */
    public long[][] closeGaps() {
        width = Arrays.stream(live).mapToInt(BitSet::cardinality).max().orElse(0);
        long[][] from = new long[live.length][width];
        for (int i = 0; i < live.length; i++) {
            int tokens = live[i].cardinality();
            long[] own = live[i].stream().asLongStream().toArray();
            System.arraycopy(own, 0, from[i], width - tokens, tokens);
            live[i].clear();
            live[i].set(width - tokens, width);
        }
        return from;
    }

    /**
     * Columns.
     *
     * @param from the first
     * @param to behind the last
     */
    public record Range(int from, int to) {
        /** How many. */
        public int size() {
            return to - from;
        }

        /** All of them, in their order. */
        public long[] columns() {
            return LongStream.range(from, to).toArray();
        }
    }
}
