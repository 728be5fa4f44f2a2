package io.vastmax.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.jspecify.annotations.Nullable;

/** What a run was told, as it is kept with a model and printed in reports: {@link TrainingOptions} without defaults. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record TrainingSettings(
        @Nullable String corpus,
        int minCount,
        Layer layer,
        LayerSettings layerSettings,
        ObjectiveSettings objective,
        int dim,
        int layers,
        double dropout,
        int batch,
        int steps,
        String optimizer,
        double lr,
        Schedule schedule,
        long warmUp,
        double clip,
        double epochs,
        @Nullable Double minutes,
        long seed) {
    TrainingSettings {
        check("--dim", dim, dim >= 1, "at least 1");
        check("--batch", batch, batch >= 1, "at least 1");
        check("--steps", steps, steps >= 1 && (long) batch * steps <= Integer.MAX_VALUE, "at least 1");
        check("--min-count", minCount, minCount >= 1, "at least 1");
        check("--epochs", epochs, epochs > 0 && Double.isFinite(epochs), "positive");
        check("--lr", lr, lr > 0 && Double.isFinite(lr), "positive");
        check("--warm-up", (double) warmUp, warmUp >= 0, "from 0");
        check("--minutes", minutes == null ? 1 : minutes, minutes == null || minutes > 0, "positive");
    }

    private static void check(String name, double value, boolean valid, String range) {
        if (!valid) {
            throw new IllegalArgumentException(name + " " + value + ": must be " + range);
        }
    }
}
