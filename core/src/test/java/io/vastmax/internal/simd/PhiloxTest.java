package io.vastmax.internal.simd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vastmax.RandomKey;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Held against the generator of Commons RNG. */
class PhiloxTest {
    @ParameterizedTest
    @CsvSource({"0,0,0", "1,2,3", "-1,-1,-1", "9223372036854775807,-9223372036854775808,2147483647"})
    void givesTheNumbersOfTheGenerator(long seed, long step, int row) {
        RandomGenerator generator = new RandomKey(seed, step).row(row);
        for (int i = 0; i < 100; i++) {
            long bits = Philox.bits(seed, step, row, i);
            assertThat(bits).isEqualTo(generator.nextLong());
        }
        RandomGenerator again = new RandomKey(seed, step).row(row);
        assertThat(Philox.uniform(Philox.bits(seed, step, row, 0))).isEqualTo(again.nextDouble());
    }
}
