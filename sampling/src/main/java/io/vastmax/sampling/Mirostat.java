package io.vastmax.sampling;

/**
 * What both versions of mirostat share: the limit mu of a token's surprise, in bits, which is steered so that the surprise of
 * the chosen tokens comes to tau. It is all that is remembered.
 */
interface Mirostat extends Selector {
    /** {@code log 2}. */
    double LN2 = 0x1.62e42fefa39efp-1;

    /** The surprise aimed at, in bits. */
    double tau();

    /** The rate of learning. */
    double eta();

    @Override
    default int memory() {
        return 1;
    }

    @Override
    default void begin(double[] memory) {
        memory[0] = 2 * tau();
    }

    @Override
    default void chosen(int id, Candidates candidates, SamplingStep step) {
        double surprise = -candidates.logProbabilityOf(id) / LN2;
        step.memory()[0] -= eta() * (surprise - tau());
    }
}
