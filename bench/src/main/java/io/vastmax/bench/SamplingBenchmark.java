package io.vastmax.bench;

import ai.djl.ndarray.NDArray;
import io.vastmax.LogSumExp;
import io.vastmax.sampling.Sampler;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A token from logits: normal ones with a deviation of 3, the same in each call. One thread. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class SamplingBenchmark {
    @Param({"VASTMAX", "PLAIN_JAVA", "PYTORCH", "PYTORCH_LOG_SOFTMAX"})
    public Implementation implementation = Implementation.VASTMAX;

    @Param("DEFAULT")
    public Sampling sampling = Sampling.DEFAULT;

    @Param("131072")
    public int classes;

    private @Nullable Supplier<Object> token;

    @Setup
    public void setUp() {
        float[] logits = logits(classes);
        token = switch (implementation) {
            case VASTMAX -> ours(logits);
            case PLAIN_JAVA -> {
                PlainSampler plain = new PlainSampler();
                yield () -> plain.sample(sampling, logits);
            }
            case PYTORCH -> theirs(logits);
            case PYTORCH_LOG_SOFTMAX -> {
                NDArray z = PyTorch.start(1).copyOf(logits, classes);
                yield () -> {
                    NDArray result = z.logSoftmax(-1);
                    result.close();
                    return result;
                };
            }
            default -> throw implementation.notHere();
        };
    }

    @Benchmark
    public Object token() {
        return Objects.requireNonNull(token).get();
    }

    /** What there is to choose from. */
    static float[] logits(int classes) {
        SplittableRandom random = new SplittableRandom(5);
        float[] logits = new float[classes];
        for (int i = 0; i < classes; i++) {
            logits[i] = (float) (3 * random.nextGaussian());
        }
        return logits;
    }

    private Supplier<Object> ours(float[] logits) {
        if (sampling == Sampling.LOG_SUM_EXP) {
            return () -> LogSumExp.of(logits);
        }
        Sampler sampler = sampling.chain().sampler(1);
        return () -> sampler.draw(logits);
    }

    private Supplier<Object> theirs(float[] logits) {
        PyTorch pytorch = PyTorch.start(1);
        NDArray z = pytorch.copyOf(logits, classes);
        TorchScript script = TorchScript.of(pytorch, "z", sampling.script());
        return () -> {
            NDArray result = script.call(z);
            result.close();
            return result;
        };
    }
}
