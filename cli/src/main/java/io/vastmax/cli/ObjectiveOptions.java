package io.vastmax.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What training minimises. */
final class ObjectiveOptions {
    @Option(
            names = "--label-smoothing",
            paramLabel = "E",
            description = "Train for 1 - E on the right word and E spread over all. Adaptive and hierarchical softmax"
                    + " then visit every word, unless --path-smoothing. Default: ${DEFAULT-VALUE}.")
    private double labelSmoothing;

    @Option(
            names = "--path-smoothing",
            description = "Smooth only along the path to the right word: over the choices of each softmax on it.")
    private boolean pathSmoothing;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "Divide the logits of every softmax by T, in training and after. Default: ${DEFAULT-VALUE}.")
    private double temperature = 1;

    @Option(
            names = "--soft-cap",
            paramLabel = "C",
            description = "Bound logits softly: C tanh(z / C), in training and after. Default: none.")
    private @Nullable Double softCap;

    @Option(
            names = "--z-loss",
            paramLabel = "Z",
            description = "Add Z times the squared log-sum-exp to the loss, such as 1e-4. Default: ${DEFAULT-VALUE}.")
    private double zLoss;

    @Option(
            names = "--focal",
            paramLabel = "G",
            description = "Focal loss: weigh a token by (1 - p)^G. Default: ${DEFAULT-VALUE}.")
    private double focal;

    @Option(
            names = "--class-weights",
            paramLabel = "NAME",
            description = "Weigh words by their counts: none, inverse-frequency or effective-number."
                    + " Default: ${DEFAULT-VALUE}.",
            converter = WeighingConverter.class)
    private ObjectiveSettings.Weighing classWeights = ObjectiveSettings.Weighing.NONE;

    @Option(
            names = "--beta",
            paramLabel = "B",
            description = "Of effective-number: near 1 it is inverse-frequency. Default: ${DEFAULT-VALUE}.")
    private double beta = 0.999;

    @Option(
            names = "--ignore",
            paramLabel = "WORD",
            description = "Do not train to predict this word, such as <unk>. Evaluation still counts it.")
    private @Nullable String ignore;

    @Option(
            names = "--margin",
            paramLabel = "M",
            description = "cosine: an additive margin on the right word's cosine. Default: ${DEFAULT-VALUE}.")
    private double margin;

    @Option(
            names = "--angular-margin",
            paramLabel = "M",
            description = "cosine: an additive margin on the right word's angle. Default: ${DEFAULT-VALUE}.")
    private double angularMargin;

    @Option(
            names = "--noise",
            paramLabel = "A",
            description = "full: annealed noise on the right word's logit (noisy softmax). Default: ${DEFAULT-VALUE}.")
    private double noise;

    private static final class WeighingConverter implements ITypeConverter<ObjectiveSettings.Weighing> {
        @Override
        public ObjectiveSettings.Weighing convert(String value) {
            try {
                return ObjectiveSettings.Weighing.named(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    ObjectiveSettings settings() {
        return new ObjectiveSettings(
                labelSmoothing,
                pathSmoothing,
                temperature,
                softCap,
                zLoss,
                focal,
                classWeights,
                beta,
                ignore,
                margin,
                angularMargin,
                noise);
    }
}
