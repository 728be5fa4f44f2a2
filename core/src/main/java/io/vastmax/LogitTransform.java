package io.vastmax;

/**
 * What becomes of each logit of a layer, in training as in inference: {@code t(z) = cap tanh(z / cap) / T}. A part of the
 * model: its probabilities are those of the transformed logits. Of a tree or of clusters it is applied to the logits of
 * every softmax that a row passes, which for a temperature is not the same as the power {@code 1 / T} of the whole
 * distribution, renormalised: that is what sampling does with a temperature of its own.
 *
 * <p>It never falls, so that the order of classes stays (a cap makes logits far beyond it equal).
 *
 * @param softCap no logit exceeds it in magnitude before the division by T (30 in Gemma 2); infinity for none
 * @param temperature T; above 1 it flattens the distribution, below 1 it sharpens it
 */
public record LogitTransform(double softCap, double temperature) {
    /** Logits stay as they are. */
    public static final LogitTransform IDENTITY = new LogitTransform(Double.POSITIVE_INFINITY, 1);

    /** Checks the values. */
    public LogitTransform {
        if (!(softCap > 0)) {
            throw new IllegalArgumentException("softCap = " + softCap + ": must be positive");
        }
        if (!(temperature > 0) || Double.isInfinite(temperature)) {
            throw new IllegalArgumentException("temperature = " + temperature + ": must be positive and finite");
        }
    }

    /** The same with another temperature. */
    public LogitTransform withTemperature(double other) {
        return new LogitTransform(softCap, other);
    }

    /** The same with another cap. */
    public LogitTransform withSoftCap(double other) {
        return new LogitTransform(other, temperature);
    }

    /** Whether there is a cap. */
    public boolean isCapped() {
        return softCap < Double.POSITIVE_INFINITY;
    }

    /** As in {@code "soft-cap 30.0, temperature 1.5"}. */
    @Override
    public String toString() {
        return (isCapped() ? "soft-cap " + softCap + ", " : "") + "temperature " + temperature;
    }
}
