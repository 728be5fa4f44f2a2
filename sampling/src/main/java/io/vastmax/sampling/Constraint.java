package io.vastmax.sampling;

/**
 * Says which tokens may come next, as a grammar does. Its answer must depend on the history alone, so that samplers can be
 * copied and rolled back: what it remembers of a history it must find again, or work out anew, for any other.
 *
 * <p>It is shared by the sequences of its chain; thread safe if these run on several threads.
 */
@FunctionalInterface
public interface Constraint {
    /**
     * Allows tokens. Called once a step.
     *
     * @param history the tokens so far
     * @param mask the empty set over the vocabulary, to be filled; not to be kept
     */
    void allow(History history, TokenMask mask);
}
