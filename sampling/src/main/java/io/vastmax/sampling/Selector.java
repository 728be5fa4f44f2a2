package io.vastmax.sampling;

/**
 * Chooses a token from the candidates that a chain's filters left. {@link Selectors} has those that people use.
 *
 * <p>It has three parts, so that speculative decoding can verify drafts for any of them: {@link #narrow} makes the
 * distribution that it draws from, {@link #draw} draws, and {@link #chosen} learns what became of it. Like a filter it holds
 * settings only; what it remembers from token to token are {@link #memory} numbers in the sampler.
 */
public interface Selector {
    /** How many numbers it remembers. */
    default int memory() {
        return 0;
    }

    /** Sets the numbers to what they are before the first token. */
    default void begin(double[] memory) {}

    /** Leaves the candidates, with the probabilities, that it draws from. */
    default void narrow(Candidates candidates, SamplingStep step) {}

    /** Draws the id of a candidate from their distribution. */
    default int draw(Candidates candidates, SamplingStep step) {
        return candidates.draw(step.uniform());
    }

    /** Takes note that a candidate became the next token, by changing {@link SamplingStep#memory}. */
    default void chosen(int id, Candidates candidates, SamplingStep step) {}
}
