package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.vastmax.Gradients;
import io.vastmax.Parameters;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The optimizer of a DJL model that ends with an {@link OutputBlock}: when the trainer steps, DJL's optimizer steps the body and ours,
 * of the same kind, the layer, at the learning rate that the tracker gives for the step.
 *
 * <p>Gradients are clipped by the global norm over body and layer together: all are multiplied by {@code min(1, c / norm)}
 * (Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013). Several devices' gradients
 * are summed, as DJL sums the body's. A layer whose gradients are kept by row is updated by row.
 *
 * <p>One optimizer at a time steps an output block: a new one, as for a second training, takes the place of the one before.
 *
 * <p>The kinds are those that DJL has for PyTorch. Its Adam and AdamW have 0.9, 0.999 and 1e-8, as ours have. Not thread safe, as no
 * optimizer of DJL is.
 */
public final class JointOptimizer extends Optimizer {
    private final Block model;
    private final OutputBlock output;
    private final Optimizer body;
    private final io.vastmax.Optimizer layers;
    private final Tracker rates;
    private final double clipNorm;
    private double scale = 1;

    private enum Kind {
        SGD,
        ADAM,
        ADAM_W
    }

    private JointOptimizer(Builder builder) {
        super(builder);
        if (clipGrad > 0) {
            throw new IllegalArgumentException(
                    "clipGrad = " + clipGrad + ": single elements are not clipped, optClipNorm limits the global norm");
        }
        float decay = getWeightDecay();
        if (decay != 0 && builder.kind != Kind.ADAM_W) {
            throw new IllegalArgumentException("weightDecays = " + decay + ": only adamW decays weights");
        }
        this.model = builder.model;
        this.output = outputOf(model);
        this.rates = builder.rates;
        this.clipNorm = builder.clipNorm;
        Parameters parameters = output.training().parameters();
        switch (builder.kind) {
            case SGD -> {
                this.body = Optimizer.sgd()
                        .setLearningRateTracker(rates)
                        .optBeginNumUpdate(builder.begin)
                        .optMomentum(builder.momentum)
                        .build();
                this.layers = io.vastmax.Optimizer.sgd(parameters, builder.momentum);
            }
            case ADAM -> {
                this.body = Optimizer.adam()
                        .optLearningRateTracker(rates)
                        .optBeginNumUpdate(builder.begin)
                        .build();
                this.layers = io.vastmax.Optimizer.adam(parameters);
            }
            case ADAM_W -> {
                this.body = Optimizer.adamW()
                        .optLearningRateTracker(rates)
                        .optBeginNumUpdate(builder.begin)
                        .optWeightDecays(decay)
                        .build();
                this.layers = io.vastmax.Optimizer.adamW(parameters, 0.9, 0.999, 1e-8, decay);
            }
            default -> throw new AssertionError(builder.kind);
        }
        layers.resume(builder.begin);
        output.steppedBy(this);
    }

    /**
     * Stochastic gradient descent, with momentum if the builder says so.
     *
     * @param model the block of the whole model, which holds one {@link OutputBlock}
     */
    public static Builder sgd(Block model) {
        return new Builder(model, Kind.SGD);
    }

    /**
     * Adam.
     *
     * @param model the block of the whole model, which holds one {@link OutputBlock}
     */
    public static Builder adam(Block model) {
        return new Builder(model, Kind.ADAM);
    }

    /**
     * AdamW, which decays weights by {@code optWeightDecays}.
     *
     * @param model the block of the whole model, which holds one {@link OutputBlock}
     */
    public static Builder adamW(Block model) {
        return new Builder(model, Kind.ADAM_W);
    }

    /**
     * Called by the trainer for each parameter of the body. With the first one of a step the layer takes its step too.
     *
     * @throws ArithmeticException if a gradient of the layer, or with {@link Builder#optClipNorm} of the body, is not finite:
     *     body and layer are left as they were, and what had gathered is dropped, so that training can go on
     * @throws IllegalStateException if another optimizer was made for the output block since
     */
    @Override
    public void update(String parameterId, NDArray weight, NDArray grad) {
        if (output.optimizer() != this) {
            throw new IllegalStateException("The output block has another optimizer, made after this one");
        }
        if (output.training().batches() > 0) {
            stepLayers(parameterId, grad);
        }
        if (output.isAnchor(parameterId)) {
            try (NDArray gradient = weight.getGradient()) {
                gradient.subi(gradient);
            }
            return;
        }
        if (scale == 1) {
            body.update(parameterId, weight, grad);
        } else {
            try (NDArray scaled = grad.mul((float) scale)) {
                body.update(parameterId, weight, scaled);
            }
        }
    }

    /**
     * The layers' step.
     *
     * @param merged whose gradients on all devices DJL has added up, within the first one's memory
     * @param sum what they add up to
     */
    private void stepLayers(String merged, NDArray sum) {
        LayerTraining training = output.training();
        double bodyNorm = clipNorm == Double.POSITIVE_INFINITY ? 0 : bodyNorm(merged, sum);
        try {
            training.step(output.embeddings(), (all, workspace) -> {
                Gradients gradients = all.without(output.frozen());
                double layersNorm = gradients.norm(workspace);
                scale = rescaleGrad
                        * io.vastmax.Optimizer.clip(rescaleGrad * Math.hypot(bodyNorm, layersNorm), clipNorm);
                float rate = rates.getNewValue(Math.toIntExact(layers.steps() + 1));
                layers.step(gradients, rate, scale, workspace);
            });
        } catch (ArithmeticException e) {
            // Autograd would add to what is not finite for ever
            trainedParameters().forEach(parameter -> output.arrays(parameter).forEach(JointOptimizer::forget));
            throw e;
        }
    }

    private static void forget(NDArray array) {
        try (NDManager scope = array.getManager().newSubManager()) {
            NDArray gradient = array.getGradient();
            gradient.attach(scope);
            gradient.set(new NDIndex(":"), 0);
        }
    }

    /** The norm of the body's gradients, each summed over the devices. */
    private double bodyNorm(String merged, NDArray sum) {
        double norm = 0;
        for (Parameter parameter : trainedParameters()) {
            if (!output.isAnchor(parameter.getId())) {
                boolean isMerged = parameter.getId().equals(merged);
                norm = Math.hypot(norm, isMerged ? norm(sum) : norm(output.arrays(parameter)));
            }
        }
        return norm;
    }

    /** Whether the body has parameters that are trained. */
    boolean bodyLearns() {
        return trainedParameters().stream().anyMatch(parameter -> !output.isAnchor(parameter.getId()));
    }

    /** Those of DJL's that are not frozen; a block may be there twice. */
    private Collection<Parameter> trainedParameters() {
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        model.getParameters().values().stream()
                .filter(Parameter::requiresGradient)
                .forEach(parameter -> parameters.put(parameter.getId(), parameter));
        return parameters.values();
    }

    private static double norm(List<NDArray> arrays) {
        NDArray sum = arrays.getFirst().getGradient();
        for (NDArray array : arrays.subList(1, arrays.size())) {
            try (NDArray gradient = array.getGradient();
                    NDArray other = gradient.toDevice(sum.getDevice(), false)) {
                NDArray before = sum;
                sum = sum.add(other);
                before.close();
            }
        }
        try (NDArray gradient = sum) {
            return norm(gradient);
        }
    }

    private static double norm(NDArray array) {
        try (NDArray norm = array.norm()) {
            return Tensors.number(norm);
        }
    }

    private static OutputBlock outputOf(Block model) {
        List<OutputBlock> found = new ArrayList<>();
        collect(model, found);
        if (found.size() != 1) {
            throw new IllegalArgumentException(
                    "model holds " + found.size() + " output blocks: must be one, the last block");
        }
        return found.getFirst();
    }

    private static void collect(Block block, List<OutputBlock> found) {
        if (block instanceof OutputBlock output) {
            found.add(output);
        }
        block.getChildren().values().forEach(child -> collect(child, found));
    }

    /** Builds a {@link JointOptimizer}. */
    public static final class Builder extends OptimizerBuilder<Builder> {
        private final Block model;
        private final Kind kind;
        private Tracker rates = Tracker.fixed(1e-3f);
        private float momentum;
        private int begin;
        private double clipNorm = Double.POSITIVE_INFINITY;

        private Builder(Block model, Kind kind) {
            this.model = model;
            this.kind = kind;
        }

        /** The learning rate of each step, which counts from 1; 0.001 if it is not set. */
        public Builder optLearningRateTracker(Tracker tracker) {
            this.rates = tracker;
            return this;
        }

        /**
         * The momentum of stochastic gradient descent; 0 if it is not set.
         *
         * @throws IllegalArgumentException if it is not from 0 to below 1, or the optimizer has none
         */
        public Builder optMomentum(float momentum) {
            if (!(momentum >= 0 && momentum < 1) || kind != Kind.SGD) {
                throw new IllegalArgumentException("momentum = " + momentum + ": must be from 0 to below 1, for sgd");
            }
            this.momentum = momentum;
            return this;
        }

        /**
         * The limit of the gradient's norm over body and layer together; infinity if it is not set.
         *
         * @throws IllegalArgumentException if it is not positive
         */
        public Builder optClipNorm(double limit) {
            if (!(limit > 0)) {
                throw new IllegalArgumentException("limit = " + limit + ": must be positive");
            }
            this.clipNorm = limit;
            return this;
        }

        /**
         * The steps that were taken before, from which the learning rate's count goes on; 0 if it is not set.
         *
         * @throws IllegalArgumentException if it is negative
         */
        @Override
        public Builder optBeginNumUpdate(int steps) {
            if (steps < 0) {
                throw new IllegalArgumentException("steps = " + steps + ": must not be negative");
            }
            this.begin = steps;
            return super.optBeginNumUpdate(steps);
        }

        @Override
        protected Builder self() {
            return this;
        }

        /**
         * The optimizer, which steps the output block from now on.
         *
         * @throws IllegalArgumentException if the model does not hold one output block, or a setting is not supported
         * @throws IllegalStateException if the output block is closed
         */
        public JointOptimizer build() {
            return new JointOptimizer(this);
        }
    }
}
