package io.vastmax.bench;

import io.vastmax.ClassWeights;
import io.vastmax.CrossEntropy;
import io.vastmax.LogitTransform;

/** What a layer can be trained for beside the mean cross-entropy. */
enum Training {
    /** Label smoothing, z-loss and class weights together. */
    SMOOTHING_Z_WEIGHTS("label smoothing + z-loss + class weights"),
    /** Labels smoothed over all classes. */
    SMOOTHING("label smoothing"),
    /** Labels smoothed along their path. */
    PATH_SMOOTHING("label smoothing along the path"),
    /** The focal loss. */
    FOCAL("focal loss"),
    /** A temperature. */
    TEMPERATURE("temperature"),
    /** A soft-cap. */
    SOFT_CAP("soft-cap");

    private final String label;

    Training(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    CrossEntropy objective(int classes) {
        return switch (this) {
            case SMOOTHING_Z_WEIGHTS ->
                CrossEntropy.MEAN
                        .smoothing(0.1)
                        .withZLoss(1e-4)
                        .weighing(ClassWeights.effectiveNumber(
                                0.999, Frequencies.of(classes).counts()));
            case SMOOTHING -> CrossEntropy.MEAN.smoothing(0.1);
            case PATH_SMOOTHING -> CrossEntropy.MEAN.smoothingPath(0.1);
            case FOCAL -> CrossEntropy.MEAN.focusing(2);
            case TEMPERATURE, SOFT_CAP -> CrossEntropy.MEAN;
        };
    }

    LogitTransform transform() {
        return switch (this) {
            case TEMPERATURE -> LogitTransform.IDENTITY.withTemperature(1.5);
            case SOFT_CAP -> LogitTransform.IDENTITY.withSoftCap(30);
            default -> LogitTransform.IDENTITY;
        };
    }
}
