package io.vastmax.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.vastmax.sampling.Sampler;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is compared does the same: the three give the likeliest tokens with the same frequencies. */
class SamplingBenchmarkTest {
    private static final int CLASSES = 300;
    private static final int DRAWS = 4_000;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LOG_SUM_EXP")
    void allSampleFromTheSameDistribution(Sampling sampling) {
        float[] logits = SamplingBenchmark.logits(CLASSES);
        Sampler sampler = sampling.chain().sampler(3);
        double[] ours = shares(() -> sampler.sample(logits));
        PlainSampler plain = new PlainSampler();
        assertClose(ours, shares(() -> plain.sample(sampling, logits)));
        try (PyTorch pytorch = PyTorch.start(1);
                TorchScript script = TorchScript.of(pytorch, "z", sampling.script());
                NDArray z = pytorch.copyOf(logits, CLASSES)) {
            assertClose(ours, shares(() -> {
                try (NDArray token = script.call(z)) {
                    return (int) token.toLongArray()[0];
                }
            }));
        }
    }

    private static double[] shares(IntSupplier sample) {
        Map<Integer, Integer> counts = new HashMap<>();
        for (int i = 0; i < DRAWS; i++) {
            counts.merge(sample.getAsInt(), 1, Integer::sum);
        }
        double[] shares = new double[CLASSES];
        counts.forEach((id, count) -> shares[id] = count / (double) DRAWS);
        return shares;
    }

    /** Within five standard deviations of the difference of two shares, by token. */
    private static void assertClose(double[] ours, double[] theirs) {
        for (int id = 0; id < CLASSES; id++) {
            double variance = (ours[id] * (1 - ours[id]) + theirs[id] * (1 - theirs[id]) + 2.0 / DRAWS) / DRAWS;
            assertThat(theirs[id]).isBetween(ours[id] - 5 * Math.sqrt(variance), ours[id] + 5 * Math.sqrt(variance));
        }
    }
}
