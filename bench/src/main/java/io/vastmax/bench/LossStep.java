package io.vastmax.bench;

import io.vastmax.Workspace;
import java.util.SequencedMap;

/** A step of training but for the optimizer: gradients back to zero, then the loss and all gradients. */
interface LossStep extends AutoCloseable {
    /** The name of the hidden vectors among {@link #gradients}. */
    String HIDDEN = "hidden";

    /** The mean loss, after the gradients have been computed. */
    double run();

    /** All gradients, by the parameters' names; copies. */
    SequencedMap<String, float[]> gradients();

    @Override
    void close();

    /** A step of a layer in an implementation, with all that it takes as input allocated. */
    static LossStep of(Layer layer, Implementation implementation, Problem problem, int threads) {
        return switch (implementation) {
            case VASTMAX -> new VastmaxLossStep(layer, problem, Workspace.ofThreads(threads));
            case FULL_SOFTMAX -> new VastmaxLossStep(new Layer.Full(), problem, Workspace.ofThreads(threads));
            case PYTORCH -> new PyTorchLossStep(layer.of(problem), problem, threads);
            default -> throw implementation.notHere();
        };
    }
}
