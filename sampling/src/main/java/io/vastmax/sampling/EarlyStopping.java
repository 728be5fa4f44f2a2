package io.vastmax.sampling;

/**
 * When a beam search is done before its longest sequences are: once it has as many finished hypotheses as beams, and these
 * cannot or shall not be improved. The three are {@code early_stopping} of Hugging Face Transformers: True, False, "never".
 */
public enum EarlyStopping {
    /** As soon as there are as many finished hypotheses as beams: first come, first served. */
    FIRST_COME,

    /**
     * When the best unfinished beam, scored at its present length, does not exceed the worst finished hypothesis. With a
     * length penalty above 0 that beam might still have come to exceed it.
     */
    HEURISTIC,

    /**
     * When the best unfinished beam cannot exceed the worst finished hypothesis any more: scored at the greatest length if
     * the length penalty is above 0, which flatters it as nothing else, else at its present length.
     */
    NEVER
}
