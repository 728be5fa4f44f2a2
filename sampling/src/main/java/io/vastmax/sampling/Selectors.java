package io.vastmax.sampling;

/** The selectors that people use. */
public final class Selectors {
    private Selectors() {}

    /** Draws by probability. */
    public static Selector categorical() {
        return Categorical.INSTANCE;
    }

    /** Takes the likeliest; of equal ones the lowest id. */
    public static Selector greedy() {
        return Greedy.INSTANCE;
    }

    private enum Categorical implements Selector {
        INSTANCE;

        @Override
        public String toString() {
            return "categorical";
        }
    }

    private enum Greedy implements Selector {
        INSTANCE;

        @Override
        public void narrow(Candidates candidates, SamplingStep step) {
            candidates.keepLikeliest();
        }

        @Override
        public int draw(Candidates candidates, SamplingStep step) {
            return candidates.likeliest();
        }

        @Override
        public String toString() {
            return "greedy";
        }
    }
}
