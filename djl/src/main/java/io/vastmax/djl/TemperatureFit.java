package io.vastmax.djl;

import java.util.function.DoubleUnaryOperator;
import org.hipparchus.optim.MaxEval;
import org.hipparchus.optim.nonlinear.scalar.GoalType;
import org.hipparchus.optim.univariate.BrentOptimizer;
import org.hipparchus.optim.univariate.SearchInterval;
import org.hipparchus.optim.univariate.UnivariateObjectiveFunction;

/**
 * The temperature T that makes {@code softmax(z / T)} predict a text best: the one number that temperature scaling fits, on
 * text that the model was not trained on (Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, 2017).
 *
 * <p>The mean negative log-likelihood is convex in {@code 1 / T} for every layer that has one, since each softmax that a row
 * visits adds {@code lse(z / T) - z_y / T}: there is one valley, and Brent's method walks down it in {@code log T}, in some
 * ten evaluations. T is found to a thousandth of itself, where the loss is level to a millionth.
 *
 * @param temperature the T of the lowest loss that was seen; the one that the search began at if no other was lower
 * @param loss the mean loss there, in nats
 * @param evaluations how often the loss was computed
 * @param atEnd whether T is an end of the range searched: the loss falls on beyond it
 */
public record TemperatureFit(double temperature, double loss, int evaluations, boolean atEnd) {
    /** How many times lower and higher than its start the search looks. */
    public static final double RANGE = 20;

    private static final double TOLERANCE = 5e-4;
    private static final int MAX_EVALUATIONS = 200;

    /**
     * Finds the temperature of the lowest loss from {@code start / 20} to {@code 20 start}.
     *
     * @param meanLoss the mean loss in nats at a temperature, of the same text every time
     * @param start the temperature to begin at, such as 1; its loss is the first that is computed
     * @throws IllegalArgumentException if {@code start} is not positive and finite, or a loss is not finite
     */
    public static TemperatureFit of(DoubleUnaryOperator meanLoss, double start) {
        if (!(start > 0 && start < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("start = " + start + ": must be positive and finite");
        }
        Search search = new Search(meanLoss, start);
        double end = Math.log(RANGE);
        new BrentOptimizer(1e-10, TOLERANCE)
                .optimize(
                        new MaxEval(MAX_EVALUATIONS),
                        GoalType.MINIMIZE,
                        new UnivariateObjectiveFunction(search::loss),
                        new SearchInterval(-end, end, 0));
        // Brent's method comes close to an end and never there
        boolean atEnd = Math.abs(search.best) > end - 10 * TOLERANCE
                && search.loss(Math.copySign(end, search.best)) <= search.lowest;
        return new TemperatureFit(search.temperature(search.best), search.lowest, search.evaluations, atEnd);
    }

    /** What was seen of the loss, by {@code x = log(T / start)}. */
    private static final class Search {
        private final DoubleUnaryOperator meanLoss;
        private final double start;
        private int evaluations;
        private double best;
        private double lowest = Double.POSITIVE_INFINITY;

        Search(DoubleUnaryOperator meanLoss, double start) {
            this.meanLoss = meanLoss;
            this.start = start;
        }

        double temperature(double x) {
            return start * Math.exp(x);
        }

        double loss(double x) {
            double loss = meanLoss.applyAsDouble(temperature(x));
            if (!Double.isFinite(loss)) {
                throw new IllegalArgumentException(
                        "meanLoss is " + loss + " at T = " + temperature(x) + ": must be finite");
            }
            evaluations++;
            if (loss < lowest) {
                lowest = loss;
                best = x;
            }
            return loss;
        }
    }
}
