package io.vastmax.internal;

import io.vastmax.LogitTransform;
import io.vastmax.internal.simd.Kernels;
import io.vastmax.internal.simd.Simd;

/**
 * Logits of a batch's targets that training has changed, each a function {@code z'(d, |w|, |h|)} of the product
 * {@code d = <w_y, h>} and the lengths of both vectors: margins and noise. They take the place of the targets' logits in
 * {@link FusedLoss}; what flows back from them goes into the gradients here, row by row in their order.
 */
public final class AdjustedTargets {
    private static final Kernels KERNELS = Simd.kernels();

    private final Rows classes;
    private final float[] hidden;
    private final LossBatch batch;
    private final double[] byProduct;
    private final double[] byClassLength;
    private final double[] byHiddenLength;

    /** The function. */
    public interface Score {
        /**
         * The logit of a row's target before its transform, with its derivatives.
         *
         * @param product {@code <w, h>}
         * @param classLength {@code |w|}
         * @param hiddenLength {@code |h|}
         * @param bias the class's bias
         * @param into receives the logit and its derivatives by the first three
         */
        void of(int row, double product, double classLength, double hiddenLength, double bias, double[] into);
    }

    private AdjustedTargets(LossBatch batch) {
        this.batch = batch;
        this.classes = batch.classes;
        this.hidden = batch.hidden;
        this.byProduct = new double[batch.rows];
        this.byClassLength = new double[batch.rows];
        this.byHiddenLength = new double[batch.rows];
    }

    /** Puts the logits into a batch whose targets are set. */
    public static AdjustedTargets into(LossBatch batch, Score score) {
        AdjustedTargets adjusted = new AdjustedTargets(batch);
        LogitTransform transform = batch.classes.transform;
        float[] given = new float[batch.rows];
        double[] result = new double[4];
        int width = batch.classes.width;
        for (int n = 0; n < batch.rows; n++) {
            int y = batch.targets[n];
            if (y >= 0) {
                int w = adjusted.classes.from + y * width;
                float[] bias = adjusted.classes.bias;
                double product = KERNELS.dot(adjusted.classes.weight, w, batch.hidden, n * width, width);
                double classLength = Norms.of(adjusted.classes.weight, w, width);
                double hiddenLength = Norms.of(batch.hidden, n * width, width);
                double b = bias == null ? 0 : bias[adjusted.classes.biasFrom + y];
                score.of(n, product, classLength, hiddenLength, b, result);
                given[n] = (float) result[0];
                adjusted.byProduct[n] = result[1];
                adjusted.byClassLength[n] = result[2];
                adjusted.byHiddenLength[n] = result[3];
            }
        }
        Transforms.apply(transform, given, 0, batch.rows);
        batch.givenLogits = given;
        return adjusted;
    }

    /** Adds to the gradient of the hidden vectors. */
    public void addHiddenGradient(float[] gradient) {
        int width = classes.width;
        for (int n = 0; n < batch.rows; n++) {
            if (batch.targets[n] >= 0) {
                double g = batch.givenGradients[n];
                int w = classes.from + batch.targets[n] * width;
                KERNELS.addScaled((float) (g * byProduct[n]), classes.weight, w, gradient, n * width, width);
                addDirection(g * byHiddenLength[n], hidden, n * width, gradient, n * width);
            }
        }
    }

    /** Adds to the gradients of class vectors and bias. */
    public void addWeightGradient(Rows into) {
        int width = classes.width;
        for (int n = 0; n < batch.rows; n++) {
            int y = batch.targets[n];
            if (y >= 0) {
                double g = batch.givenGradients[n];
                int w = classes.from + y * width;
                int to = into.from + y * width;
                KERNELS.addScaled((float) (g * byProduct[n]), hidden, n * width, into.weight, to, width);
                addDirection(g * byClassLength[n], classes.weight, w, into.weight, to);
                if (into.bias != null) {
                    into.bias[into.biasFrom + y] += (float) g;
                }
            }
        }
    }

    /** {@code out += a x / |x|}; nothing for a vector without a length. */
    private void addDirection(double a, float[] x, int from, float[] out, int to) {
        double length = Norms.of(x, from, classes.width);
        if (length > Norms.LEAST && a != 0) {
            KERNELS.addScaled((float) (a / length), x, from, out, to, classes.width);
        }
    }
}
