package io.vastmax;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The softmax of two classes with the logits (x, 0) is the sigmoid of x, and its loss the binary one with logits. */
class BinaryClassificationTest {
    private final Workspace workspace = Workspace.ofThreads(2);

    @AfterEach
    void close() {
        workspace.close();
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 1e-6f, -1e-3f, 0.5f, -3, 17, -40, 80, -87, 1e4f, -1e30f})
    void softmaxIsTheSigmoid(float x) {
        float[] logits = {x, 0};
        float[] out = new float[2];
        Softmax.softmax(logits, out);
        assertThat((double) out[0]).isCloseTo(sigmoid(x), within(1e-6 * sigmoid(x) + Float.MIN_VALUE));
        assertThat((double) out[1]).isCloseTo(sigmoid(-x), within(1e-6 * sigmoid(-x) + Float.MIN_VALUE));
        Softmax.logSoftmax(logits, out);
        assertThat((double) out[0]).isCloseTo(-softplus(-x), within(1e-6 * Math.max(1, softplus(-x))));
        float[] one = new float[1];
        FullSoftmax.of(Matrix.wrap(2, 1, logits), null)
                .logProb(Matrix.wrap(1, 1, new float[] {1}), new int[] {0}, one, workspace);
        assertThat((double) one[0]).isCloseTo(-softplus(-x), within(1e-6 * Math.max(1, softplus(-x))));
    }

    /** {@code L = mean_n(softplus(x_n) - y_n x_n)} with {@code x = <w, h> + b}, y = 1 for class 0. */
    @Test
    void lossAndGradientsAreThoseOfTheBinaryCrossEntropy() {
        int rows = 50;
        int width = 7;
        SplittableRandom random = new SplittableRandom(1);
        Matrix weight = Matrix.zeros(2, width);
        for (int k = 0; k < width; k++) {
            weight.set(0, k, (float) random.nextDouble(-2, 2));
        }
        Matrix bias = Matrix.copyOf(new float[][] {{0.3f}, {0}});
        Matrix hidden = Matrix.zeros(rows, width);
        int[] ids = new int[rows];
        double loss = 0;
        double[] ofWeight = new double[width];
        double ofBias = 0;
        double[][] ofHidden = new double[rows][width];
        for (int n = 0; n < rows; n++) {
            ids[n] = random.nextInt(2);
            double x = bias.get(0, 0);
            for (int k = 0; k < width; k++) {
                hidden.set(n, k, (float) random.nextDouble(-2, 2));
                x += (double) weight.get(0, k) * hidden.get(n, k);
            }
            double y = ids[n] == 0 ? 1 : 0;
            loss += (softplus(x) - y * x) / rows;
            double g = (sigmoid(x) - y) / rows;
            ofBias += g;
            for (int k = 0; k < width; k++) {
                ofWeight[k] += g * hidden.get(n, k);
                ofHidden[n][k] = g * weight.get(0, k);
            }
        }
        FullSoftmax layer = FullSoftmax.of(weight, bias);
        Gradients gradients = layer.newGradients();
        Matrix hiddenGradient = Matrix.zeros(rows, width);
        double actual = layer.lossAndGradients(
                hidden, Targets.of(ids), new Step(RandomKey.of(1), workspace), hiddenGradient, gradients);
        assertThat(actual).isCloseTo(loss, within(1e-6));
        Matrix weightGradient = gradients.dense(layer.weight());
        for (int k = 0; k < width; k++) {
            assertThat((double) weightGradient.get(0, k)).isCloseTo(ofWeight[k], within(1e-6));
            assertThat((double) weightGradient.get(1, k)).isCloseTo(-ofWeight[k], within(1e-6));
            for (int n = 0; n < rows; n++) {
                assertThat((double) hiddenGradient.get(n, k)).isCloseTo(ofHidden[n][k], within(1e-7));
            }
        }
        Matrix biasGradient = gradients.dense(requireNonNull(layer.bias()));
        assertThat((double) biasGradient.get(0, 0)).isCloseTo(ofBias, within(1e-6));
        assertThat((double) biasGradient.get(1, 0)).isCloseTo(-ofBias, within(1e-6));
    }
}
