package io.vastmax.internal;

/** The focal loss {@code (1 - p)^gamma ce} of a cross-entropy {@code ce = -log p}. */
public final class Focal {
    private Focal() {}

    /** {@code (1 - p)^gamma}: 1 for a gamma of 0. */
    public static double weight(double gamma, double ce) {
        return Math.pow(Math.max(0, -Math.expm1(-ce)), gamma);
    }

    /** Its derivative by ce: {@code (1 - p)^gamma + gamma p (1 - p)^(gamma - 1) ce}; 1 for p = 0. */
    public static double slope(double gamma, double ce) {
        if (ce == Double.POSITIVE_INFINITY) {
            return 1;
        }
        double other = -Math.expm1(-ce);
        if (other <= 0) {
            return gamma == 0 ? 1 : 0;
        }
        return Math.pow(other, gamma) * (1 + gamma * Math.exp(-ce) * ce / other);
    }
}
