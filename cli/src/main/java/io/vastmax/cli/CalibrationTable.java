package io.vastmax.cli;

import io.vastmax.cli.Calibration.Kept;
import io.vastmax.cli.Calibration.OfPart;
import io.vastmax.cli.Calibration.Quality;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** A calibration as the terminal shows it. */
final class CalibrationTable {
    /** In hundredths. */
    static final List<Integer> THRESHOLDS = List.of(0, 10, 20, 30, 40, 50, 60, 70, 80, 90);

    private CalibrationTable() {}

    static void print(Calibration calibration, PrintWriter to) {
        to.printf(
                "%-6s %8s %11s %8s %9s %8s %8s %8s%n",
                "part", "T", "perplexity", "loss", "accuracy", "ECE", "MCE", "AURC");
        for (OfPart part : calibration.parts()) {
            row(part, part.before(), to);
            row(part, part.after(), to);
        }
        Quality after = calibration.test().after();
        to.printf(Locale.ROOT, "%nPredictions of the test part that are kept, T = %.4f%n%n", after.temperature());
        to.printf("%-10s %9s %9s%n", "threshold", "coverage", "accuracy");
        for (int percent : THRESHOLDS) {
            Kept kept = after.keptAt(percent);
            to.printf(Locale.ROOT, "%-10.1f %8.2f%% %9s%n", kept.threshold(), 100 * kept.coverage(), accuracy(kept));
        }
    }

    /** The accuracy of what a threshold keeps, in words where it keeps nothing. */
    static String accuracy(Kept kept) {
        return Double.isNaN(kept.accuracy())
                ? "none kept"
                : String.format(Locale.ROOT, "%.2f%%", 100 * kept.accuracy());
    }

    private static void row(OfPart part, Quality quality, PrintWriter to) {
        to.printf(
                Locale.ROOT,
                "%-6s %8.4f %11.3f %8.4f %8.2f%% %8.4f %8.4f %8.4f%n",
                part.part(),
                quality.temperature(),
                quality.perplexity(),
                quality.loss(),
                100 * quality.accuracy(),
                quality.expectedCalibrationError(),
                quality.maximumCalibrationError(),
                quality.areaUnderRiskCoverage());
    }
}
