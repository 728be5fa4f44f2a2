package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.Objective;
import io.vastmax.RandomKey;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.sampled.SampledSoftmax;
import java.util.EnumMap;
import java.util.Map;

/** How a layer's loss is composed of operations on arrays. Parameters come in the order of the layer's. */
sealed interface Composition
        permits ComposedFullSoftmax, ComposedSampledSoftmax, ComposedAdaptiveSoftmax, ComposedHierarchicalSoftmax {
    /** The sum of the losses of a batch's rows. */
    @FunctionalInterface
    interface Sum {
        /** A scalar of the N x d hidden states. */
        NDArray of(NDArray hidden, NDList parameters);
    }

    /**
     * That of a batch.
     *
     * @param targets a class for each row
     * @param key of the step's draws
     */
    Sum sum(int[] targets, RandomKey key, Operands operands);

    /** That of the layer that evaluation uses. */
    default Composition exact() {
        return this;
    }

    /** The composition of an objective, or an error that says why there is none. */
    static Composition of(Objective objective, int chunk) {
        return switch (objective) {
            case FullSoftmax full -> ComposedFullSoftmax.of(full, chunk);
            case SampledSoftmax sampled -> ComposedSampledSoftmax.of(sampled, chunk);
            case AdaptiveSoftmax adaptive -> ComposedAdaptiveSoftmax.of(adaptive, chunk);
            case HierarchicalSoftmax hierarchical -> ComposedHierarchicalSoftmax.of(hierarchical);
            default ->
                throw new IllegalArgumentException("objective is a "
                        + objective.getClass().getSimpleName()
                        + ": only a FullSoftmax, SampledSoftmax, AdaptiveSoftmax or HierarchicalSoftmax is composed");
        };
    }

    /**
     * Checks that no more is to be minimised than is composed.
     *
     * @param smooths whether labels may be smoothed over all classes
     * @throws IllegalArgumentException if there is more
     */
    static void check(CrossEntropy crossEntropy, int classes, boolean smooths) {
        Map<CrossEntropy.Feature, String> refused = new EnumMap<>(CrossEntropy.Feature.class);
        for (CrossEntropy.Feature feature : CrossEntropy.Feature.values()) {
            refused.put(feature, "it is composed of the cross-entropy alone, take our own layer");
        }
        if (smooths) {
            refused.remove(CrossEntropy.Feature.LABEL_SMOOTHING);
        }
        crossEntropy.check("A composed softmax", classes, refused);
        if (crossEntropy.hasClassWeights()) {
            throw new IllegalArgumentException("A composed softmax does not take " + crossEntropy.classWeights()
                    + ": its rows count the same, take our own layer");
        }
    }
}
