package io.vastmax.djl;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vastmax.InputLayer;
import io.vastmax.Matrix;
import io.vastmax.Parameters;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An input layer as the first block of a DJL model: ids of any shape in, their vectors out, with one dimension more. It is
 * made by the {@link OutputBlock} that it is trained with, and with which it may share parameters: tied weights.
 *
 * <p>Only the rows of words that a batch holds have a gradient and are updated, where DJL's own embedding updates the whole
 * matrix. Vectors go to DJL and their gradients come back by one copy each. Thread safe as the output block.
 *
 * <p>DJL sees one parameter, {@code anchor}, as that of the output block: through it an embedding that is frozen by DJL's means
 * does not learn. What it shares with a frozen output block does not learn either.
 */
public final class EmbeddingBlock extends AbstractBlock {
    private static final byte VERSION = 1;

    private final OutputBlock output;
    private final InputLayer layer;
    private final Parameter anchor;
    private final List<LookUp> lookUps = new ArrayList<>();

    /** Vectors that were given to autograd, whose gradients are to be fetched. */
    private static final class LookUp {
        private final Device device;
        private final int[] ids;
        private final NDArray vectors;

        LookUp(Device device, int[] ids, NDArray vectors) {
            this.device = device;
            this.ids = ids;
            this.vectors = vectors;
        }
    }

    EmbeddingBlock(OutputBlock output, InputLayer layer) {
        super(VERSION);
        this.output = output;
        this.layer = layer;
        this.anchor = addParameter(OutputBlock.newAnchor());
    }

    /** The input layer. */
    public InputLayer layer() {
        return layer;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore, NDList inputs, boolean training, @Nullable PairList<String, Object> params) {
        NDArray ids = inputs.head();
        int[] classes = Tensors.ids("ids", ids);
        Matrix vectors = Matrix.zeros(classes.length, layer.width());
        output.training().compute(workspace -> {
            layer.lookUp(classes, vectors, workspace);
            return vectors;
        });
        NDArray array =
                Tensors.array(ids.getManager(), vectors.array(), shape(ids.getShape()), ids.getDevice(), output.type());
        if (training) {
            // So that the trainer knows of it, without Trainer.initialize too
            parameterStore.getValue(anchor, ids.getDevice(), true);
        }
        if (training && learns() && ObjectiveLoss.isCollecting(ids.getManager().getEngine())) {
            array.setRequiresGradient(true);
            // What a body makes of an array belongs to that array's manager. So the body gets a view, which is the
            // batch's, while the vectors outlive the batch: the trainer may step after several
            NDArray view = array.reshape(array.getShape());
            array.detach();
            synchronized (lookUps) {
                lookUps.add(new LookUp(ids.getDevice(), classes, array));
            }
            return new NDList(view);
        }
        return new NDList(array);
    }

    /** Whether a gradient by its vectors changes anything: it is not frozen, nor all that it reads the frozen layer's. */
    boolean learns() {
        return anchor.requiresGradient() && (output.isTrained() || own().count() > 0);
    }

    /** DJL's parameter that stands for the embedding. */
    Parameter anchor() {
        return anchor;
    }

    /** Hands the gradients of all look-ups to the layer, in their order on each device. */
    void fetchGradients() {
        List<LookUp> all;
        synchronized (lookUps) {
            all = List.copyOf(lookUps);
            lookUps.clear();
        }
        for (LookUp lookUp : all) {
            try (NDArray vectors = lookUp.vectors;
                    NDArray gradient = vectors.getGradient()) {
                output.training()
                        .addGradients(layer, lookUp.device, lookUp.ids, Tensors.matrix(gradient, layer.width()));
            }
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {shape(inputShapes[0])};
    }

    @Override
    public void saveParameters(DataOutputStream os) throws IOException {
        super.saveParameters(os);
        LayerStream.write(os, this::describe, own());
    }

    @Override
    public void loadParameters(NDManager manager, DataInputStream is) throws IOException, MalformedModelException {
        super.loadParameters(manager, is);
        LayerStream.read(is, this::describe, own());
    }

    private void describe(ObjectNode config, Map<String, long[]> integers) {
        config.put("classes", layer.classes()).put("width", layer.width());
        InputFiles.describe(layer, output.objective(), config, integers);
    }

    /** The parameters that the output block does not save. */
    Parameters own() {
        return layer.parameters().without(output.objective().parameters());
    }

    private Shape shape(Shape ids) {
        return Tensors.with(ids, layer.width());
    }
}
