package io.vastmax.sampling;

/** {@link Constraints#guidance} of one step. Mutable scratch, used again. */
final class Guidance implements Candidates.Change {
    private final LogitRow row = new LogitRow();
    private double scale;
    private double logSumExp;
    private double unconditionalLogSumExp;

    /** Guides candidates. */
    void apply(Candidates candidates, Logits unconditional, double newScale) {
        if (unconditional.size() != candidates.vocabulary()) {
            throw new IllegalArgumentException("unconditional logits hold " + unconditional.size()
                    + " numbers: must be " + candidates.vocabulary() + ", as many as the logits that they guide");
        }
        try {
            row.begin(unconditional);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("unconditional " + e.getMessage(), e);
        }
        scale = newScale;
        logSumExp = candidates.logSumExp();
        unconditionalLogSumExp = row.max() + StrictMath.log(row.sumExp(1));
        candidates.change(this);
    }

    @Override
    public float logit(int id, float logit) {
        double c = logit - logSumExp;
        double u = row.get(id) - unconditionalLogSumExp;
        if (u == Double.NEGATIVE_INFINITY) {
            return scale < 1 ? Float.NEGATIVE_INFINITY : Candidates.finite(c);
        }
        return Candidates.finite(u + scale * (c - u));
    }
}
