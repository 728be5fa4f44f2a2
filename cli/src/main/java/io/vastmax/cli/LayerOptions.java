package io.vastmax.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The layers' own options. */
final class LayerOptions {
    @Option(
            names = "--negatives",
            paramLabel = "N",
            description =
                    "sampled: classes drawn for a step, or with --per-example for each token. Default: 2048, but no"
                            + " more than half the words.")
    private @Nullable Integer negatives;

    @Option(
            names = "--negative-sampler",
            paramLabel = "NAME",
            description =
                    "sampled: what draws them: uniform, log-uniform, unigram, learned, batch (the step's own targets),"
                            + " or several, joined by +, which share --negatives. Default: ${DEFAULT-VALUE}.")
    private String negativeSampler = "log-uniform";

    @Option(
            names = "--distortion",
            paramLabel = "P",
            description = "sampled: unigram and learned draw by counts to this power. Default: ${DEFAULT-VALUE}.")
    private double distortion = 0.75;

    @Option(names = "--with-replacement", description = "sampled: draw classes that may be equal.")
    private boolean withReplacement;

    @Option(names = "--per-example", description = "sampled: draw for each token by itself, not for the step.")
    private boolean perExample;

    @Option(
            names = "--sampled-loss",
            paramLabel = "NAME",
            description = "sampled: softmax, nce or negative-sampling (word2vec's, which wants --per-example,"
                    + " --with-replacement and --negative-sampler unigram). Default: ${DEFAULT-VALUE}.",
            converter = SampledLossConverter.class)
    private LayerSettings.SampledLoss sampledLoss = LayerSettings.SampledLoss.SOFTMAX;

    @Option(
            names = "--correct-targets",
            description = "sampled: subtract log Q from the targets' logits too, as TensorFlow does.")
    private boolean correctTargets;

    @Option(
            names = "--tree",
            paramLabel = "NAME",
            description =
                    "hierarchical: huffman, word2vec, balanced, two-level, or a file with a parent table: for each word"
                            + " in the order of a model's vocab.txt, then each inner node, the number of its parent, -1 for the root."
                            + " Default: ${DEFAULT-VALUE}.")
    private String tree = "huffman";

    @Option(
            names = "--arity",
            paramLabel = "K",
            description = "hierarchical: children of a node of a huffman or balanced tree. Default: ${DEFAULT-VALUE}.")
    private int arity = 2;

    @Option(
            names = "--cutoffs",
            paramLabel = "RANKS",
            description =
                    "adaptive: where clusters begin, such as 2000,10000. auto: the fastest by a fixed cost curve, of"
                            + " those whose shortlist holds three quarters of the text; measured: by a curve measured on this"
                            + " machine. Default: ${DEFAULT-VALUE}.")
    private String cutoffs = "auto";

    @Option(
            names = "--div-value",
            paramLabel = "X",
            description = "adaptive: each cluster's vectors are so many times smaller than those before. Default:"
                    + " ${DEFAULT-VALUE}.")
    private double divValue = 3;

    @Option(names = "--head-bias", description = "adaptive: give the head a bias.")
    private boolean headBias;

    @Option(
            names = "--cosine-scale",
            paramLabel = "S",
            description = "cosine: what cosines are multiplied with to be logits. Default: ${DEFAULT-VALUE}.")
    private double cosineScale = 30;

    @Option(
            names = "--spherical-epsilon",
            paramLabel = "E",
            description = "spherical: what is added to each square. Default: ${DEFAULT-VALUE}.")
    private double sphericalEpsilon = 0.01;

    private static final class SampledLossConverter implements ITypeConverter<LayerSettings.SampledLoss> {
        @Override
        public LayerSettings.SampledLoss convert(String value) {
            try {
                return LayerSettings.SampledLoss.named(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    LayerSettings settings() {
        return new LayerSettings(
                negatives,
                negativeSampler,
                distortion,
                withReplacement,
                perExample,
                sampledLoss,
                correctTargets,
                LayerSettings.TREES.contains(tree)
                        ? tree
                        : Path.of(tree).toAbsolutePath().normalize().toString(),
                arity,
                cutoffs,
                divValue,
                headBias,
                cosineScale,
                sphericalEpsilon);
    }
}
