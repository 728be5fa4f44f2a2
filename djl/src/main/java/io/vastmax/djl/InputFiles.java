package io.vastmax.djl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vastmax.Embedding;
import io.vastmax.InputLayer;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.Parameter;
import io.vastmax.adaptive.AdaptiveInput;
import io.vastmax.adaptive.FrequencyClusters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What an input layer is, beside its parameters: {@code "tied": true} in {@code config.json}, or {@code "input"} with its
 * name, or neither for an embedding of its own; {@code "input_scale"} where that is not 1. Clusters are integers among the
 * weights.
 */
final class InputFiles {
    private static final String TIED = "tied";
    private static final String SCALE = "input_scale";
    private static final String INPUT = "input";
    private static final String ORDER = "input.order";
    private static final String CUTOFFS = "input.cutoffs";
    private static final String TAIL_WIDTHS = "input.tail_widths";

    private InputFiles() {}

    /** Describes what a model with an objective reads. */
    static void describe(InputLayer input, Objective objective, ObjectNode config, Map<String, long[]> integers) {
        boolean tied = TiedInput.isTied(input, objective);
        for (Parameter parameter : input.parameters()) {
            boolean shared = objective.parameters().contains(parameter);
            if (shared != tied || !(shared || parameter.name().startsWith("embedding."))) {
                throw new IllegalArgumentException("input: its " + parameter
                        + " is that of another layer than the objective's, which cannot be saved");
            }
        }
        if (tied) {
            config.put(TIED, true);
        }
        switch (input) {
            case Embedding embedding -> describe(embedding.scale(), config);
            case AdaptiveInput adaptive -> {
                describe(adaptive.scale(), config);
                if (!tied) {
                    config.putObject(INPUT).put("name", "adaptive");
                    integers.put(ORDER, LayerFiles.longs(adaptive.clusters().order()));
                    integers.put(CUTOFFS, LayerFiles.longs(adaptive.clusters().cutoffs()));
                    integers.put(TAIL_WIDTHS, LayerFiles.longs(adaptive.tailWidths()));
                }
            }
            default ->
                throw new IllegalArgumentException("input: " + input.getClass().getName() + " cannot be saved");
        }
    }

    private static void describe(double scale, ObjectNode config) {
        if (scale != 1) {
            config.put(SCALE, scale);
        }
    }

    /** The input layer that was described: tied to the layer, or its parameters zero. */
    static InputLayer read(Path directory, JsonNode config, Map<String, long[]> integers, OutputLayer layer)
            throws IOException {
        try {
            double scale = config.path(SCALE).asDouble(1);
            if (config.path(TIED).asBoolean()) {
                return TiedInput.of(layer, scale);
            }
            if (!config.has(INPUT)) {
                return Embedding.of(Matrix.zeros(layer.classes(), layer.width()))
                        .scaledBy(scale);
            }
            JsonNode name = config.path(INPUT).path("name");
            if (!name.asText().equals("adaptive")) {
                throw new IllegalArgumentException(
                        "config.json names the input " + name + ", this program knows adaptive");
            }
            return adaptive(integers, layer.width()).scaledBy(scale);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IOException(directory + ": " + e.getMessage(), e);
        }
    }

    private static AdaptiveInput adaptive(Map<String, long[]> integers, int width) {
        FrequencyClusters clusters =
                FrequencyClusters.ofOrder(LayerFiles.ints(integers, ORDER), LayerFiles.ints(integers, CUTOFFS));
        List<Matrix> projections = new ArrayList<>();
        List<Matrix> weights = new ArrayList<>();
        LayerFiles.addTails(clusters, width, LayerFiles.ints(integers, TAIL_WIDTHS), projections, weights);
        return AdaptiveInput.of(clusters, Matrix.zeros(clusters.shortlist(), width), projections, weights);
    }
}
