package io.vastmax.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vastmax.LogitTransform;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransformsTest {
    private static final float[] LOGITS = {0, 1e-6f, -0.3f, 1, -2.5f, 7, -40, 1e4f, -1e30f};

    private static double plain(LogitTransform transform, double z) {
        double cap = transform.softCap();
        return (transform.isCapped() ? cap * Math.tanh(z / cap) : z) / transform.temperature();
    }

    private static float[] applied(LogitTransform transform) {
        float[] z = LOGITS.clone();
        Transforms.apply(transform, z, 0, z.length);
        return z;
    }

    @ParameterizedTest
    @CsvSource({"Infinity, 1", "Infinity, 0.3", "Infinity, 1000", "30, 1", "2.5, 0.6", "1e-6, 1", "1e4, 1e-3"})
    void itsValues(double cap, double temperature) {
        LogitTransform transform = new LogitTransform(cap, temperature);
        float[] z = applied(transform);
        for (int i = 0; i < z.length; i++) {
            double expected = plain(transform, LOGITS[i]);
            assertThat((double) z[i]).as("t(%s)", LOGITS[i]).isCloseTo(expected, within(1e-6 * Math.abs(expected)));
        }
    }

    /** Of what is already transformed. */
    @ParameterizedTest
    @CsvSource({"Infinity, 1", "Infinity, 0.3", "30, 1", "2.5, 0.6", "100, 4"})
    void theirSlope(double cap, double temperature) {
        LogitTransform transform = new LogitTransform(cap, temperature);
        float[] z = applied(transform);
        float[] gradients = new float[z.length];
        Arrays.fill(gradients, -3);
        Transforms.applySlope(transform, z, 0, gradients, 0, z.length);
        for (int i = 0; i < 7; i++) {
            double step = 1e-5;
            double expected = (plain(transform, LOGITS[i] + step) - plain(transform, LOGITS[i] - step)) / (2 * step);
            double within = 1e-6 / temperature;
            assertThat(Transforms.slope(transform, z[i]))
                    .as("t'(%s)", LOGITS[i])
                    .isCloseTo(expected, within(within));
            assertThat((double) gradients[i]).isCloseTo(-3 * expected, within(3 * within));
        }
    }

    /** But for rounding. */
    @ParameterizedTest
    @CsvSource({"30, 1", "2.5, 0.6", "0.1, 0.3", "7, 1e-3"})
    void nothingFlowsBackFromFarBeyondACap(double cap, double temperature) {
        LogitTransform transform = new LogitTransform(cap, temperature);
        float[] z = {1e30f, -1e30f, (float) (9 * cap), (float) (-8.5 * cap)};
        float[] ones = {1, 1, 1, 1};
        Transforms.apply(transform, z, 0, 4);
        Transforms.applySlope(transform, z, 0, ones, 0, 4);
        for (int i = 0; i < 4; i++) {
            assertThat((double) ones[i]).isCloseTo(0, within(1e-6 / temperature));
        }
    }

    @Test
    void theIdentityKeepsTheBits() {
        float[] z = applied(LogitTransform.IDENTITY);
        assertThat(z).containsExactly(LOGITS);
        Transforms.applySlope(LogitTransform.IDENTITY, LOGITS, 0, z, 0, z.length);
        assertThat(z).containsExactly(LOGITS);
        assertThat(Transforms.slope(LogitTransform.IDENTITY, 5)).isEqualTo(1);
    }

    @Test
    void onlyItsRangeChanges() {
        float[] z = {1, 2, 3, 4};
        Transforms.apply(LogitTransform.IDENTITY.withTemperature(2), z, 1, 2);
        assertThat(z).containsExactly(1, 1, 1.5f, 4);
        float[] g = {8, 8, 8, 8};
        Transforms.applySlope(LogitTransform.IDENTITY.withTemperature(2), z, 0, g, 3, 1);
        assertThat(g).containsExactly(8, 8, 8, 4);
    }
}
