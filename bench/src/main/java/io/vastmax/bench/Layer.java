package io.vastmax.bench;

import io.vastmax.CosineSoftmax;
import io.vastmax.CrossEntropy;
import io.vastmax.FullSoftmax;
import io.vastmax.Margin;
import io.vastmax.Objective;
import io.vastmax.RandomKey;
import io.vastmax.SphericalSoftmax;
import io.vastmax.adaptive.AdaptiveSoftmax;
import io.vastmax.adaptive.FrequencyClusters;
import io.vastmax.hierarchical.HierarchicalSoftmax;
import io.vastmax.hierarchical.Tree;
import io.vastmax.sampled.ClassDistribution;
import io.vastmax.sampled.NegativeSampler;
import io.vastmax.sampled.SampledSoftmax;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A layer, and what makes it up beside the problem's sizes. */
sealed interface Layer {
    /** Weights are drawn from a fixed seed, so that every implementation gets the same. */
    RandomKey KEY = RandomKey.of(2);

    /** What people call it. */
    String label();

    /** As benchmarks take it: {@code "adaptive:2000,10000"}. */
    String text();

    /** It, for a problem. */
    Objective of(Problem problem);

    /** Reads {@link #text}. */
    static Layer parse(String text) {
        int plus = text.indexOf('+');
        if (plus >= 0) {
            return new Trained(parse(text.substring(0, plus)), Training.valueOf(text.substring(plus + 1)));
        }
        String[] parts = text.split(":", 2);
        return switch (parts[0]) {
            case "full" -> new Full();
            case "adaptive" ->
                new Adaptive(Arrays.stream(parts[1].split(",", -1))
                        .filter(cutoff -> !cutoff.isEmpty())
                        .map(Integer::valueOf)
                        .toList());
            case "sampled" -> new Sampled(Integer.parseInt(parts[1]));
            case "hierarchical" -> new Hierarchical();
            case "cosine" -> new Cosine();
            case "spherical" -> new Spherical();
            default -> throw new IllegalArgumentException("\"" + text + "\" is no layer");
        };
    }

    /** The full softmax. */
    record Full() implements Layer {
        @Override
        public String label() {
            return "Full";
        }

        @Override
        public String text() {
            return "full";
        }

        @Override
        public FullSoftmax of(Problem problem) {
            return FullSoftmax.create(problem.classes(), problem.width(), KEY);
        }
    }

    /** Adaptive softmax; each cluster's projection is a third as wide as the one before. */
    record Adaptive(List<Integer> cutoffs) implements Layer {
        static final double DIV_VALUE = 3;

        @Override
        public String label() {
            return "Adaptive, cutoffs " + cutoffs;
        }

        @Override
        public String text() {
            return "adaptive:" + cutoffs.stream().map(String::valueOf).collect(Collectors.joining(","));
        }

        @Override
        public AdaptiveSoftmax of(Problem problem) {
            int[] ranks = cutoffs.stream().mapToInt(Integer::intValue).toArray();
            return AdaptiveSoftmax.create(
                    FrequencyClusters.of(problem.classes(), ranks), problem.width(), DIV_VALUE, true, KEY);
        }
    }

    /** Sampled softmax over different classes that the batch shares, drawn log-uniformly, with accidental hits masked. */
    record Sampled(int negatives) implements Layer {
        @Override
        public String label() {
            return "Sampled, %,d negatives".formatted(negatives);
        }

        @Override
        public String text() {
            return "sampled:" + negatives;
        }

        @Override
        public SampledSoftmax of(Problem problem) {
            return SampledSoftmax.of(
                    new Full().of(problem),
                    NegativeSampler.distinct(ClassDistribution.logUniform(problem.classes()), negatives));
        }
    }

    /** Hierarchical softmax over the Huffman tree of the problem's frequencies. */
    record Hierarchical() implements Layer {
        @Override
        public String label() {
            return "Hierarchical, Huffman";
        }

        @Override
        public String text() {
            return "hierarchical";
        }

        @Override
        public HierarchicalSoftmax of(Problem problem) {
            return HierarchicalSoftmax.create(tree(problem), problem.width(), KEY);
        }

        /** How many nodes are on the paths of a batch, each as often as it is on one. */
        long nodes(Problem problem) {
            Tree tree = tree(problem);
            return Arrays.stream(problem.targets()).mapToLong(tree::depth).sum();
        }

        private static Tree tree(Problem problem) {
            return Tree.huffman(Frequencies.of(problem.classes()).counts());
        }
    }

    /** Softmax over cosines, with an additive angular margin. */
    record Cosine() implements Layer {
        @Override
        public String label() {
            return "Cosine, ArcFace";
        }

        @Override
        public String text() {
            return "cosine";
        }

        @Override
        public CosineSoftmax of(Problem problem) {
            return CosineSoftmax.create(problem.classes(), problem.width(), 30, KEY)
                    .minimising(CrossEntropy.MEAN.withMargin(Margin.additiveAngular(0.5)));
        }
    }

    /** Spherical softmax. */
    record Spherical() implements Layer {
        @Override
        public String label() {
            return "Spherical";
        }

        @Override
        public String text() {
            return "spherical";
        }

        @Override
        public SphericalSoftmax of(Problem problem) {
            return SphericalSoftmax.create(problem.classes(), problem.width(), 0.01, KEY);
        }
    }

    /** A layer with more to minimise than the mean cross-entropy. */
    record Trained(Layer layer, Training training) implements Layer {
        @Override
        public String label() {
            return layer.label() + ", " + training.label();
        }

        @Override
        public String text() {
            return layer.text() + "+" + training.name();
        }

        @Override
        public Objective of(Problem problem) {
            CrossEntropy objective = training.objective(problem.classes());
            return switch (layer.of(problem)) {
                case FullSoftmax full -> full.transforming(training.transform()).minimising(objective);
                case AdaptiveSoftmax adaptive ->
                    adaptive.transforming(training.transform()).minimising(objective);
                case HierarchicalSoftmax hierarchical ->
                    hierarchical.transforming(training.transform()).minimising(objective);
                case SampledSoftmax sampled -> sampled.minimising(objective);
                default -> throw new AssertionError(layer);
            };
        }
    }
}
