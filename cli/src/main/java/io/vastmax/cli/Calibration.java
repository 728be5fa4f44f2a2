package io.vastmax.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.vastmax.Predictions;
import io.vastmax.Reliability;
import io.vastmax.SelectivePrediction;
import io.vastmax.text.Perplexity;
import java.util.List;

/**
 * What fitting a temperature found, as in {@code calibration.json}. Numbers that are undefined, such as the accuracy of no
 * predictions, are NaN here and null there.
 *
 * @param corpus the name of the text
 * @param temperatureBefore the T that the model had
 * @param temperature the T that was fitted
 * @param atEnd whether that is an end of the range searched
 * @param evaluations how often the loss of the valid part was computed
 * @param parts how the model predicts the valid part, on which T was fitted, and the test part
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record Calibration(
        String corpus,
        double temperatureBefore,
        double temperature,
        boolean atEnd,
        int evaluations,
        List<OfPart> parts) {

    /** A part of the text, with the T before and with the fitted one. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record OfPart(Part part, long tokens, Quality before, Quality after) {}

    /** How well a text is predicted, and how well the model knows that. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Quality(
            double temperature,
            double perplexity,
            double loss,
            double accuracy,
            double expectedCalibrationError,
            double maximumCalibrationError,
            double areaUnderRiskCoverage,
            List<Bin> reliability,
            List<Kept> coverage) {
        static Quality of(double temperature, Perplexity perplexity, Predictions predictions, int bins) {
            Reliability reliability = predictions.reliability(bins);
            SelectivePrediction selective = predictions.selective();
            return new Quality(
                    temperature,
                    perplexity.value(),
                    perplexity.loss(),
                    predictions.accuracy(),
                    reliability.expectedCalibrationError(),
                    reliability.maximumCalibrationError(),
                    selective.areaUnderRiskCoverage(),
                    reliability.bins().stream().map(Bin::of).toList(),
                    selective.curve().stream().map(Kept::of).toList());
        }

        /** What the threshold of so many hundredths keeps. */
        Kept keptAt(int percent) {
            return coverage.get(percent);
        }
    }

    /** A bin of a reliability diagram. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Bin(double from, double to, long count, double confidence, double accuracy) {
        private static Bin of(Reliability.Bin bin) {
            return new Bin(
                    bin.from(),
                    bin.to(),
                    bin.count(),
                    bin.confidence().orElse(Double.NaN),
                    bin.accuracy().orElse(Double.NaN));
        }
    }

    /** What a threshold keeps. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Kept(double threshold, double coverage, double accuracy) {
        private static Kept of(SelectivePrediction.Point point) {
            return new Kept(
                    point.threshold(), point.coverage(), point.accuracy().orElse(Double.NaN));
        }
    }

    /** That of the part which T was not fitted on. */
    OfPart test() {
        return parts.getLast();
    }
}
