package io.vastmax.djl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vastmax.CosineSoftmax;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.SphericalSoftmax;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import io.vastmax.sampled.LearnedUnigram;
import io.vastmax.sampled.NegativeSampling;
import io.vastmax.sampled.NoiseContrastiveEstimation;
import io.vastmax.sampled.SampledSoftmax;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a layer is, beside its parameters: its name and sizes in {@code config.json}, and what no training changes, a tree or
 * clusters, as integers among the weights. What trained it is kept only as far as it has learned: a sampler's counts.
 */
final class LayerFiles {
    private static final String ORDER = "adaptive.order";
    private static final String CUTOFFS = "adaptive.cutoffs";
    private static final String TAIL_WIDTHS = "adaptive.tail_widths";
    private static final String PARENTS = "tree.parents";
    private static final String SLOTS = "tree.slots";
    private static final String TREE_COUNTS = "tree.counts";
    private static final String TEMPERATURE = "temperature";
    private static final String SOFT_CAP = "soft_cap";
    private static final String LEARNED = "sampler.learned.";

    private LayerFiles() {}

    /** Describes the exact layer of an objective, and what its sampler has learned. */
    static void describe(Objective objective, ObjectNode config, Map<String, long[]> integers) {
        switch (objective.exact()) {
            case FullSoftmax full -> {
                config.put("name", "full");
                config.put("bias", full.bias() != null);
            }
            case AdaptiveSoftmax adaptive -> {
                FrequencyClusters clusters = adaptive.clusters();
                config.put("name", "adaptive");
                config.put("bias", adaptive.hasHeadBias());
                integers.put(ORDER, longs(clusters.order()));
                integers.put(CUTOFFS, longs(clusters.cutoffs()));
                integers.put(TAIL_WIDTHS, longs(adaptive.tailWidths()));
            }
            case HierarchicalSoftmax hierarchical -> {
                Tree tree = hierarchical.tree();
                config.put("name", "hierarchical");
                config.put("bias", hierarchical.bias() != null);
                config.put("tree", tree.toString());
                integers.put(PARENTS, longs(tree.parents()));
                integers.put(SLOTS, longs(tree.slots()));
                integers.put(TREE_COUNTS, tree.counts());
            }
            case CosineSoftmax cosine -> {
                config.put("name", "cosine");
                config.put("scale", cosine.scale());
            }
            case SphericalSoftmax spherical -> {
                config.put("name", "spherical");
                config.put("epsilon", spherical.epsilon());
            }
            default ->
                throw new IllegalArgumentException(
                        "objective: " + objective.exact().getClass().getName() + " cannot be saved");
        }
        describe(objective.exact().transform(), config);
        List<LearnedUnigram> learned = learned(objective);
        for (int i = 0; i < learned.size(); i++) {
            integers.put(LEARNED + i, learned.get(i).counts());
        }
    }

    /** Describes what becomes of logits: what is not there changes nothing. */
    private static void describe(LogitTransform transform, ObjectNode config) {
        config.remove(List.of(TEMPERATURE, SOFT_CAP));
        if (transform.temperature() != 1) {
            config.put(TEMPERATURE, transform.temperature());
        }
        if (transform.isCapped()) {
            config.put(SOFT_CAP, transform.softCap());
        }
    }

    /** The same for a layer that was described before. */
    static void retransform(LogitTransform transform, ObjectNode config) {
        if (config.path("name").asText().equals("spherical") && !transform.equals(LogitTransform.IDENTITY)) {
            throw new IllegalArgumentException("A spherical softmax does not take " + transform);
        }
        describe(transform, config);
    }

    private static LogitTransform transform(JsonNode config) {
        return new LogitTransform(
                config.path(SOFT_CAP).asDouble(Double.POSITIVE_INFINITY),
                config.path(TEMPERATURE).asDouble(1));
    }

    /** The layer that was described, its parameters zero. */
    static OutputLayer read(Path directory, JsonNode config, Map<String, long[]> integers, int classes, int width)
            throws IOException {
        boolean bias = config.path("bias").asBoolean();
        try {
            OutputLayer layer = switch (config.path("name").asText()) {
                case "full" -> FullSoftmax.of(Matrix.zeros(classes, width), bias ? Matrix.zeros(classes, 1) : null);
                case "adaptive" -> adaptive(integers, width, bias);
                case "hierarchical" -> {
                    Tree tree = Tree.ofParents(
                            ints(integers, PARENTS), ints(integers, SLOTS), integer(integers, TREE_COUNTS));
                    yield HierarchicalSoftmax.of(
                            tree, Matrix.zeros(tree.rows(), width), bias ? Matrix.zeros(tree.rows(), 1) : null);
                }
                case "cosine" ->
                    CosineSoftmax.of(
                            Matrix.zeros(classes, width), config.path("scale").asDouble());
                case "spherical" ->
                    SphericalSoftmax.of(
                            Matrix.zeros(classes, width),
                            Matrix.zeros(classes, 1),
                            config.path("epsilon").asDouble());
                default ->
                    throw new IllegalArgumentException("config.json names the layer " + config.path("name")
                            + ", this program knows full, adaptive, hierarchical, cosine and spherical");
            };
            if (layer.classes() != classes) {
                throw new IllegalArgumentException(
                        "the layer has " + layer.classes() + " classes, vocab.txt " + classes + " words");
            }
            return layer.transforming(transform(config));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IOException(directory + ": " + e.getMessage(), e);
        }
    }

    /** What a sampler's distributions have counted. */
    static List<long[]> learned(Map<String, long[]> integers) {
        List<long[]> learned = new ArrayList<>();
        for (int i = 0; integers.containsKey(LEARNED + i); i++) {
            learned.add(integers.get(LEARNED + i));
        }
        return learned;
    }

    private static List<LearnedUnigram> learned(Objective objective) {
        return switch (objective) {
            case SampledSoftmax sampled -> sampled.sampler().learned();
            case NoiseContrastiveEstimation nce -> nce.sampler().learned();
            case NegativeSampling negatives -> negatives.sampler().learned();
            default -> List.of();
        };
    }

    private static AdaptiveSoftmax adaptive(Map<String, long[]> integers, int width, boolean bias) {
        FrequencyClusters clusters = FrequencyClusters.ofOrder(ints(integers, ORDER), ints(integers, CUTOFFS));
        int rows = clusters.shortlist() + clusters.clusters();
        int[] tailWidths = ints(integers, TAIL_WIDTHS);
        List<Matrix> projections = new ArrayList<>();
        List<Matrix> weights = new ArrayList<>();
        addTails(clusters, width, tailWidths, projections, weights);
        return AdaptiveSoftmax.of(
                clusters, Matrix.zeros(rows, width), bias ? Matrix.zeros(rows, 1) : null, projections, weights);
    }

    /** Adds zeros of the shapes of clusters. */
    static void addTails(
            FrequencyClusters clusters, int width, int[] tailWidths, List<Matrix> projections, List<Matrix> weights) {
        for (int c = 0; c < Math.min(tailWidths.length, clusters.clusters()); c++) {
            projections.add(Matrix.zeros(tailWidths[c], width));
            weights.add(Matrix.zeros(clusters.size(c), tailWidths[c]));
        }
    }

    private static long[] integer(Map<String, long[]> integers, String name) {
        long[] found = integers.get(name);
        if (found == null) {
            throw new IllegalArgumentException("the weights lack the integers " + name);
        }
        return found;
    }

    static int[] ints(Map<String, long[]> integers, String name) {
        return Arrays.stream(integer(integers, name)).mapToInt(Math::toIntExact).toArray();
    }

    static long[] longs(int[] ints) {
        return Arrays.stream(ints).asLongStream().toArray();
    }
}
