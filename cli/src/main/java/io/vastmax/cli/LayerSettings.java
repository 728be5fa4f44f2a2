package io.vastmax.cli;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the layers were told, {@link LayerOptions} without defaults; each looks at its own. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record LayerSettings(
        @Nullable Integer negatives,
        String negativeSampler,
        double distortion,
        boolean withReplacement,
        boolean perExample,
        SampledLoss sampledLoss,
        boolean correctTargets,
        String tree,
        int arity,
        String cutoffs,
        double divValue,
        boolean headBias,
        double cosineScale,
        double sphericalEpsilon) {
    /** The losses over negatives. */
    enum SampledLoss {
        SOFTMAX,
        NCE,
        NEGATIVE_SAMPLING;

        /**
         * That of a name.
         *
         * @throws IllegalArgumentException if there is none
         */
        @JsonCreator
        static SampledLoss named(String name) {
            for (SampledLoss loss : values()) {
                if (loss.toString().equals(name)) {
                    return loss;
                }
            }
            throw new IllegalArgumentException(
                    "expected one of softmax, nce, negative-sampling but was '" + name + "'");
        }

        @Override
        @JsonValue
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** The samplers' names, to be joined by a plus. */
    static final List<String> SAMPLERS = List.of("uniform", "log-uniform", "unigram", "learned", "batch");

    /** The trees' names; anything else is a file. */
    static final List<String> TREES = List.of("huffman", "word2vec", "balanced", "two-level");

    LayerSettings {
        int drawing = Math.max(1, (int) SAMPLERS.stream()
                .filter(name -> !name.equals("batch")
                        && List.of(negativeSampler.split("\\+", -1)).contains(name))
                .count());
        if (negatives != null) {
            check("--negatives", negatives, negatives >= drawing, "at least " + drawing);
        }
        if (correctTargets) {
            check("--correct-targets with --sampled-loss", sampledLoss, sampledLoss == SampledLoss.SOFTMAX, "softmax");
        }
        if (arity != 2) {
            check(
                    "--arity with --tree",
                    tree,
                    tree.equals("huffman") || tree.equals("balanced"),
                    "huffman or balanced");
        }
        check("--distortion", distortion, distortion >= 0 && Double.isFinite(distortion), "from 0");
        check("--arity", arity, arity >= 2, "at least 2");
        check("--cosine-scale", cosineScale, cosineScale > 0 && Double.isFinite(cosineScale), "positive");
        check(
                "--spherical-epsilon",
                sphericalEpsilon,
                sphericalEpsilon > 0 && Double.isFinite(sphericalEpsilon),
                "positive");
        check("--div-value", divValue, divValue >= 1 && Double.isFinite(divValue), "at least 1");
        for (String part : negativeSampler.split("\\+", -1)) {
            check(
                    "--negative-sampler",
                    part,
                    SAMPLERS.contains(part),
                    "of " + String.join(", ", SAMPLERS) + ", several joined by +");
        }
        if (!isChosen(cutoffs)) {
            numbers(cutoffs);
        }
    }

    /** Whether cutoffs are to be chosen, not given. */
    private static boolean isChosen(String cutoffs) {
        return cutoffs.equals("auto") || cutoffs.equals("measured");
    }

    /** The cutoffs given; null where they are to be chosen. */
    int @Nullable [] givenCutoffs() {
        return isChosen(cutoffs) ? null : numbers(cutoffs);
    }

    private static int[] numbers(String cutoffs) {
        try {
            return Arrays.stream(cutoffs.split(",", -1))
                    .mapToInt(cutoff -> Integer.parseInt(cutoff.strip()))
                    .toArray();
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "--cutoffs " + cutoffs + ": must be auto, measured, or ranks such as 2000,10000", e);
        }
    }

    /** The options that give these settings. */
    List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of(
                "--negative-sampler=" + negativeSampler,
                "--distortion=" + distortion,
                "--sampled-loss=" + sampledLoss,
                "--tree=" + tree,
                "--arity=" + arity,
                "--cutoffs=" + cutoffs,
                "--div-value=" + divValue,
                "--cosine-scale=" + cosineScale,
                "--spherical-epsilon=" + sphericalEpsilon));
        if (negatives != null) {
            arguments.add("--negatives=" + negatives);
        }
        for (Flag flag : List.of(
                new Flag("--with-replacement", withReplacement),
                new Flag("--per-example", perExample),
                new Flag("--correct-targets", correctTargets),
                new Flag("--head-bias", headBias))) {
            if (flag.set) {
                arguments.add(flag.name);
            }
        }
        return arguments;
    }

    private record Flag(String name, boolean set) {}

    private static void check(String name, Object value, boolean valid, String range) {
        if (!valid) {
            throw new IllegalArgumentException(name + " " + value + ": must be " + range);
        }
    }
}
