package io.vastmax.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ChiSquareTest {
    private static final double[] THIRDS = {1 / 3.0, 1 / 3.0, 1 / 3.0, 0};

    @Test
    void acceptsWhatIsLikely() {
        assertThatCode(() -> ChiSquare.check("fair", new long[] {110, 95, 95, 0}, THIRDS))
                .doesNotThrowAnyException();
    }

    @Test
    void refusesWhatIsNot() {
        assertThatThrownBy(() -> ChiSquare.check("skewed", new long[] {150, 75, 75, 0}, THIRDS))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("skewed: chi-square of 3 bins");
    }

    @Test
    void refusesTheImpossible() {
        assertThatThrownBy(() -> ChiSquare.check("draws", new long[] {100, 100, 100, 1}, THIRDS))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("drew class 3");
    }

    /** In the table, nine degrees of freedom and 0.9999 have 33.72; 33.28 passes and 34.32 does not. */
    @Test
    void thresholdIsTheQuantile() {
        double[] tenths = new double[10];
        java.util.Arrays.fill(tenths, 0.1);
        assertThatCode(() -> ChiSquare.check("nine degrees", counts(129), tenths))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> ChiSquare.check("nine degrees", counts(131), tenths))
                .isInstanceOf(AssertionError.class);
    }

    /** Two classes off by some of a thousand draws each: 2 x^2 / 1000. */
    private static long[] counts(int off) {
        long[] counts = new long[10];
        java.util.Arrays.fill(counts, 1000);
        counts[2] += off;
        counts[5] -= off;
        return counts;
    }
}
