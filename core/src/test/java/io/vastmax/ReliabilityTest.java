package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReliabilityTest {
    private final Predictions predictions = new Predictions();

    /** By hand: five predictions in two of four bins. */
    @Test
    void countsByConfidence() {
        predictions.add(0.3, true);
        predictions.add(0.4, false);
        predictions.add(0.9, true);
        predictions.add(0.8, true);
        predictions.add(1.0, false);

        Reliability reliability = predictions.reliability(4);

        assertThat(predictions.size()).isEqualTo(5);
        assertThat(predictions.accuracy()).isEqualTo(0.6);
        assertThat(reliability.count()).isEqualTo(5);
        assertThat(reliability.bins()).extracting(Reliability.Bin::count).containsExactly(0L, 2L, 0L, 3L);
        assertThat(reliability.bins()).extracting(Reliability.Bin::right).containsExactly(0L, 1L, 0L, 2L);
        Reliability.Bin empty = reliability.bins().getFirst();
        assertThat(empty.accuracy()).isEmpty();
        assertThat(empty.confidence()).isEmpty();
        assertThat(empty.gap()).isZero();
        Reliability.Bin last = reliability.bins().getLast();
        assertThat(last.from()).isEqualTo(0.75);
        assertThat(last.to()).isEqualTo(1);
        assertThat(last.accuracy().orElseThrow()).isCloseTo(2 / 3.0, within(1e-15));
        assertThat(last.confidence().orElseThrow()).isCloseTo(0.9, within(1e-15));
        assertThat(last.gap()).isCloseTo(0.9 - 2 / 3.0, within(1e-15));
        assertThat(reliability.expectedCalibrationError())
                .isCloseTo((2 * 0.15 + 3 * (0.9 - 2 / 3.0)) / 5, within(1e-15));
        assertThat(reliability.maximumCalibrationError()).isCloseTo(0.9 - 2 / 3.0, within(1e-15));
    }

    /** Guo and others have intervals that are open below: an edge belongs to the bin that it ends. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 10, 15, 49, 100, 1000})
    void anEdgeBelongsToTheBinThatItEnds(int bins) {
        long[] expected = new long[bins];
        for (int m = 0; m <= bins; m++) {
            double edge = (double) m / bins;
            predictions.add(edge, true);
            expected[Math.max(0, m - 1)]++;
            if (m < bins) {
                predictions.add(Math.nextUp(edge), true);
                expected[m]++;
            }
        }
        assertThat(predictions.reliability(bins).bins().stream()
                        .mapToLong(Reliability.Bin::count)
                        .toArray())
                .isEqualTo(expected);
    }

    /** Right as often as it says: the error is what chance leaves, and falls as the predictions grow in number. */
    @Test
    void aMillionPredictions() {
        SplittableRandom random = new SplittableRandom(1);
        Predictions overconfident = new Predictions();
        for (int i = 0; i < 1_000_000; i++) {
            double confidence = random.nextDouble();
            predictions.add(confidence, random.nextDouble() < confidence);
            overconfident.add(confidence, random.nextDouble() < confidence * confidence);
        }
        Reliability reliability = predictions.reliability(15);
        assertThat(reliability.count()).isEqualTo(1_000_000);
        assertThat(reliability.expectedCalibrationError()).isLessThan(0.003);
        assertThat(reliability.maximumCalibrationError()).isLessThan(0.01);
        // the mean of c - c^2 over (0, 1)
        assertThat(overconfident.reliability(15).expectedCalibrationError()).isCloseTo(1 / 6.0, within(0.003));
        assertThat(overconfident.reliability(15).maximumCalibrationError()).isCloseTo(0.25, within(0.01));
    }

    @Test
    void takesTheLikeliestClassOfEachRow() {
        TopK top = TopK.of(3, 2);
        top.set(0, 0, 7, (float) Math.log(0.75));
        top.set(0, 1, 1, (float) Math.log(0.25));
        top.set(1, 0, 1, (float) Math.log(0.5));
        top.set(1, 1, 7, (float) Math.log(0.5));
        // rounded to above 0
        top.set(2, 0, 4, 1e-7f);
        predictions.addAll(top, new int[] {7, 7, 4});
        assertThat(predictions.reliability(2).bins())
                .extracting(Reliability.Bin::right)
                .containsExactly(0L, 2L);
        assertThat(predictions.reliability(2).bins().getLast().confidences()).isCloseTo(1.75, within(1e-7));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> predictions.addAll(top, new int[] {7, 7}))
                .withMessageContainingAll("targets holds 2", "3 rows");
    }

    @Test
    void refusesWhatIsNoProbability() {
        for (double confidence : new double[] {-0.01, 1.01, Double.NaN}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> predictions.add(confidence, true))
                    .withMessage("confidence = " + confidence + ": must be from 0 to 1");
        }
        predictions.add(-0.0, false);
        assertThat(predictions.size()).isEqualTo(1);
        for (int bins : new int[] {0, -1, 10_001}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> predictions.reliability(bins))
                    .withMessage("bins = " + bins + ": must be from 1 to 10000");
        }
    }

    @Test
    void nothingIsNotCalibrated() {
        for (Runnable call : Arrays.<Runnable>asList(
                () -> predictions.reliability(15), predictions::selective, predictions::accuracy)) {
            assertThatIllegalStateException().isThrownBy(call::run).withMessageContaining("no predictions");
        }
    }
}
