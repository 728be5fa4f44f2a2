package io.vastmax;

/**
 * Changes parameters by their gradients. It knows no layer, and no clipping: whoever clips passes a {@code scale}
 * ({@link #clip}).
 *
 * <p>A gradient by row changes only its rows: their moments and weight decay included, the others' not ("lazy", as
 * PyTorch's SparseAdam). An Adam that meets a row rarely thus differs from the dense one, which lets the moments of a row
 * decay meanwhile. Not thread safe; the result does not depend on the number of threads.
 */
public sealed interface Optimizer permits ElementwiseOptimizer {
    /** Subtracts {@code rate * gradient}; with momentum, {@code b = momentum b + g} and {@code rate * b}. */
    static Optimizer sgd(Parameters parameters, double momentum) {
        return new Sgd(parameters, momentum);
    }

    /** Duchi, Hazan and Singer 2011: {@code s += g^2; w -= rate * g / (sqrt(s) + epsilon)}. */
    static Optimizer adagrad(Parameters parameters, double epsilon) {
        return new Adagrad(parameters, epsilon);
    }

    /** Adam (Kingma and Ba 2015) with its authors' settings: 0.9, 0.999, 1e-8. */
    static Optimizer adam(Parameters parameters) {
        return adamW(parameters, 0.9, 0.999, 1e-8, 0);
    }

    /**
     * AdamW (Loshchilov and Hutter 2019): {@code w -= rate * decay * w}, then
     * {@code w -= rate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)}.
     */
    static Optimizer adamW(Parameters parameters, double beta1, double beta2, double epsilon, double decay) {
        return new Adam(parameters, beta1, beta2, epsilon, decay);
    }

    /**
     * The scale that brings a gradient of norm {@code norm} down to {@code limit}: {@code min(1, limit / norm)}; 1 for a
     * limit of infinity.
     *
     * @throws ArithmeticException if the norm is not finite: the training has diverged
     * @throws IllegalArgumentException if the limit is not positive
     */
    static double clip(double norm, double limit) {
        if (!(limit > 0)) {
            throw new IllegalArgumentException("limit = " + limit + ": must be positive");
        }
        if (!Double.isFinite(norm)) {
            throw new ArithmeticException("The norm of the gradient is " + norm + ": training has diverged");
        }
        return norm > limit ? limit / norm : 1;
    }

    /**
     * One step.
     *
     * @param gradients of parameters that this optimizer was made for
     * @param rate the learning rate
     * @param scale multiplies each gradient first
     */
    void step(Gradients gradients, double rate, double scale, Workspace workspace);

    /** The steps taken. */
    long steps();

    /** What a checkpoint must keep beside {@link #steps()}: moments, each named after its parameter. Empty for plain SGD. */
    Parameters state();

    /** Goes on after a number of steps, with the moments that {@link #state()} has been filled with. */
    void resume(long steps);
}
