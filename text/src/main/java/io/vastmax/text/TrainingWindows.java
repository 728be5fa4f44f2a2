package io.vastmax.text;

/**
 * A text laid out for truncated back-propagation through time: {@code batch} streams side by side, each a contiguous stretch
 * of the text, cut into windows of {@code steps} tokens. Window {@code w + 1} goes on where window {@code w} stopped in every
 * stream, so that a recurrent state can be carried from one to the next; carrying it, and starting afresh at window 0, is the
 * caller's.
 *
 * <p>For n tokens there are {@code W = (n - 1) / (batch * steps)} windows (rounded down). At window w, stream b and step t the
 * input is the token at {@code (b * W + w) * steps + t} and the target the one after it; both stand in row
 * {@code b * steps + t}, that is batch-major. All windows have the same shape; an epoch predicts {@code W * batch * steps}
 * tokens, each once, and leaves out the fewer than {@code batch * steps} at the text's end.
 *
 * <p>Immutable and safe for use by several threads.
 */
public final class TrainingWindows {
    private final TokenIds ids;
    private final int batch;
    private final int steps;
    private final long windows;

    private TrainingWindows(TokenIds ids, int batch, int steps, long windows) {
        this.ids = ids;
        this.batch = batch;
        this.steps = steps;
        this.windows = windows;
    }

    /**
     * Lays out {@code ids}, which must stay open.
     *
     * @param batch the number of streams, at least 1
     * @param steps the tokens of a window in each stream, at least 1
     * @throws IllegalArgumentException if an argument is out of its range, or there are too few tokens for one window
     */
    public static TrainingWindows of(TokenIds ids, int batch, int steps) {
        requirePositive(batch, "batch");
        requirePositive(steps, "steps");
        long rows = (long) batch * steps;
        if (rows > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("batch * steps must fit an int: %d * %d".formatted(batch, steps));
        }
        if (ids.size() <= rows) {
            throw new IllegalArgumentException(
                    "one window of batch %d and steps %d needs at least %d tokens, but the text has %d"
                            .formatted(batch, steps, rows + 1, ids.size()));
        }
        return new TrainingWindows(ids, batch, steps, (ids.size() - 1) / rows);
    }

    static void requirePositive(int value, String name) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, not " + value);
        }
    }

    /** The number of streams. */
    public int batch() {
        return batch;
    }

    /** The tokens of a window in each stream. */
    public int steps() {
        return steps;
    }

    /** The rows of a window, {@code batch * steps}. */
    public int rows() {
        return batch * steps;
    }

    /** The number of windows in an epoch. */
    public long windows() {
        return windows;
    }

    /** The tokens that an epoch predicts, {@code windows * rows}. */
    public long tokens() {
        return windows * rows();
    }

    /**
     * Writes one window to the first {@link #rows} places of two arrays.
     *
     * @throws IndexOutOfBoundsException if {@code window} is not in {@code 0..windows() - 1} or an array is too short
     */
    public void read(long window, int[] inputs, int[] targets) {
        if (window < 0 || window >= windows) {
            throw new IndexOutOfBoundsException("window must be in 0..%d, not %d".formatted(windows - 1, window));
        }
        for (int stream = 0; stream < batch; stream++) {
            long from = (stream * windows + window) * steps;
            ids.copy(from, inputs, stream * steps, steps);
            ids.copy(from + 1, targets, stream * steps, steps);
        }
    }
}
