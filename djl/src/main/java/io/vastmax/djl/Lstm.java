package io.vastmax.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.GradientCollector;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.Parameter;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * LSTM layers in PyTorch through DJL, with the parameters on our side: a pass takes plain arrays and gives plain arrays.
 *
 * <p>PyTorch's tensors lie over direct buffers, into which {@link #push} copies the parameters after each step of the
 * optimizer. A given dL/dhidden enters PyTorch's autograd through the surrogate {@code sum(hidden * constant(dL/dhidden))},
 * whose gradient with respect to hidden is just that. Dropout (on the input, between layers, on the output) draws from
 * PyTorch's generator, seeded anew for each pass. Not thread safe.
 */
final class Lstm implements AutoCloseable {
    private static final String[] KINDS = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};

    private final Engine engine;
    private final NDManager manager;
    private final int layers;
    private final int width;
    private final float dropout;
    private final List<Parameter> parameters = new ArrayList<>();
    private final List<ByteBuffer> buffers = new ArrayList<>();
    private final NDList trainable = new NDList();
    private final NDList frozen = new NDList();
    private ByteBuffer input = direct(0);
    private ByteBuffer gradient = direct(0);

    /**
     * Layers with weights drawn uniformly from {@code (-1/sqrt(d), 1/sqrt(d))}, PyTorch's choice, and a bias of 1 for the
     * forget gates (Jozefowicz, Zaremba and Sutskever 2015).
     */
    Lstm(int layers, int width, double dropout, RandomKey key) {
        this.engine = PyTorch.start();
        this.manager = engine.newBaseManager();
        this.layers = layers;
        this.width = width;
        this.dropout = (float) dropout;
        RandomGenerator random = key.row(1);
        double bound = 1 / Math.sqrt(width);
        for (int layer = 0; layer < layers; layer++) {
            for (String kind : KINDS) {
                boolean bias = kind.startsWith("bias");
                Matrix value = Matrix.zeros(4 * width, bias ? 1 : width);
                float[] w = value.array();
                for (int i = 0; i < w.length; i++) {
                    boolean forget = i >= width && i < 2 * width;
                    w[i] = bias ? (forget && kind.equals("bias_ih") ? 1 : 0) : (float) random.nextDouble(-bound, bound);
                }
                Parameter parameter = new Parameter("lstm." + kind + "_l" + layer, value);
                Shape shape = bias ? new Shape(4L * width) : new Shape(4L * width, width);
                ByteBuffer buffer = direct(w.length);
                parameters.add(parameter);
                buffers.add(buffer);
                NDArray array = manager.create(buffer, shape, DataType.FLOAT32);
                array.setRequiresGradient(true);
                trainable.add(array);
                frozen.add(manager.create(buffer, shape, DataType.FLOAT32));
            }
        }
        push();
    }

    Parameters parameters() {
        return Parameters.of(parameters);
    }

    /** Hands changed parameters to PyTorch. */
    void push() {
        for (int i = 0; i < buffers.size(); i++) {
            buffers.get(i).asFloatBuffer().put(parameters.get(i).value().array());
        }
    }

    RecurrentState zeroState(int batch) {
        return new RecurrentState(layers, batch, width);
    }

    /**
     * Hidden states without dropout or gradients.
     *
     * @param x {@code B T x d}
     * @param state replaced with the state after the last token
     * @param hidden receives {@code B T x d}
     */
    void infer(float[] x, int steps, RecurrentState state, float[] hidden) {
        try (NDManager scope = manager.newSubManager()) {
            NDArray in = input(scope, x, state.batch(), steps);
            NDList out = lstm(scope, in, state, frozen, false);
            read(out.get(0), hidden);
            read(out.get(1), state.h());
            read(out.get(2), state.c());
        }
    }

    /** Takes the hidden states of a training pass and gives back dL/dhidden. */
    @FunctionalInterface
    interface Head {
        /** Fills {@code hiddenGradient}. Both are {@code B T x d}. */
        void run(Matrix hidden, Matrix hiddenGradient);
    }

    /**
     * A pass forth and back.
     *
     * @param x {@code B T x d}, replaced with dL/dx
     * @param state replaced with the state after the last token; no gradient flows into it
     * @param seed of the dropout
     * @param into the gradients of the parameters are added to these
     */
    void train(float[] x, int steps, RecurrentState state, long seed, Head head, Gradients into) {
        int rows = state.batch() * steps;
        engine.setRandomSeed((int) (seed ^ seed >>> 32));
        try (NDManager scope = manager.newSubManager();
                GradientCollector collector = engine.newGradientCollector()) {
            NDArray in = input(scope, x, state.batch(), steps);
            in.setRequiresGradient(true);
            NDList out = lstm(scope, dropped(in), state, trainable, true);
            NDArray hidden = dropped(out.get(0));
            read(out.get(1), state.h());
            read(out.get(2), state.c());
            Matrix hiddenGradient = Matrix.zeros(rows, width);
            float[] h = new float[rows * width];
            read(hidden, h);
            head.run(Matrix.wrap(rows, width, h), hiddenGradient);
            gradient = filled(gradient, hiddenGradient.array(), rows * width);
            NDArray constant = scope.create(gradient, hidden.getShape(), DataType.FLOAT32);
            collector.backward(hidden.mul(constant).sum());
            read(in.getGradient(), x);
            for (int i = 0; i < trainable.size(); i++) {
                addGradient(scope, trainable.get(i), into.dense(parameters.get(i)));
            }
        }
    }

    /** PyTorch adds to its gradients: they are set back to zero for the next pass, in their own memory. */
    private static void addGradient(NDManager scope, NDArray array, Matrix into) {
        NDArray g = array.getGradient();
        g.attach(scope);
        ByteBuffer bytes = g.toByteBuffer(true);
        float[] sum = into.array();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += bytes.getFloat(i * Float.BYTES);
        }
        MemorySegment.ofBuffer(bytes).fill((byte) 0);
    }

    private NDArray dropped(NDArray array) {
        return dropout == 0 ? array : Dropout.dropout(array, dropout, true).singletonOrThrow();
    }

    private NDArray input(NDManager scope, float[] x, int batch, int steps) {
        input = filled(input, x, batch * steps * width);
        return scope.create(input, new Shape(batch, steps, width), DataType.FLOAT32);
    }

    private NDList lstm(NDManager scope, NDArray in, RecurrentState state, NDList weights, boolean training) {
        Shape shape = new Shape(layers, state.batch(), width);
        NDArray h = scope.create(state.h(), shape);
        NDArray c = scope.create(state.c(), shape);
        return in.getNDArrayInternal()
                .lstm(in, new NDList(h, c), weights, true, layers, layers > 1 ? dropout : 0, training, false, true);
    }

    private static void read(NDArray array, float[] out) {
        array.toByteBuffer(true).asFloatBuffer().get(out, 0, Math.toIntExact(array.size()));
    }

    private static ByteBuffer filled(ByteBuffer buffer, float[] numbers, int length) {
        ByteBuffer large = buffer.capacity() == length * Float.BYTES ? buffer : direct(length);
        large.asFloatBuffer().put(numbers, 0, length);
        return large;
    }

    private static ByteBuffer direct(int floats) {
        return ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.nativeOrder());
    }

    @Override
    public void close() {
        manager.close();
    }
}
