package io.vastmax.sampling;

/** {@link Selectors#mirostat2}. */
record Mirostat2(double tau, double eta) implements Mirostat {
    Mirostat2 {
        Check.atLeast(0, "tau", tau);
        Check.atLeast(0, "eta", eta);
    }

    @Override
    public void narrow(Candidates candidates, SamplingStep step) {
        double least = -step.memory()[0] * LN2 - Candidates.SLACK;
        if (candidates.logProbabilityOfLikeliest() < least) {
            candidates.keepLikeliest();
        } else {
            candidates.keepAtLeast(candidates.logSumExp() + least);
        }
    }

    @Override
    public String toString() {
        return "mirostat 2 tau " + tau + " eta " + eta;
    }
}
