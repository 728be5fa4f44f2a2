package io.vastmax.sampling;

import static io.vastmax.sampling.HistoryFiltering.MASKED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Logits that change in some blocks of a row and not in others, held against a plain array. */
class ChangedLogitsTest {
    private static final int FROM = 5;

    /** Where the logits lie. */
    enum Place {
        ARRAY,
        OVERWRITABLE,
        SEGMENT
    }

    @ParameterizedTest
    @EnumSource
    void anyChangesComeOutAsInAPlainArray(Place place) {
        SplittableRandom random = new SplittableRandom(7);
        Candidates candidates = new Candidates();
        for (int round = 0; round < 300; round++) {
            int vocabulary = 1 + random.nextInt(random.nextBoolean() ? 70 : 5_000);
            float[] given = new float[FROM + vocabulary + 3];
            for (int i = 0; i < given.length; i++) {
                given[i] = random.nextInt(10) == 0 ? MASKED : random.nextInt(-40, 40) / 8f;
            }
            given[FROM + random.nextInt(vocabulary)] = 1;
            float[] before = given.clone();
            float[] plain = Arrays.copyOfRange(given, FROM, FROM + vocabulary);
            candidates.begin(logits(place, given, vocabulary));
            for (int change = 0; change < 6; change++) {
                plain = change(candidates, plain, random);
                check(candidates, plain);
                if (allMasked(plain)) {
                    break;
                }
            }
            if (place != Place.OVERWRITABLE) {
                assertThat(given).isEqualTo(before);
            }
            assertThat(Arrays.copyOf(given, FROM)).isEqualTo(Arrays.copyOf(before, FROM));
            assertThat(Arrays.copyOfRange(given, FROM + vocabulary, given.length))
                    .isEqualTo(Arrays.copyOfRange(before, FROM + vocabulary, given.length));
        }
    }

    private static Logits logits(Place place, float[] given, int vocabulary) {
        Logits array = Logits.of(given, FROM, vocabulary);
        return switch (place) {
            case ARRAY -> array;
            case OVERWRITABLE -> array.overwritable();
            case SEGMENT ->
                Logits.of(MemorySegment.ofArray(given).asSlice(4L * FROM, 4L * vocabulary), Logits.Format.FLOAT32);
        };
    }

    private static float[] change(Candidates candidates, float[] plain, SplittableRandom random) {
        switch (random.nextInt(6)) {
            case 0 -> {
                candidates.change((id, logit) -> logit + id % 3);
                for (int id = 0; id < plain.length; id++) {
                    plain[id] += id % 3;
                }
            }
            case 1 -> {
                int size = 1 + random.nextInt(plain.length);
                candidates.keepBelow(size);
                return Arrays.copyOf(plain, size);
            }
            case 2 -> {
                candidates.temper(.5);
                for (int id = 0; id < plain.length; id++) {
                    plain[id] *= 2;
                }
            }
            default -> {
                for (int times = random.nextInt(4); times > 0; times--) {
                    int id = random.nextInt(plain.length);
                    float logit = random.nextInt(4) == 0 ? MASKED : random.nextInt(-80, 80) / 8f;
                    candidates.setLogit(id, logit);
                    plain[id] = plain[id] == MASKED ? MASKED : logit;
                }
                candidates.settle();
            }
        }
        return plain;
    }

    private static void check(Candidates candidates, float[] plain) {
        float max = MASKED;
        double sum = 0;
        for (int id = 0; id < plain.length; id++) {
            assertThat(candidates.logitOf(id)).as("logit of %d", id).isEqualTo(plain[id]);
            max = Math.max(max, plain[id]);
            sum += StrictMath.exp(plain[id]);
        }
        assertThat(candidates.vocabulary()).isEqualTo(plain.length);
        assertThat(candidates.max()).isEqualTo(max);
        assertThat(candidates.isEmpty()).isEqualTo(allMasked(plain));
        if (!candidates.isEmpty()) {
            assertThat(candidates.logSumExp()).isCloseTo(StrictMath.log(sum), within(1e-5));
            assertThat(plain[candidates.likeliest()]).isEqualTo(max);
        }
    }

    private static boolean allMasked(float[] plain) {
        boolean all = true;
        for (float logit : plain) {
            all &= logit == MASKED;
        }
        return all;
    }

    @ParameterizedTest
    @EnumSource
    void aSetKeepsItsTokensThatAreNotMasked(Place place) {
        SplittableRandom random = new SplittableRandom(8);
        Candidates candidates = new Candidates();
        for (int round = 0; round < 200; round++) {
            int vocabulary = 1 + random.nextInt(3_000);
            float[] given = new float[FROM + vocabulary];
            for (int i = 0; i < given.length; i++) {
                given[i] = random.nextInt(10) == 0 ? MASKED : random.nextInt(8);
            }
            given[FROM] = 0;
            candidates.begin(logits(place, given, vocabulary));
            if (round % 2 == 1) {
                candidates.keepAtLeast(2);
            }
            float[] expected = new float[vocabulary];
            for (int id = 0; id < vocabulary; id++) {
                expected[id] = candidates.logitOf(id);
            }
            TokenMask mask = TokenMask.of(vocabulary);
            if (round % 3 == 0) {
                mask.allowAll();
            }
            int from = random.nextInt(vocabulary);
            for (int id = from; id < vocabulary; id += 1 + random.nextInt(1 + round)) {
                mask.allow(id);
                mask.forbid(random.nextInt(vocabulary));
            }
            for (int id = 0; id < vocabulary; id++) {
                expected[id] = mask.allows(id) ? expected[id] : MASKED;
            }
            candidates.keepAllowed(mask);
            assertThat(HistoryFiltering.row(candidates, vocabulary)).isEqualTo(expected);
        }
    }

    @Test
    void refuses() {
        Candidates candidates = new Candidates();
        candidates.begin(new float[] {1, 2, 3, 4, 5}, 1, 3);
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> candidates.setLogit(3, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> candidates.keepAllowed(TokenMask.of(4)))
                .withMessage("mask.vocabulary() = 4: must be 3, the size of the vocabulary");
        candidates.setLogit(1, Float.NaN);
        assertThatIllegalArgumentException()
                .isThrownBy(candidates::settle)
                .withMessage("logits[1] = NaN: must be finite, or -inf for a token that is masked");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TokenMask.of(0))
                .withMessage("vocabulary = 0: must be positive");
    }
}
