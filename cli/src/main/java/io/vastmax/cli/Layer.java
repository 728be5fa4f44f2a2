package io.vastmax.cli;

import java.util.List;

/** The output layers by the names that the command line has for them. */
enum Layer {
    /** {@link io.vastmax.FullSoftmax}. */
    full,
    /** {@link io.vastmax.sampled.SampledSoftmax} and its kin, over a full softmax. */
    sampled,
    /** {@link io.vastmax.hierarchical.HierarchicalSoftmax}. */
    hierarchical,
    /** {@link io.vastmax.adaptive.AdaptiveSoftmax}. */
    adaptive,
    /** {@link io.vastmax.CosineSoftmax}. */
    cosine,
    /** {@link io.vastmax.SphericalSoftmax}. */
    spherical;

    /** Those that stand for the same distribution, to be compared. */
    static final List<Layer> COMPARED = List.of(full, sampled, hierarchical, adaptive);
}
