package io.vastmax.bench;

import io.vastmax.Workspace;

/** A step of training but for the optimizer: gradients back to zero, then the loss and all gradients. */
interface LossStep extends AutoCloseable {
    /** The mean cross-entropy, after the gradients have been computed. */
    double run();

    /** The gradient of the hidden vectors, N x d. */
    float[] hiddenGradient();

    /** The gradient of W, V x d. */
    float[] weightGradient();

    /** The gradient of b. */
    float[] biasGradient();

    @Override
    void close();

    /** A step of an implementation, with all that it takes as input allocated. */
    static LossStep of(Implementation implementation, Problem problem, int threads) {
        return switch (implementation) {
            case VASTMAX -> new VastmaxLossStep(problem, Workspace.ofThreads(threads));
            case PYTORCH -> new PyTorchLossStep(problem, threads);
            default -> throw implementation.notHere();
        };
    }
}
