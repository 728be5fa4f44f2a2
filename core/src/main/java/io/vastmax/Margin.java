package io.vastmax;

/**
 * What training does to the logit of a row's target, to make its class harder to reach than the others. Inference never does.
 *
 * @param kind how
 * @param size m, or the noise's alpha
 */
public record Margin(Kind kind, double size) {
    /** Nothing. */
    public static final Margin NONE = new Margin(Kind.NONE, 0);

    /** The ways. */
    public enum Kind {
        /** The logit stays. */
        NONE,
        /** {@code s (cos - m)}. */
        ADDITIVE,
        /** {@code s cos(theta + m)}. */
        ADDITIVE_ANGULAR,
        /** Annealed noise. */
        NOISE
    }

    /** Checks the size. */
    public Margin {
        boolean valid = switch (kind) {
            case NONE -> size == 0;
            case ADDITIVE, NOISE -> size >= 0 && Double.isFinite(size);
            case ADDITIVE_ANGULAR -> size >= 0 && size < Math.PI;
        };
        if (!valid) {
            throw new IllegalArgumentException((kind == Kind.NOISE ? "noise = " : "margin = ") + size + ": must be "
                    + (kind == Kind.ADDITIVE_ANGULAR ? "from 0 to below pi" : "finite and not negative"));
        }
    }

    /**
     * An additive margin, {@code s (cos theta_y - m)} (AM-softmax: Wang, Cheng, Liu and Liu, Additive Margin Softmax for Face
     * Verification, 2018; CosFace), of a {@link CosineSoftmax}.
     *
     * @param m from 0, such as 0.35
     */
    public static Margin additive(double m) {
        return m == 0 ? NONE : new Margin(Kind.ADDITIVE, m);
    }

    /**
     * An additive angular margin, {@code s cos(theta_y + m)} (Deng, Guo, Xue and Zafeiriou, ArcFace, CVPR 2019), of a
     * {@link CosineSoftmax}. Beyond {@code theta = pi - m} the cosine would rise again; there it goes on as
     * {@code s (cos theta_y - m sin m)}, as in the authors' code.
     *
     * @param m an angle from 0 to below pi, such as 0.5
     */
    public static Margin additiveAngular(double m) {
        return m == 0 ? NONE : new Margin(Kind.ADDITIVE_ANGULAR, m);
    }

    /**
     * Noisy softmax (Chen, Deng and Du, Noisy Softmax: Improving the Generalization Ability of DCNN via Postponing the Early
     * Softmax Saturation, CVPR 2017): {@code z_y - alpha |w_y| |h| (1 - cos theta_y) |xi|} with xi standard normal, drawn for
     * each row from the step's key. The noise anneals by itself as the angle between vector and class closes. Of a
     * {@link FullSoftmax}.
     *
     * @param alpha from 0, such as 0.1
     */
    public static Margin noise(double alpha) {
        return alpha == 0 ? NONE : new Margin(Kind.NOISE, alpha);
    }

    /** As in {@code "additive margin 0.35"}. */
    @Override
    public String toString() {
        return switch (kind) {
            case NONE -> "no margin";
            case ADDITIVE -> "additive margin " + size;
            case ADDITIVE_ANGULAR -> "additive angular margin " + size;
            case NOISE -> "noise " + size;
        };
    }
}
