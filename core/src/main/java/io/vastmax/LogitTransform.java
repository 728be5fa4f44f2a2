package io.vastmax;

/**
 * What becomes of each logit of a layer, in training as in inference: {@code t(z) = cap tanh(z / cap) / T} (temperature: Guo,
 * Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017; soft-cap: Gemma Team, Gemma 2, 2024). A part of the
 * model: its probabilities are those of the transformed logits. Of a tree or of clusters it is applied to the logits of
 * every softmax that a row passes, which for a temperature is not the same as the power {@code 1 / T} of the whole
 * distribution, renormalised: that is what sampling does with a temperature of its own.
 *
 * <p>A masked logit, {@code -inf}, stays one. It never falls, so that the order of classes stays (a cap makes logits far beyond it equal).
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
        if (!(temperature > 0) || !isFloat(1 / temperature)) {
            throw new IllegalArgumentException("temperature = " + temperature + ": must be positive and finite");
        }
        if (softCap < Double.POSITIVE_INFINITY
                && !(isFloat(1 / softCap) && isFloat(softCap / temperature) && isFloat(temperature / softCap))) {
            throw new IllegalArgumentException("softCap = " + softCap + ", temperature = " + temperature
                    + ": must leave a quotient that single precision can hold");
        }
    }

    /** Logits are multiplied with it in single precision: it must be neither 0 nor infinite there. */
    private static boolean isFloat(double factor) {
        return (float) factor > 0 && (float) factor < Float.POSITIVE_INFINITY;
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
        if (!isCapped()) {
            return "temperature " + temperature;
        }
        return "soft-cap " + softCap + (temperature == 1 ? "" : ", temperature " + temperature);
    }
}
