package io.vastmax.sampling;

/**
 * Drafts by looking the last tokens up in what stands before them: what followed them there may follow again, as in
 * summaries, edits and code (Saxena, Prompt Lookup Decoding, 2023). It costs no model; {@link SpeculativeDecoding} verifies
 * the drafts.
 *
 * <p>As in Hugging Face Transformers: the longest n-gram first, down to single tokens; of its occurrences the earliest, which
 * may overlap the end. The drafts stop before an end token. Immutable, to be shared.
 */
public final class PromptLookup {
    private static final int[] NONE = {};

    private final int maxNgram;
    private final int most;
    private final EndTokens endTokens;

    private PromptLookup(int maxNgram, int most, EndTokens endTokens) {
        this.maxNgram = maxNgram;
        this.most = most;
        this.endTokens = endTokens;
    }

    /**
     * A way to draft.
     *
     * @param maxNgram how many of the last tokens it looks up at most (Saxena takes 3, Hugging Face 2)
     * @param tokens how many it drafts at most (both take 10)
     * @param endTokens never drafted
     * @throws IllegalArgumentException if one of the numbers is not positive
     */
    public static PromptLookup of(int maxNgram, int tokens, int... endTokens) {
        Check.positive("maxNgram", maxNgram);
        Check.positive("tokens", tokens);
        return new PromptLookup(maxNgram, tokens, EndTokens.of(endTokens));
    }

    /** What may follow; nothing if the last token is new. Costs at most {@code length * maxNgram} comparisons or so. */
    public int[] draft(History history) {
        return draft(history, most);
    }

    /** The same of at most {@code room} tokens, where no more have their place. */
    public int[] draft(History history, int room) {
        for (int n = Math.min(maxNgram, history.length() - 1); n > 0; n--) {
            int start = find(history, n);
            if (start >= 0) {
                return copy(history, start, Math.min(most, room));
            }
        }
        return NONE;
    }

    /** Where the earliest occurrence of the last n tokens ends, before the last; negative if there is none. */
    private static int find(History history, int n) {
        int length = history.length();
        for (int start = n; start < length; start++) {
            int same = 0;
            while (same < n && history.token(start - 1 - same) == history.last(same)) {
                same++;
            }
            if (same == n) {
                return start;
            }
        }
        return -1;
    }

    private int[] copy(History history, int start, int limit) {
        int end = start;
        while (end < history.length() && end - start < limit && !endTokens.contains(history.token(end))) {
            end++;
        }
        int[] drafts = new int[end - start];
        for (int i = 0; i < drafts.length; i++) {
            drafts[i] = history.token(start + i);
        }
        return drafts;
    }
}
