package io.vastmax.testkit;

import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.Targets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The full softmax as one would write it on a blackboard: all logits at once, sums in their order, one thread. */
public final class Reference {
    private final double[][] weight;
    private final double[][] hidden;
    private final Precision precision;
    private final double[][] logits;

    private Reference(
            double[][] weight,
            double @Nullable [][] bias,
            double[][] hidden,
            Precision precision,
            LogitTransform transform) {
        this.weight = weight;
        this.hidden = hidden;
        this.precision = precision;
        this.logits = new double[hidden.length][weight.length];
        for (int n = 0; n < hidden.length; n++) {
            for (int v = 0; v < weight.length; v++) {
                double b = bias == null ? 0 : bias[v][0];
                logits[n][v] =
                        transformed(precision.round(precision.dot(weight[v], hidden[n]) + b), precision, transform);
            }
        }
    }

    /**
     * That of given numbers.
     *
     * @param weight V x d
     * @param bias V x 1, or null for none
     * @param hidden N x d
     */
    public static Reference of(double[][] weight, double @Nullable [][] bias, double[][] hidden, Precision precision) {
        return of(weight, bias, hidden, precision, LogitTransform.IDENTITY);
    }

    /** The same with transformed logits. */
    public static Reference of(
            double[][] weight,
            double @Nullable [][] bias,
            double[][] hidden,
            Precision precision,
            LogitTransform transform) {
        return new Reference(weight, bias, hidden, precision, transform);
    }

    /** What becomes of a logit. */
    public static double transformed(double z, Precision precision, LogitTransform transform) {
        double cap = transform.softCap();
        double capped = transform.isCapped() ? precision.round(cap * precision.round(Math.tanh(z / cap))) : z;
        return precision.round(capped / transform.temperature());
    }

    /** That of a layer, in double precision. */
    public static Reference of(FullSoftmax layer, Matrix hidden) {
        return of(Point.of(layer, hidden, Precision.DOUBLE));
    }

    /** That of the parameters {@code softmax.weight} and {@code softmax.bias}, if there is one. */
    public static Reference of(Point at) {
        return of(at, LogitTransform.IDENTITY);
    }

    /** The same with transformed logits. */
    public static Reference of(Point at, LogitTransform transform) {
        return of(
                at.block("softmax.weight"),
                at.blocks().contains("softmax.bias") ? at.block("softmax.bias") : null,
                at.hidden(),
                at.precision(),
                transform);
    }

    /** {@code Z = H W^T + b}, N x V. */
    public double[][] logits() {
        return logits;
    }

    /** {@code log sum_v exp(z_nv)} for each row. */
    public double[] logSumExp() {
        return Arrays.stream(logits).mapToDouble(precision::logSumExp).toArray();
    }

    /** {@code log P = Z - lse(Z)}, N x V. */
    public double[][] logProbs() {
        return Arrays.stream(logits).map(precision::logSoftmax).toArray(double[][]::new);
    }

    /** The loss of each row. */
    public double[] losses(Targets targets) {
        double[] losses = new double[hidden.length];
        for (int n = 0; n < losses.length; n++) {
            losses[n] = precision.round(precision.logSumExp(logits[n]) - logits[n][targets.id(n)]);
        }
        return losses;
    }

    /** The mean loss. */
    public double loss(Targets targets) {
        return precision.round(precision.round(
                        Arrays.stream(losses(targets)).reduce(0, (a, b) -> precision.round(a + b)))
                / hidden.length);
    }

    /** {@code dL/dH = G W}, N x d. */
    public double[][] hiddenGradient(Targets targets) {
        return product(logitGradient(targets), weight);
    }

    /** {@code dL/dW = G^T H}, V x d. */
    public double[][] weightGradient(Targets targets) {
        return product(transposed(logitGradient(targets)), hidden);
    }

    /** {@code dL/db = G^T 1}, V x 1. */
    public double[][] biasGradient(Targets targets) {
        double[][] ones = new double[hidden.length][1];
        for (double[] one : ones) {
            one[0] = 1;
        }
        return product(transposed(logitGradient(targets)), ones);
    }

    /** {@code G = dL/dZ = (P - Y) / N}, N x V. */
    public double[][] logitGradient(Targets targets) {
        double[][] gradient = logProbs();
        for (int n = 0; n < gradient.length; n++) {
            for (int v = 0; v < weight.length; v++) {
                double p = precision.round(Math.exp(gradient[n][v]));
                double y = targets.id(n) == v ? 1 : 0;
                gradient[n][v] = precision.round(precision.round(p - y) / hidden.length);
            }
        }
        return gradient;
    }

    private double[][] product(double[][] a, double[][] b) {
        double[][] columns = transposed(b);
        double[][] product = new double[a.length][columns.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < columns.length; j++) {
                product[i][j] = precision.dot(a[i], columns[j]);
            }
        }
        return product;
    }

    private static double[][] transposed(double[][] a) {
        double[][] result = new double[a.length == 0 ? 0 : a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[i].length; j++) {
                result[j][i] = a[i][j];
            }
        }
        return result;
    }
}
