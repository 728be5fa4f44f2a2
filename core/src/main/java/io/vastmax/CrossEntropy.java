package io.vastmax;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What training minimises: the loss of each row and how the losses of a batch become one number. Begin with {@link #MEAN}.
 *
 * <p>Of a row with the target y, the weight t of its token ({@link Targets#weighted}; 0 for a row that is ignored) and the
 * class weights w, over V classes:
 *
 * <p>{@code l = t ((1 - e) w_y (1 - p_y)^gamma (-log p_y) + e/V sum_c w_c (-log p_c) + zeta w_y lse^2)}
 *
 * <ul>
 *   <li>e is the label smoothing (Szegedy et al., Rethinking the Inception Architecture, CVPR 2016): the target distribution
 *       is {@code 1 - e} on the label plus {@code e / V} on every class, the label included;
 *   <li>gamma is the focus of the focal loss (Lin et al., ICCV 2017), 0 for none;
 *   <li>zeta weighs the z-loss (Chowdhery et al., PaLM, 2022), which keeps the log-sum-exp of the logits near 0.
 * </ul>
 *
 * <p>The reductions are PyTorch's. None: each row's l and weight {@code u = t w_y} is what {@link Objective#loss} gives. Sum:
 * of all l. Mean: the sum of all l by the sum of all u; 0 where all u are 0 (PyTorch: NaN). A row of several labels, or of
 * probabilities, with the shares q has {@code sum_i q_i w_i (-log p_i)} in the place of {@code w_y (-log p_y)}, and counts
 * {@code u = t}, as in PyTorch.
 *
 * <p>Layers take all of it or refuse a part of it when they are made, with the reason. Immutable.
 *
 * @param isSum whether it is a sum, not a mean
 * @param ignored rows whose one target is this are ignored; null for none
 * @param classWeights w; null for 1 each
 * @param labelSmoothing e
 * @param alongPath whether labels are smoothed along their path only, see {@link #smoothingPath}
 * @param focal gamma
 * @param zLoss zeta
 * @param margin what becomes of the target's logit
 */
public record CrossEntropy(
        boolean isSum,
        @Nullable Integer ignored,
        @Nullable ClassWeights classWeights,
        double labelSmoothing,
        boolean alongPath,
        double focal,
        double zLoss,
        Margin margin) {
    /** The mean over all rows, each of weight 1, of {@code -log p_y}. */
    public static final CrossEntropy MEAN = new CrossEntropy(false, null, null, 0, false, 0, 0, Margin.NONE);

    /** What not every layer can do. */
    public enum Feature {
        /** Labels are smoothed over all classes. */
        LABEL_SMOOTHING,
        /** Labels are smoothed along their path. */
        PATH_SMOOTHING,
        /** A focus. */
        FOCAL,
        /** A z-loss. */
        Z_LOSS,
        /** A margin between cosines. */
        MARGIN,
        /** Noise on the target's logit. */
        NOISE
    }

    /** Checks the values. */
    public CrossEntropy {
        if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
            throw new IllegalArgumentException("labelSmoothing = " + labelSmoothing + ": must be from 0 to below 1");
        }
        if (!(focal >= 0) || Double.isInfinite(focal)) {
            throw new IllegalArgumentException("focal = " + focal + ": must be finite and not negative");
        }
        if (!(zLoss >= 0) || Double.isInfinite(zLoss)) {
            throw new IllegalArgumentException("zLoss = " + zLoss + ": must be finite and not negative");
        }
        if (focal > 0 && labelSmoothing > 0) {
            throw new IllegalArgumentException("focal = " + focal + " beside labelSmoothing = " + labelSmoothing
                    + ": the focal loss is of hard labels");
        }
        alongPath &= labelSmoothing > 0;
    }

    /**
     * The same, but rows whose one target is this id, which need not be a class, are ignored: padding, for example. Beside
     * other targets of a row it is a class like any other, or refused.
     */
    public CrossEntropy ignoring(int id) {
        return new CrossEntropy(isSum, id, classWeights, labelSmoothing, alongPath, focal, zLoss, margin);
    }

    /** The same with a weight for each class. */
    public CrossEntropy weighing(ClassWeights weights) {
        return new CrossEntropy(isSum, ignored, weights, labelSmoothing, alongPath, focal, zLoss, margin);
    }

    /**
     * The same with a weight for each class.
     *
     * @throws IllegalArgumentException if one is negative or not finite
     */
    public CrossEntropy weighing(float... weights) {
        return weighing(ClassWeights.of(weights));
    }

    /** The same with the sum over the rows instead of the mean. */
    public CrossEntropy summed() {
        return new CrossEntropy(true, ignored, classWeights, labelSmoothing, alongPath, focal, zLoss, margin);
    }

    /**
     * The same with smoothed labels. For a full softmax they cost next to nothing. Adaptive and hierarchical
     * softmax are fast because a row passes few of their classes, and this needs the log-probability of each: every cluster,
     * every node, for every row. It costs them their advantage; {@link #smoothingPath} does not. Sampled softmax estimates it.
     *
     * @param share e
     * @throws IllegalArgumentException if it is not from 0 to below 1, or there is a focus
     */
    public CrossEntropy smoothing(double share) {
        return new CrossEntropy(isSum, ignored, classWeights, share, false, focal, zLoss, margin);
    }

    /**
     * The same with labels smoothed along their path: in each softmax that leads to the label, of k choices, the right one
     * gets {@code 1 - e + e/k} and each other {@code e/k}. Another objective than {@link #smoothing}, which costs next to
     * nothing. Class weights then weigh rows alone, by {@code w_y}; without them, on a layer with a single softmax, it is
     * {@link #smoothing}.
     *
     * @param share e
     * @throws IllegalArgumentException if it is not from 0 to below 1, or there is a focus
     */
    public CrossEntropy smoothingPath(double share) {
        return new CrossEntropy(isSum, ignored, classWeights, share, true, focal, zLoss, margin);
    }

    /**
     * The same with a focus: the easy rows, those whose target is likely already, count less.
     *
     * @param gamma 2 in the paper; 0 for none
     * @throws IllegalArgumentException if it is negative or not finite, or labels are smoothed
     */
    public CrossEntropy focusing(double gamma) {
        return new CrossEntropy(isSum, ignored, classWeights, labelSmoothing, alongPath, gamma, zLoss, margin);
    }

    /**
     * The same with a z-loss: of an adaptive softmax, for each softmax that a row passes.
     *
     * @param zeta such as {@code 1e-4}; 0 for none
     * @throws IllegalArgumentException if it is negative or not finite
     */
    public CrossEntropy withZLoss(double zeta) {
        return new CrossEntropy(isSum, ignored, classWeights, labelSmoothing, alongPath, focal, zeta, margin);
    }

    /** The same with a margin, or with noise. */
    public CrossEntropy withMargin(Margin other) {
        return new CrossEntropy(isSum, ignored, classWeights, labelSmoothing, alongPath, focal, zLoss, other);
    }

    /** Whether rows with this target are ignored. */
    public boolean ignores(int id) {
        return ignored != null && id == ignored;
    }

    /** The weight of a class. */
    public float classWeight(int id) {
        return classWeights == null ? 1f : classWeights.get(id);
    }

    /** The sum of the weights of so many classes. */
    public double totalClassWeight(int classes) {
        return classWeights == null ? classes : classWeights.sum();
    }

    /** Whether classes differ in weight. */
    public boolean hasClassWeights() {
        return classWeights != null;
    }

    /** What of it not every layer can do. */
    public Set<Feature> features() {
        Set<Feature> features = EnumSet.noneOf(Feature.class);
        if (labelSmoothing > 0) {
            features.add(alongPath ? Feature.PATH_SMOOTHING : Feature.LABEL_SMOOTHING);
        }
        if (focal > 0) {
            features.add(Feature.FOCAL);
        }
        if (zLoss > 0) {
            features.add(Feature.Z_LOSS);
        }
        if (margin.kind() != Margin.Kind.NONE) {
            features.add(margin.kind() == Margin.Kind.NOISE ? Feature.NOISE : Feature.MARGIN);
        }
        return features;
    }

    /**
     * Checks it against a layer.
     *
     * @param layer its name
     * @param refused what the layer cannot do, and why
     * @throws IllegalArgumentException if it has weights for another number of classes, or a feature that is refused
     */
    public void check(String layer, int classes, Map<Feature, String> refused) {
        if (classWeights != null && classWeights.size() != classes) {
            throw new IllegalArgumentException(
                    "classWeights holds " + classWeights.size() + " numbers for " + classes + " classes");
        }
        for (Feature feature : features()) {
            String reason = refused.get(feature);
            if (reason != null) {
                throw new IllegalArgumentException(layer + " does not take " + describe(feature) + ": " + reason);
            }
        }
    }

    private String describe(Feature feature) {
        return switch (feature) {
            case LABEL_SMOOTHING -> "labelSmoothing = " + labelSmoothing;
            case PATH_SMOOTHING -> "labelSmoothing = " + labelSmoothing + " along the path";
            case FOCAL -> "focal = " + focal;
            case Z_LOSS -> "zLoss = " + zLoss;
            case MARGIN, NOISE -> margin.toString();
        };
    }

    /** As in {@code "mean, ignoring -100, label smoothing 0.1"}. */
    @Override
    public String toString() {
        return (isSum ? "sum" : "mean")
                + (ignored == null ? "" : ", ignoring " + ignored)
                + (classWeights == null ? "" : ", " + classWeights)
                + (labelSmoothing == 0
                        ? ""
                        : ", label smoothing " + labelSmoothing + (alongPath ? " along the path" : ""))
                + (focal == 0 ? "" : ", focal " + focal)
                + (zLoss == 0 ? "" : ", z-loss " + zLoss)
                + (margin.kind() == Margin.Kind.NONE ? "" : ", " + margin);
    }
}
