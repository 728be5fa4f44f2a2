package io.vastmax.djl;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.vastmax.Matrix;
import io.vastmax.OutputLayer;
import io.vastmax.Workspace;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An output layer's answers in the place of its {@link OutputBlock}: saved and loaded as that is. */
abstract sealed class InferenceBlock extends AbstractBlock {
    private final OutputBlock output;

    private InferenceBlock(OutputBlock output) {
        this.output = output;
    }

    /** The answers for N hidden states, whose shape before the last dimension is to be kept. */
    abstract NDList answer(OutputLayer layer, Matrix hidden, Workspace workspace, Sink sink);

    /** Makes DJL's arrays of a batch. */
    record Sink(NDManager manager, Shape shape, Device device) {
        NDArray floats(float[] numbers, int last) {
            return Tensors.array(manager, numbers, Tensors.withLast(shape, last), device, DataType.FLOAT32);
        }

        NDArray ids(long[] ids, int last) {
            return manager.create(ids, Tensors.withLast(shape, last)).toDevice(device, false);
        }
    }

    @Override
    protected final NDList forwardInternal(
            ParameterStore parameterStore, NDList inputs, boolean training, @Nullable PairList<String, Object> params) {
        if (training) {
            throw new IllegalStateException("This block is for inference: train the output block that it was made of");
        }
        NDArray hidden = inputs.head();
        output.checkHidden(hidden.getShape());
        Matrix h = Tensors.matrix(hidden, output.layer().width());
        Sink sink = new Sink(hidden.getManager(), hidden.getShape(), hidden.getDevice());
        return output.training().compute(workspace -> answer(output.layer(), h, workspace, sink));
    }

    @Override
    public final void initialize(NDManager manager, DataType dataType, Shape... inputShapes) {
        super.initialize(manager, dataType, inputShapes);
        output.initialize(manager, dataType, inputShapes);
    }

    @Override
    public final void saveParameters(DataOutputStream os) throws IOException {
        output.saveParameters(os);
    }

    @Override
    public final void loadParameters(NDManager manager, DataInputStream is)
            throws IOException, MalformedModelException {
        output.loadParameters(manager, is);
    }

    /** The log-probabilities of all classes. */
    static final class LogProbs extends InferenceBlock {
        private final int classes;

        LogProbs(OutputBlock output) {
            super(output);
            this.classes = output.layer().classes();
        }

        @Override
        NDList answer(OutputLayer layer, Matrix hidden, Workspace workspace, Sink sink) {
            Matrix logProbs = Matrix.zeros(hidden.rows(), classes);
            layer.logProbs(hidden, logProbs, workspace);
            return new NDList(sink.floats(logProbs.array(), classes));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            return new Shape[] {Tensors.withLast(inputShapes[0], classes)};
        }
    }

    /** The likeliest classes. */
    static final class TopK extends InferenceBlock {
        private final int k;

        TopK(OutputBlock output, int k) {
            super(output);
            this.k = k;
        }

        @Override
        NDList answer(OutputLayer layer, Matrix hidden, Workspace workspace, Sink sink) {
            io.vastmax.TopK top = io.vastmax.TopK.of(hidden.rows(), k);
            layer.topK(hidden, top, workspace);
            long[] ids = new long[hidden.rows() * k];
            float[] logProbs = new float[ids.length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = top.id(i / k, i % k);
                logProbs[i] = top.logProb(i / k, i % k);
            }
            return new NDList(sink.ids(ids, k), sink.floats(logProbs, k));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            Shape shape = Tensors.withLast(inputShapes[0], k);
            return new Shape[] {shape, shape};
        }
    }
}
