package io.vastmax.text;

/**
 * A text, or a range of one, as a single stream of windows of at most {@code steps} tokens, the last one shorter: what an
 * evaluation predicts is every token of the range but its first, each once. At window w and row t the input is the token at
 * {@code from + w * steps + t} and the target the one after it. The carry of a recurrent state is the caller's.
 *
 * <p>Immutable and safe for use by several threads.
 */
public final class EvaluationWindows {
    private final TokenIds ids;
    private final long from;
    private final int steps;
    private final long tokens;

    private EvaluationWindows(TokenIds ids, long from, int steps, long tokens) {
        this.ids = ids;
        this.from = from;
        this.steps = steps;
        this.tokens = tokens;
    }

    /** The windows of all {@code ids}; as {@link #of(TokenIds, long, long, int)}. */
    public static EvaluationWindows of(TokenIds ids, int steps) {
        return of(ids, 0, ids.size(), steps);
    }

    /**
     * The windows of the tokens at {@code from..to - 1} of {@code ids}, which must stay open.
     *
     * @param steps the most tokens of a window, at least 1
     * @throws IllegalArgumentException if {@code steps} is out of its range, or the range holds fewer than two tokens, so that
     *     there is none to predict
     * @throws IndexOutOfBoundsException if the range is not within the text
     */
    public static EvaluationWindows of(TokenIds ids, long from, long to, int steps) {
        TrainingWindows.requirePositive(steps, "steps");
        if (from < 0 || to > ids.size() || from > to) {
            throw new IndexOutOfBoundsException(
                    "from..to must lie in 0..%d, not %d..%d".formatted(ids.size(), from, to));
        }
        if (to - from < 2) {
            throw new IllegalArgumentException(
                    "an evaluation needs at least 2 tokens, but %d..%d has %d".formatted(from, to, to - from));
        }
        return new EvaluationWindows(ids, from, steps, to - from - 1);
    }

    /** The most tokens of a window. */
    public int steps() {
        return steps;
    }

    /** The number of windows. */
    public long windows() {
        return Math.ceilDiv(tokens, steps);
    }

    /** The tokens that are predicted: one less than the range holds. */
    public long tokens() {
        return tokens;
    }

    /**
     * Writes one window to the first places of two arrays.
     *
     * @return the number of rows written: {@link #steps}, or fewer in the last window
     * @throws IndexOutOfBoundsException if {@code window} is not in {@code 0..windows() - 1} or an array is too short
     */
    public int read(long window, int[] inputs, int[] targets) {
        if (window < 0 || window >= windows()) {
            throw new IndexOutOfBoundsException("window must be in 0..%d, not %d".formatted(windows() - 1, window));
        }
        int rows = (int) Math.min(steps, tokens - window * steps);
        ids.copy(from + window * steps, inputs, 0, rows);
        ids.copy(from + window * steps + 1, targets, 0, rows);
        return rows;
    }
}
