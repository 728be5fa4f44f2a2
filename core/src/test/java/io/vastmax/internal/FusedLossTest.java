package io.vastmax.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.Workspace;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Both links with masks, logits that come in beside those of the classes, and without any class. */
class FusedLossTest {
    private static final List<Link> LINKS = List.of(Link.SOFTMAX, Link.LOGISTIC);

    private final SplittableRandom random = new SplittableRandom(1);

    private float[] numbers(int length) {
        float[] numbers = new float[length];
        for (int i = 0; i < length; i++) {
            numbers[i] = (float) random.nextDouble(-1.5, 1.5);
        }
        return numbers;
    }

    /** The last two take the second pass that computes logits again, in one chunk and in many. */
    @ParameterizedTest
    @CsvSource({
        "SOFTMAX,1,1,1",
        "SOFTMAX,127,3,31",
        "SOFTMAX,129,5,33",
        "SOFTMAX,300,40,70",
        "SOFTMAX,9000,3,70",
        "SOFTMAX,3000,2,700",
        "LOGISTIC,1,1,1",
        "LOGISTIC,127,3,31",
        "LOGISTIC,129,5,33",
        "LOGISTIC,300,40,70",
        "LOGISTIC,9000,3,70",
        "LOGISTIC,3000,2,700"
    })
    void isTheNaiveLossWithMasks(String name, int classes, int width, int rows) {
        boolean softmax = name.equals("SOFTMAX");
        Link link = softmax ? Link.SOFTMAX : Link.LOGISTIC;
        float[] weight = numbers(classes * width);
        float[] bias = numbers(classes);
        float[] hidden = numbers(rows * width);
        float[] extra = numbers(rows);
        boolean[][] masked = new boolean[rows][classes];
        Masks masks = new Masks();
        for (int i = 0; i < 3 * rows; i++) {
            int n = random.nextInt(rows);
            int c = i < rows ? classes - 1 : random.nextInt(classes);
            masked[n][c] = true;
            masks.add(c, n);
        }
        LossBatch batch = new LossBatch(link, Rows.of(weight, classes, width, bias), hidden, rows);
        batch.masks = masks.sorted();
        for (int n = 0; n < rows; n++) {
            batch.scale[n] = 0.25 + n % 3;
            if (softmax) {
                batch.add(n, extra, n, 1);
            }
        }
        float[] dh = new float[rows * width];
        float[] dw = new float[classes * width];
        float[] db = new float[classes];
        try (Workspace workspace = Workspace.of(2, 1 << 20)) {
            FusedLoss.of(workspace).lossAndGradients(batch, workspace, dh, Rows.of(dw, classes, width, db));
        }
        double[][] expectedDw = new double[classes][width];
        double[] expectedDb = new double[classes];
        for (int n = 0; n < rows; n++) {
            double[] z = new double[classes];
            double sum = softmax ? Math.exp(extra[n]) : 0;
            for (int c = 0; c < classes; c++) {
                z[c] = bias[c];
                for (int k = 0; k < width; k++) {
                    z[c] += (double) weight[c * width + k] * hidden[n * width + k];
                }
                z[c] = masked[n][c] ? Double.NEGATIVE_INFINITY : z[c];
                sum += softmax ? Math.exp(z[c]) : Math.log1p(Math.exp(z[c]));
            }
            double loss = softmax ? Math.log(sum) : sum;
            assertThat(softmax ? batch.logSumExp(n) : batch.sum[n])
                    .as("row %d", n)
                    .isCloseTo(loss, within(2e-6 * (1 + loss)));
            double[] expectedDh = new double[width];
            for (int c = 0; c < classes; c++) {
                double p = softmax ? Math.exp(z[c]) / sum : 1 / (1 + Math.exp(-z[c]));
                double g = batch.scale[n] * p;
                expectedDb[c] += g;
                for (int k = 0; k < width; k++) {
                    expectedDh[k] += g * weight[c * width + k];
                    expectedDw[c][k] += g * hidden[n * width + k];
                }
            }
            assertThat(error(dh, n * width, expectedDh)).as("dH of row %d", n).isLessThan(1e-4);
        }
        assertThat(error(db, 0, expectedDb)).as("db").isLessThan(1e-5);
        assertThat(error(
                        dw,
                        0,
                        Arrays.stream(expectedDw)
                                .flatMapToDouble(Arrays::stream)
                                .toArray()))
                .as("dW")
                .isLessThan(1e-5);
    }

    /** The largest, relative to one and the largest number that is expected. */
    private static double error(float[] actual, int from, double[] expected) {
        double error = 0;
        double largest = 1;
        for (int i = 0; i < expected.length; i++) {
            error = Math.max(error, Math.abs(actual[from + i] - expected[i]));
            largest = Math.max(largest, Math.abs(expected[i]));
        }
        return error / largest;
    }

    /** A row whose every class is masked keeps what came in beside them. */
    @Test
    void aRowOfMasksAlone() {
        for (Link link : LINKS) {
            boolean softmax = link.equals(Link.SOFTMAX);
            LossBatch batch = new LossBatch(link, Rows.of(new float[40], 40, 1, null), new float[] {1, 1}, 2);
            Masks masks = new Masks();
            for (int c = 39; c >= 0; c--) {
                masks.add(c, 1);
            }
            batch.masks = masks.sorted();
            batch.scale[1] = 1;
            if (softmax) {
                batch.add(0, new float[] {3}, 0, 1);
                batch.add(1, new float[] {3}, 0, 1);
            }
            float[] dw = new float[40];
            float[] dh = {Float.NaN, Float.NaN};
            try (Workspace workspace = Workspace.ofThreads(1)) {
                FusedLoss.of(workspace).lossAndGradients(batch, workspace, dh, Rows.of(dw, 40, 1, null));
            }
            assertThat(softmax ? batch.logSumExp(1) : 3 + batch.sum[1]).isEqualTo(3);
            assertThat(dh).containsOnly(0);
            assertThat(dw).containsOnly(0);
        }
    }

    @Test
    void noClassesAtAll() {
        for (Link link : LINKS) {
            LossBatch batch = new LossBatch(link, Rows.of(new float[0], 0, 2, null), new float[6], 3);
            float[] dh = {1, 2, 3, 4, 5, 6};
            try (Workspace workspace = Workspace.ofThreads(1)) {
                FusedLoss.of(workspace).lossAndGradients(batch, workspace, dh, null);
            }
            assertThat(dh).containsOnly(0);
            assertThat(batch.sum).containsOnly(0);
        }
    }
}
