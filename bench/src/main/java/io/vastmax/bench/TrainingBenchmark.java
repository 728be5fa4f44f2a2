package io.vastmax.bench;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A step of training a word model through DJL: a {@link TrainingStep}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class TrainingBenchmark {
    @Param({"VASTMAX", "APART", "DJL"})
    public Implementation implementation = Implementation.VASTMAX;

    /** A {@link Layer}, as in {@code "adaptive:2000,10000"}. */
    @Param("full")
    public String layer = "";

    /** Whether the layer's vectors are the input's too. */
    @Param("false")
    public boolean tied;

    @Param("256")
    public int width;

    /** Without a corpus. */
    @Param("33278")
    public int classes;

    @Param("2")
    public int threads;

    private @Nullable TrainingStep step;

    @Setup
    public void setUp() {
        PyTorch.start(threads).close();
        Frequencies words = Frequencies.given(classes);
        step = switch (implementation) {
            case VASTMAX -> TrainingStep.ours(Layer.parse(layer), tied, words, width, threads);
            case APART -> TrainingStep.apart(Layer.parse(layer), words, width, threads);
            case DJL -> TrainingStep.djl(words, width);
            default -> throw implementation.notHere();
        };
    }

    @Benchmark
    public void train() {
        Objects.requireNonNull(step).run();
    }

    @TearDown
    public void tearDown() {
        Objects.requireNonNull(step).close();
    }
}
