package io.vastmax.cli;

import static io.vastmax.cli.TrainingSettings.check;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.vastmax.ClassWeights;
import io.vastmax.CrossEntropy;
import io.vastmax.LogitTransform;
import io.vastmax.Margin;
import io.vastmax.text.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What training was told to minimise, {@link ObjectiveOptions} without defaults. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record ObjectiveSettings(
        double labelSmoothing,
        boolean pathSmoothing,
        double temperature,
        @Nullable Double softCap,
        double zLoss,
        double focal,
        Weighing classWeights,
        double beta,
        @Nullable String ignore,
        double margin,
        double angularMargin,
        double noise) {
    /** How classes are weighed by their counts. */
    enum Weighing {
        NONE,
        INVERSE_FREQUENCY,
        EFFECTIVE_NUMBER;

        /**
         * That of a name.
         *
         * @throws IllegalArgumentException if there is none
         */
        @JsonCreator
        static Weighing named(String name) {
            for (Weighing weighing : values()) {
                if (weighing.toString().equals(name)) {
                    return weighing;
                }
            }
            throw new IllegalArgumentException(
                    "expected one of none, inverse-frequency, effective-number but was '" + name + "'");
        }

        @Override
        @JsonValue
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    ObjectiveSettings {
        check("--label-smoothing", labelSmoothing, labelSmoothing >= 0 && labelSmoothing < 1, "from 0 to below 1");
        check("--temperature", temperature, temperature > 0 && Double.isFinite(temperature), "positive");
        check("--soft-cap", softCap == null ? 1 : softCap, softCap == null || softCap > 0, "positive");
        check("--z-loss", zLoss, zLoss >= 0 && Double.isFinite(zLoss), "from 0");
        check("--focal", focal, focal >= 0 && Double.isFinite(focal), "from 0");
        if (focal > 0 && labelSmoothing > 0) {
            throw new IllegalArgumentException("--focal " + focal + " with --label-smoothing " + labelSmoothing
                    + ": the focal loss is of hard labels");
        }
        if (pathSmoothing && labelSmoothing == 0) {
            throw new IllegalArgumentException("--path-smoothing: needs --label-smoothing");
        }
        check("--beta", beta, beta >= 0 && beta < 1, "from 0 to below 1");
        check("--margin", margin, margin >= 0 && Double.isFinite(margin), "from 0");
        check("--angular-margin", angularMargin, angularMargin >= 0 && angularMargin < Math.PI, "from 0 to below pi");
        check("--noise", noise, noise >= 0 && Double.isFinite(noise), "from 0");
        int margins = (margin > 0 ? 1 : 0) + (angularMargin > 0 ? 1 : 0) + (noise > 0 ? 1 : 0);
        if (margins > 1) {
            throw new IllegalArgumentException("--margin " + margin + " --angular-margin " + angularMargin + " --noise "
                    + noise + ": must be one of them");
        }
    }

    /**
     * What is minimised over the words of a vocabulary.
     *
     * @throws IllegalArgumentException if the token to ignore is no word
     */
    CrossEntropy crossEntropy(Vocabulary vocabulary) {
        CrossEntropy objective = ofAnyWords();
        CrossEntropy weighing = switch (classWeights) {
            case NONE -> objective;
            case INVERSE_FREQUENCY -> objective.weighing(ClassWeights.inverseFrequency(vocabulary.counts()));
            case EFFECTIVE_NUMBER -> objective.weighing(ClassWeights.effectiveNumber(beta, vocabulary.counts()));
        };
        return ignore == null ? weighing : weighing.ignoring(idOf(ignore, vocabulary));
    }

    /** What is minimised, but for what is said of words. */
    CrossEntropy ofAnyWords() {
        CrossEntropy smoothed = pathSmoothing
                ? CrossEntropy.MEAN.smoothingPath(labelSmoothing)
                : CrossEntropy.MEAN.smoothing(labelSmoothing);
        return smoothed.focusing(focal).withZLoss(zLoss).withMargin(targetMargin());
    }

    private static int idOf(String token, Vocabulary vocabulary) {
        int id = vocabulary.id(token);
        if (!vocabulary.token(id).equals(token)) {
            throw new IllegalArgumentException("--ignore " + token + ": is no word of the vocabulary");
        }
        return id;
    }

    private Margin targetMargin() {
        return margin > 0
                ? Margin.additive(margin)
                : angularMargin > 0 ? Margin.additiveAngular(angularMargin) : Margin.noise(noise);
    }

    /** What becomes of logits. */
    LogitTransform transform() {
        return new LogitTransform(softCap == null ? Double.POSITIVE_INFINITY : softCap, temperature);
    }

    /** The options that give these settings. */
    List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of(
                "--label-smoothing=" + labelSmoothing,
                "--temperature=" + temperature,
                "--z-loss=" + zLoss,
                "--focal=" + focal,
                "--class-weights=" + classWeights,
                "--beta=" + beta,
                "--margin=" + margin,
                "--angular-margin=" + angularMargin,
                "--noise=" + noise));
        if (pathSmoothing) {
            arguments.add("--path-smoothing");
        }
        if (softCap != null) {
            arguments.add("--soft-cap=" + softCap);
        }
        if (ignore != null) {
            arguments.add("--ignore=" + ignore);
        }
        return arguments;
    }
}
