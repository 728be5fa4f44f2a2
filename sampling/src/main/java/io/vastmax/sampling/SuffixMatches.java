package io.vastmax.sampling;

/**
 * How long the end of a text also ends at earlier places. With {@code r(m)} the token {@code m} places before the last,
 *
 * <p>{@code z(k) = max n such that r(m) = r(k + m) for all m < n}
 *
 * <p>for {@code k = 1, 2, ...}, counted to a limit; matches may overlap the end. These are the Z-values of the text read
 * backwards (Main and Lorentz 1984; Gusfield, Algorithms on Strings, Trees and Sequences, 1997, 1.4): a place that lies in a
 * match found before looks up what the end itself has there, so that all of them take a time linear in the text. With a
 * limit these look-ups go no further back than that many places. Mutable scratch, used again.
 */
final class SuffixMatches {
    private History history = new History();
    private int size;
    private int limit;

    /** {@code z(k)} for k below the limit. */
    private int[] lengths = {};

    private int k;

    /** The match that reaches furthest back, and the place behind it. */
    private int start;

    private int end;

    /** Begins with the last {@code size} tokens of a history; matches count to {@code limit}. */
    void begin(History newHistory, int newSize, int newLimit) {
        history = newHistory;
        size = newSize;
        limit = Math.min(newLimit, newSize);
        if (lengths.length < limit) {
            lengths = new int[Math.max(limit, 2 * lengths.length)];
        }
        k = 0;
        start = 0;
        end = 0;
    }

    /** {@code z(k)} for the next k; the first is 1. */
    int next() {
        k++;
        int n = k < end ? Math.min(lengths[k - start], end - k) : 0;
        if (k + n >= end) {
            while (n < limit && k + n < size && history.last(n) == history.last(k + n)) {
                n++;
            }
            start = k;
            end = k + n;
        }
        if (k < limit) {
            lengths[k] = n;
        }
        return n;
    }
}
