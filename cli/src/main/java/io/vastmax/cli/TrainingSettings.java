package io.vastmax.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a run was told, as it is kept with a model and printed in reports: {@link TrainingOptions} without defaults. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record TrainingSettings(
        @Nullable String corpus,
        int minCount,
        Layer layer,
        LayerSettings layerSettings,
        ObjectiveSettings objective,
        Input input,
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

    /** Those that a model was saved with; what earlier versions did not say is as they had it. */
    static TrainingSettings saved(JsonNode training) throws IOException {
        if (training.deepCopy() instanceof ObjectNode settings) {
            LayerSettings layer = new LayerOptions().settings();
            addIfMissing(settings, "layer_settings", layer);
            addIfMissing(settings, "objective", new ObjectiveOptions().settings());
            addIfMissing(settings, "input", Input.embedding);
            if (settings.get("layer_settings") instanceof ObjectNode saved) {
                addIfMissing(saved, "cosine_scale", layer.cosineScale());
                addIfMissing(saved, "spherical_epsilon", layer.sphericalEpsilon());
            }
            return Json.read(settings.toString(), TrainingSettings.class);
        }
        return Json.read(training.toString(), TrainingSettings.class);
    }

    private static void addIfMissing(ObjectNode settings, String name, Object value) throws IOException {
        if (!settings.has(name)) {
            settings.set(name, Json.read(Json.write(value), JsonNode.class));
        }
    }

    /** Refuses a value by its option's name. */
    static void check(String name, double value, boolean valid, String range) {
        if (!valid) {
            throw new IllegalArgumentException(name + " " + value + ": must be " + range);
        }
    }
}
