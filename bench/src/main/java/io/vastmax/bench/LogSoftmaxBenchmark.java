package io.vastmax.bench;

import ai.djl.ndarray.NDArray;
import io.vastmax.Matrix;
import io.vastmax.Softmax;
import io.vastmax.Workspace;
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

/**
 * Log-softmax of rows of logits. Ours writes to an array that is there; PyTorch's result is an array of its own each time,
 * freed at once, since DJL offers nothing else.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class LogSoftmaxBenchmark {
    @Param({"VASTMAX", "PYTORCH"})
    public Implementation implementation = Implementation.VASTMAX;

    @Param("1")
    public int rows;

    @Param({"10000", "33278", "131072"})
    public int classes;

    @Param("1")
    public int threads;

    private @Nullable Supplier<Object> logSoftmax;

    @Setup
    public void setUp() {
        SplittableRandom random = new SplittableRandom(4);
        Matrix logits = Matrix.zeros(rows, classes);
        for (int i = 0; i < logits.array().length; i++) {
            logits.array()[i] = (float) (2 * random.nextGaussian());
        }
        logSoftmax = switch (implementation) {
            case VASTMAX -> ours(logits);
            case PYTORCH -> theirs(logits);
            default -> throw implementation.notHere();
        };
    }

    @Benchmark
    public Object logSoftmax() {
        return Objects.requireNonNull(logSoftmax).get();
    }

    private Supplier<Object> ours(Matrix logits) {
        Matrix out = Matrix.zeros(rows, classes);
        if (rows == 1 && threads == 1) {
            return () -> {
                Softmax.logSoftmax(logits.array(), out.array());
                return out;
            };
        }
        Workspace workspace = Workspace.ofThreads(threads);
        return () -> {
            Softmax.logSoftmax(logits, out, 1, workspace);
            return out;
        };
    }

    private Supplier<Object> theirs(Matrix logits) {
        PyTorch pytorch = PyTorch.start(threads);
        NDArray z = pytorch.copyOf(logits);
        return () -> {
            NDArray result = z.logSoftmax(-1);
            result.close();
            return result;
        };
    }
}
