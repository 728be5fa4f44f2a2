package io.vastmax.sampling;

import static io.vastmax.sampling.HistoryFiltering.MASKED;
import static io.vastmax.sampling.HistoryFiltering.after;
import static io.vastmax.sampling.HistoryFiltering.ids;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuidanceTest {
    // 1/8, 1/8, 1/4, 1/2 and 1/4, 1/4, 1/4, 1/4
    private static final double LOG_2 = StrictMath.log(2);
    private static final float[] CONDITIONAL = logs(5, -3, -3, -2, -1);
    private static final float[] UNIFORM = logs(7, -2, -2, -2, -2);

    /** Expected in powers of 2. */
    @ParameterizedTest
    @CsvSource({
        "  2, -4,   -4,   -2, 0  ",
        "1.5, -3.5, -3.5, -2, -.5",
        " .5, -2.5, -2.5, -2, -1.5",
        "  0, -2,   -2,   -2, -2 ",
        " -1, -1,   -1,   -2, -3 ",
        "  3, -5,   -5,   -2, 1  "
    })
    void extrapolatesLogProbabilities(double scale, double first, double second, double third, double fourth) {
        float[] guided = guided(scale, UNIFORM, CONDITIONAL);
        double[] expected = {first, second, third, fourth};
        for (int id = 0; id < 4; id++) {
            assertThat(guided[id] / LOG_2).as("id %d", id).isCloseTo(expected[id], within(1e-6));
        }
    }

    @Test
    void theConstantsOfBothDoNotMatter() {
        float[] other = CONDITIONAL.clone();
        for (int id = 0; id < other.length; id++) {
            other[id] -= 9;
        }
        float[] guided = guided(1.5, UNIFORM, other);
        float[] same = guided(1.5, UNIFORM, CONDITIONAL);
        for (int id = 0; id < 4; id++) {
            assertThat(guided[id]).isCloseTo(same[id], within(1e-5f));
        }
    }

    @Test
    void aScaleOfOneAsksForNothing() {
        Filter filter = Constraints.guidance(
                () -> {
                    throw new AssertionError("asked");
                },
                1);
        assertThat(after(filter, ids(), ids(), CONDITIONAL)).isEqualTo(CONDITIONAL);
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, 0, .5, 1.5, 7})
    void whatIsMaskedStaysMasked(double scale) {
        float[] logits = CONDITIONAL.clone();
        logits[1] = MASKED;
        assertThat(guided(scale, UNIFORM, logits)[1]).isEqualTo(MASKED);
        float[] both = UNIFORM.clone();
        both[1] = MASKED;
        assertThat(guided(scale, both, logits)[1]).isEqualTo(MASKED);
        assertThat(guided(scale, both, logits)[0]).isFinite();
    }

    @Test
    void whatIsMaskedWithoutThePromptAloneKeepsItsLogProbabilityAboveOneAndGoesBelow() {
        float[] unconditional = UNIFORM.clone();
        unconditional[2] = MASKED;
        assertThat(guided(1.5, unconditional, CONDITIONAL)[2]).isCloseTo((float) (-2 * LOG_2), within(1e-6f));
        assertThat(guided(.5, unconditional, CONDITIONAL)[2]).isEqualTo(MASKED);
        assertThat(guided(-1, unconditional, CONDITIONAL)[2]).isEqualTo(MASKED);
    }

    @Test
    void nothingMayBeLeft() {
        Filter filter = Constraints.guidance(() -> Logits.of(0, MASKED), .5);
        assertThatExceptionOfType(NoCandidatesException.class)
                .isThrownBy(() -> Chain.of(filter).sampler(1).sample(MASKED, 0))
                .withMessage("guidance 0.5 left no candidate of 2 tokens at position 0");
    }

    @Test
    void logitsWithATemperatureAndInBlocksAreGuidedAlike() {
        int vocabulary = 3_000;
        float[] conditional = new float[vocabulary];
        float[] unconditional = new float[vocabulary];
        for (int id = 0; id < vocabulary; id++) {
            conditional[id] = (float) StrictMath.sin(id) * 4;
            unconditional[id] = (float) StrictMath.cos(3 * id) * 4;
        }
        Candidates candidates = new Candidates();
        candidates.begin(conditional, 0, vocabulary);
        Chain chain = Chain.of(Filters.temperature(.5), Constraints.guidance(() -> Logits.of(unconditional), 1.5));
        chain.sampler(1).filter(candidates);
        double c = logSumExp(conditional, 2);
        double u = logSumExp(unconditional, 1);
        for (int id = 0; id < vocabulary; id++) {
            double other = unconditional[id] - u;
            double expected = other + 1.5 * (2 * conditional[id] - c - other);
            assertThat(candidates.logitOf(id)).isCloseTo((float) expected, within(1e-4f));
        }
    }

    @Test
    void isAskedOnceAStep() {
        AtomicInteger asked = new AtomicInteger();
        Filter filter = Constraints.guidance(
                () -> {
                    asked.incrementAndGet();
                    return Logits.of(UNIFORM);
                },
                2);
        Sampler sampler = Chain.of(filter).sampler(1);
        sampler.sample(CONDITIONAL);
        sampler.sample(CONDITIONAL);
        assertThat(asked).hasValue(2);
    }

    @Test
    void refuses() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Constraints.guidance(() -> Logits.of(0), Double.NaN))
                .withMessage("scale = NaN: must be finite");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> guided(2, new float[3], CONDITIONAL))
                .withMessage("unconditional logits hold 3 numbers: must be 4, as many as the logits that they guide");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> guided(2, new float[] {0, 0, Float.NaN, 0}, CONDITIONAL))
                .withMessage("unconditional logits[2] = NaN: must be finite, or -inf for a token that is masked");
        assertThat(Constraints.guidance(() -> Logits.of(0), 1.5)).hasToString("guidance 1.5");
    }

    private static float[] guided(double scale, float[] unconditional, float[] conditional) {
        return after(Constraints.guidance(() -> Logits.of(unconditional), scale), ids(), ids(), conditional);
    }

    private static double logSumExp(float[] logits, double times) {
        double sum = 0;
        for (float logit : logits) {
            sum += StrictMath.exp(logit * times);
        }
        return StrictMath.log(sum);
    }

    private static float[] logs(double shift, double... exponents) {
        float[] logs = new float[exponents.length];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = (float) (shift + exponents[i] * LOG_2);
        }
        return logs;
    }
}
