package io.vastmax.djl;

import io.vastmax.CosineSoftmax;
import io.vastmax.Embedding;
import io.vastmax.FullSoftmax;
import io.vastmax.InputLayer;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.Parameter;
import io.vastmax.SphericalSoftmax;
import io.vastmax.adaptive.AdaptiveInput;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.hierarchical.HierarchicalSoftmax;

/** The input layer that shares the parameters of an output layer. */
public final class TiedInput {
    private TiedInput() {}

    /**
     * That of a layer whose body is trained with it: its vectors are multiplied with {@code sqrt(d)}, see
     * {@link #of(OutputLayer, double)}.
     */
    public static InputLayer of(OutputLayer layer) {
        return of(layer, Math.sqrt(layer.width()));
    }

    /**
     * That of a layer: an {@link Embedding} for a full softmax, whatever trains it, and an {@link AdaptiveInput} for an
     * adaptive one.
     *
     * @param scale what the layer's vectors are multiplied with; {@code sqrt(d)} for a body that is trained with the layer
     * @throws IllegalArgumentException if the layer has no vectors that an input could read, and then says why; if
     *     {@code scale} is not positive and finite
     */
    public static InputLayer of(OutputLayer layer, double scale) {
        return switch (layer) {
            case FullSoftmax full -> Embedding.tiedTo(full).scaledBy(scale);
            case AdaptiveSoftmax adaptive -> AdaptiveInput.tiedTo(adaptive).scaledBy(scale);
            case HierarchicalSoftmax hierarchical ->
                throw refused("a hierarchical softmax", "its vectors are those of nodes, not of classes");
            case CosineSoftmax cosine ->
                throw refused(
                        "a cosine softmax",
                        "only the directions of its vectors count, while an input reads their lengths too");
            case SphericalSoftmax spherical ->
                throw refused(
                        "a spherical softmax",
                        "it squares, so that a vector and its opposite stand for the same, which to an input are most unlike");
            default -> throw refused(layer.getClass().getName(), "its vectors are not known");
        };
    }

    /** Whether an input layer and an objective share parameters. */
    static boolean isTied(InputLayer input, Objective objective) {
        for (Parameter parameter : input.parameters()) {
            if (objective.parameters().contains(parameter)) {
                return true;
            }
        }
        return false;
    }

    private static IllegalArgumentException refused(String layer, String why) {
        return new IllegalArgumentException("An input cannot be tied to " + layer + ": " + why);
    }
}
