package io.vastmax;

import static org.assertj.core.api.Assertions.assertThat;

import io.vastmax.internal.simd.Simd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The build runs this with the machine's own vectors and with narrower ones, see pom.xml. */
class DeterminismTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void theFullSoftmaxHasTheSameBitsEverywhere(int threads) {
        assertThat(Digest.ofFullSoftmax(threads)).isEqualTo(Digest.EXPECTED);
    }

    @Test
    void vectorsAreNoWiderThanTheBuildAsksFor() {
        assertThat(Simd.description()).endsWith("-bit vectors");
        int bits = Integer.parseInt(Simd.description().replace("-bit vectors", ""));
        assertThat(bits).isBetween(128, Integer.getInteger("vastmax.test.vector.bits", 512));
    }
}
