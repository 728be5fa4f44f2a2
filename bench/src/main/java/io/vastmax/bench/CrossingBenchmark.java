package io.vastmax.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import io.vastmax.FullSoftmax;
import io.vastmax.Gradients;
import io.vastmax.LossSink;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import io.vastmax.djl.OutputBlock;
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

/**
 * What it takes to bring hidden states from DJL to a layer and their gradient back into autograd: a loss and a backward pass of
 * a layer that computes nothing.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class CrossingBenchmark {
    @Param("VASTMAX")
    public Implementation implementation = Implementation.VASTMAX;

    /** N x d x V. */
    @Param("1024x256x33278")
    public String problem = "";

    @Param("2")
    public int threads;

    private @Nullable PyTorch pytorch;
    private @Nullable OutputBlock output;
    private @Nullable Loss objective;
    private @Nullable NDArray hidden;
    private @Nullable NDArray labels;

    @Setup
    public void setUp() {
        Problem given = Problem.parse(problem);
        PyTorch started = PyTorch.start(threads);
        pytorch = started;
        hidden = started.copyOf(given.hidden());
        hidden.setRequiresGradient(true);
        labels = started.manager.zeros(new Shape(given.rows()));
        OutputBlock block = OutputBlock.of(new Nothing(given.width()), 0, Workspace.ofThreads(1));
        block.initialize(started.manager, DataType.FLOAT32, hidden.getShape());
        block.freezeParameters(true);
        objective = block.loss();
        output = block;
    }

    @Benchmark
    public float cross() {
        OutputBlock block = Objects.requireNonNull(output);
        PyTorch engine = Objects.requireNonNull(pytorch);
        NDArray states = Objects.requireNonNull(hidden);
        try (NDManager scope = engine.manager.newSubManager();
                GradientCollector collector = engine.engine.newGradientCollector()) {
            states.tempAttach(scope);
            NDList given = block.forward(new ParameterStore(scope, false), new NDList(states), true);
            NDArray loss =
                    Objects.requireNonNull(objective).evaluate(new NDList(Objects.requireNonNull(labels)), given);
            collector.backward(loss);
            return loss.getFloat();
        }
    }

    @TearDown
    public void tearDown() {
        Objects.requireNonNull(output).close();
        Objects.requireNonNull(pytorch).close();
    }

    /** An objective without a loss. */
    private record Nothing(OutputLayer exact) implements Objective {
        Nothing(int width) {
            this(FullSoftmax.create(2, width, RandomKey.of(0)));
        }

        @Override
        public Parameters parameters() {
            return Parameters.of();
        }

        @Override
        public Gradients newGradients() {
            return Gradients.dense(parameters());
        }

        @Override
        public void loss(Matrix hidden, Targets targets, Step step, LossSink perRow) {}

        @Override
        public double lossAndGradients(
                Matrix hidden,
                Targets targets,
                Step step,
                float @Nullable [] upstream,
                @Nullable Matrix hiddenGradient,
                @Nullable Gradients into) {
            return 0;
        }
    }
}
