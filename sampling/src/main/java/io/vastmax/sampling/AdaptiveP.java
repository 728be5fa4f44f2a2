package io.vastmax.sampling;

/**
 * {@link Selectors#adaptiveP}. Remembers {@code sum_k decay^k p_k} over the chosen tokens' probabilities, the last one first,
 * and {@code sum_k decay^k}; both begin as if the target had always been met.
 */
record AdaptiveP(double target, double decay) implements Selector {
    private static final double WIDTH = 0.3;
    private static final double PEAK = 5;
    private static final double SHARPNESS = 10;
    private static final Candidates.Reweighing BELL = AdaptiveP::bell;

    AdaptiveP {
        Check.share("target", target);
        Check.belowOne("decay", decay);
    }

    @Override
    public int memory() {
        return 2;
    }

    @Override
    public void begin(double[] memory) {
        memory[0] = target / (1 - decay);
        memory[1] = 1 / (1 - decay);
    }

    @Override
    public void narrow(Candidates candidates, SamplingStep step) {
        double[] memory = step.memory();
        double adapted = Math.clamp(2 * target - memory[0] / memory[1], 0.0, 1.0);
        candidates.reweigh(BELL, adapted);
    }

    private static float bell(double probability, double adapted) {
        double d = Math.abs(probability - adapted) / WIDTH;
        return (float) (PEAK - SHARPNESS * d * d / (1 + d));
    }

    @Override
    public void chosen(int id, Candidates candidates, SamplingStep step) {
        double[] memory = step.memory();
        memory[0] = Math.fma(decay, memory[0], candidates.formerProbabilityOf(id));
        memory[1] = Math.fma(decay, memory[1], 1);
    }

    @Override
    public String toString() {
        return "adaptive-p " + target + " decay " + decay;
    }
}
