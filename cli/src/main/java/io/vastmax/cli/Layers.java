package io.vastmax.cli;

import io.vastmax.CosineSoftmax;
import io.vastmax.CrossEntropy;
import io.vastmax.Embedding;
import io.vastmax.FullSoftmax;
import io.vastmax.InputLayer;
import io.vastmax.LogitTransform;
import io.vastmax.Objective;
import io.vastmax.OutputLayer;
import io.vastmax.RandomKey;
import io.vastmax.SphericalSoftmax;
import io.vastmax.Workspace;
import io.vastmax.adaptive.AdaptiveInput;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.CostCurve;
import io.vastmax.adaptive.Cutoffs;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.djl.TiedInput;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import io.vastmax.sampled.ClassDistribution;
import io.vastmax.sampled.LearnedUnigram;
import io.vastmax.sampled.NegativeSampler;
import io.vastmax.sampled.NegativeSampling;
import io.vastmax.sampled.NoiseContrastiveEstimation;
import io.vastmax.sampled.SampledSoftmax;
import io.vastmax.text.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes layers from settings and counts. */
final class Layers {
    /** Of the random numbers under a seed, those that a layer's weights are drawn from. */
    private static final int STREAM = 2;

    /** And those that an adaptive input's are drawn from. */
    private static final int INPUT_STREAM = 3;

    /** Classes drawn for a step, where the vocabulary has twice as many. */
    private static final int NEGATIVES = 2048;

    private final Layer layer;
    private final LayerSettings settings;
    private final ObjectiveSettings objective;
    private final Vocabulary vocabulary;
    private final long[] counts;

    /**
     * Layers of a kind.
     *
     * @param layer which
     * @param settings what it was told
     * @param objective what it is to minimise
     * @param vocabulary the classes, with how often each occurs in training
     */
    Layers(Layer layer, LayerSettings settings, ObjectiveSettings objective, Vocabulary vocabulary) {
        this.layer = layer;
        this.settings = settings;
        this.objective = objective;
        this.vocabulary = vocabulary;
        this.counts = vocabulary.hasCounts() ? vocabulary.counts() : new long[vocabulary.size()];
    }

    /** A new exact layer with random weights; {@code rows} is the tokens of a step. */
    OutputLayer create(int width, int rows, RandomKey key, Workspace workspace) throws IOException {
        RandomKey own = key.stream(STREAM);
        return switch (layer) {
            case full, sampled -> FullSoftmax.create(counts.length, width, own);
            case hierarchical -> HierarchicalSoftmax.create(tree(), width, own);
            case cosine -> CosineSoftmax.create(counts.length, width, settings.cosineScale(), own);
            case spherical -> SphericalSoftmax.create(counts.length, width, settings.sphericalEpsilon(), own);
            case adaptive -> {
                try {
                    FrequencyClusters clusters = FrequencyClusters.of(counts, cutoffs(width, rows, workspace));
                    yield AdaptiveSoftmax.create(clusters, width, settings.divValue(), settings.headBias(), own);
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(
                            "--cutoffs " + settings.cutoffs() + " --div-value " + settings.divValue() + ": "
                                    + e.getMessage(),
                            e);
                }
            }
        };
    }

    /**
     * What a body reads, beside an exact layer that {@link #create} has made.
     *
     * @throws IllegalArgumentException if the layer does not go with it; says why
     */
    static InputLayer input(Input input, OutputLayer exact, LayerSettings settings, RandomKey key) {
        return switch (input) {
            case embedding -> Embedding.create(exact.classes(), exact.width(), key);
            case tied -> TiedInput.of(exact);
            case adaptive -> {
                if (!(exact instanceof AdaptiveSoftmax adaptive)) {
                    throw new IllegalArgumentException(
                            "An adaptive input is cut into the clusters of an adaptive softmax");
                }
                yield AdaptiveInput.create(
                        adaptive.clusters(), exact.width(), settings.divValue(), key.stream(INPUT_STREAM));
            }
        };
    }

    /**
     * What trains an exact layer.
     *
     * @param learned what learned distributions have counted; empty for a new run
     */
    Objective objective(OutputLayer exact, List<long[]> learned) {
        OutputLayer minimising = minimising(exact, objective.transform(), objective.crossEntropy(vocabulary));
        return layer == Layer.sampled ? sampled((FullSoftmax) minimising, learned) : minimising;
    }

    private static OutputLayer minimising(OutputLayer exact, LogitTransform transform, CrossEntropy crossEntropy) {
        return switch (exact.transforming(transform)) {
            case FullSoftmax full -> full.minimising(crossEntropy);
            case HierarchicalSoftmax hierarchical -> hierarchical.minimising(crossEntropy);
            case AdaptiveSoftmax adaptive -> adaptive.minimising(crossEntropy);
            case CosineSoftmax cosine -> cosine.minimising(crossEntropy);
            case SphericalSoftmax spherical -> spherical.minimising(crossEntropy);
            default -> throw new AssertionError(exact);
        };
    }

    private Objective sampled(FullSoftmax full, List<long[]> learned) {
        return sampled(full, sampler(learned), settings);
    }

    private static Objective sampled(FullSoftmax full, NegativeSampler sampler, LayerSettings settings) {
        return switch (settings.sampledLoss()) {
            case SOFTMAX ->
                SampledSoftmax.of(full, sampler)
                        .correctingTargets(settings.correctTargets())
                        .perExample(settings.perExample());
            case NCE -> NoiseContrastiveEstimation.of(full, sampler).perExample(settings.perExample());
            case NEGATIVE_SAMPLING -> NegativeSampling.of(full, sampler).perExample(settings.perExample());
        };
    }

    /**
     * Tries an objective and an input on a layer of its kind with two words, before a corpus is read.
     *
     * @throws IllegalArgumentException if the layer refuses one
     */
    static void check(Layer layer, LayerSettings settings, ObjectiveSettings objective, Input input) {
        RandomKey key = RandomKey.of(0);
        OutputLayer exact = switch (layer) {
            case full, sampled -> FullSoftmax.create(2, 1, key);
            case hierarchical -> HierarchicalSoftmax.create(Tree.balanced(2, 2), 1, key);
            case adaptive -> AdaptiveSoftmax.create(FrequencyClusters.of(2), 1, 1, false, key);
            case cosine -> CosineSoftmax.create(2, 1, settings.cosineScale(), key);
            case spherical -> SphericalSoftmax.create(2, 1, settings.sphericalEpsilon(), key);
        };
        try {
            OutputLayer minimising = minimising(exact, objective.transform(), objective.ofAnyWords());
            if (layer == Layer.sampled) {
                sampled((FullSoftmax) minimising, NegativeSampler.distinctUniform(2, 1), settings);
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--layer " + layer + ": " + e.getMessage(), e);
        }
        try {
            input(input, exact, settings, key);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(input.option() + " --layer " + layer + ": " + e.getMessage(), e);
        }
    }

    /** What a layer has become, in a few words: what was chosen for it. */
    static String describe(Objective objective) {
        return switch (objective.exact()) {
            case AdaptiveSoftmax adaptive -> adaptive.clusters() + ", widths " + Arrays.toString(adaptive.tailWidths());
            case HierarchicalSoftmax hierarchical -> hierarchical.tree().toString();
            default -> objective.exact().classes() + " classes";
        };
    }

    private NegativeSampler sampler(List<long[]> learned) {
        try {
            return samplerOf(List.of(settings.negativeSampler().split("\\+", -1)), learned);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "--negatives " + negatives() + " --negative-sampler " + settings.negativeSampler() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private int negatives() {
        Integer given = settings.negatives();
        return given != null ? given : Math.clamp(counts.length / 2, 1, NEGATIVES);
    }

    private NegativeSampler samplerOf(List<String> names, List<long[]> learned) {
        long drawing = names.stream().filter(name -> !name.equals("batch")).count();
        List<NegativeSampler> parts = new ArrayList<>();
        for (String name : names) {
            int n = (int) (negatives() / Math.max(1, drawing));
            parts.add(
                    name.equals("batch")
                            ? NegativeSampler.ofBatch(ClassDistribution.unigram(counts, 1))
                            : drawing(name, n, learned));
        }
        return parts.size() == 1 ? parts.getFirst() : NegativeSampler.mixture(parts.toArray(NegativeSampler[]::new));
    }

    private NegativeSampler drawing(String name, int n, List<long[]> learned) {
        if (name.equals("uniform") && !settings.withReplacement()) {
            return NegativeSampler.distinctUniform(counts.length, n);
        }
        ClassDistribution distribution = switch (name) {
            case "uniform" -> ClassDistribution.uniform(counts.length);
            case "log-uniform" -> ClassDistribution.logUniform(counts);
            case "unigram" -> ClassDistribution.unigram(counts, settings.distortion());
            default -> LearnedUnigram.of(learned.isEmpty() ? ones() : learned.getFirst(), settings.distortion());
        };
        return settings.withReplacement()
                ? NegativeSampler.withReplacement(distribution, n)
                : NegativeSampler.distinct(distribution, n);
    }

    private long[] ones() {
        long[] ones = new long[counts.length];
        Arrays.fill(ones, 1);
        return ones;
    }

    private Tree tree() throws IOException {
        return switch (settings.tree()) {
            case "huffman" -> Tree.huffman(counts, settings.arity());
            case "word2vec" -> Tree.word2vec(counts);
            case "balanced" -> Tree.balanced(counts.length, settings.arity());
            case "two-level" -> Tree.twoLevel(counts);
            default -> treeOf(Path.of(settings.tree()));
        };
    }

    /** A parent table: numbers between white space. */
    private Tree treeOf(Path file) throws IOException {
        String[] words = Files.readString(file).strip().split("\\s+", -1);
        int[] parents = new int[words.length];
        for (int i = 0; i < words.length; i++) {
            try {
                parents[i] = Integer.parseInt(words[i]);
            } catch (NumberFormatException e) {
                throw new IOException(
                        file + ": the parent of entry " + i + " is \"" + words[i] + "\", not a number", e);
            }
        }
        try {
            return Tree.ofParents(parents, counts);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ", for a vocabulary of " + counts.length + " words: " + e.getMessage(), e);
        }
    }

    private int[] cutoffs(int width, int rows, Workspace workspace) {
        int[] given = settings.givenCutoffs();
        if (given != null) {
            return given;
        }
        CostCurve curve = settings.cutoffs().equals("measured") ? CostCurve.measure(workspace) : CostCurve.standard();
        return Cutoffs.choose(counts, width, settings.divValue(), rows, Cutoffs.SHARE, curve);
    }
}
