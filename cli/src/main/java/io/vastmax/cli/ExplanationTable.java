package io.vastmax.cli;

import io.vastmax.sampling.Explanation;
import io.vastmax.sampling.Explanation.Stage;
import java.io.PrintWriter;
import java.util.Locale;

/** What each step of a chain left, as the terminal shows it. */
final class ExplanationTable {
    private static final int WIDTH = 24;
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";

    private ExplanationTable() {}

    static void print(Explanation explanation, PrintWriter out) {
        int name = explanation.stages().stream()
                .mapToInt(stage -> stage.name().length())
                .max()
                .orElse(0);
        String row = "%-" + Math.max(name, 6) + "s %10s %8s %8s %9s %9s  %s%n";
        out.printf(Locale.ROOT, row, "step", "candidates", "kept", "mass", "entropy", "highest", "mass of the logits");
        for (Stage stage : explanation.stages()) {
            out.printf(
                    Locale.ROOT,
                    row,
                    stage.name(),
                    String.format(Locale.ROOT, "%,d", stage.candidates()),
                    percent(stage.kept()),
                    percent(stage.mass()),
                    String.format(Locale.ROOT, "%.3f", stage.entropy()),
                    percent(stage.highest()),
                    bar(stage.mass(), WIDTH));
        }
        out.println();
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f%%", 100 * share);
    }

    /** A share of a width, in eighths of a character. */
    static String bar(double share, int width) {
        int eighths = (int) Math.round(share * width * 8);
        String rest = eighths % 8 == 0 ? "" : EIGHTHS.substring(eighths % 8, eighths % 8 + 1);
        return "█".repeat(eighths / 8) + rest;
    }
}
