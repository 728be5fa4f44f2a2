package io.vastmax.cli;

import io.vastmax.cli.Calibration.Bin;
import io.vastmax.cli.Calibration.Kept;
import io.vastmax.cli.Calibration.OfPart;
import io.vastmax.cli.Calibration.Quality;
import io.vastmax.cli.Charts.Ink;
import java.awt.BasicStroke;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.knowm.xchart.XYChart;

/** A calibration as a page of its own: nothing is loaded from elsewhere. */
final class CalibrationPage {
    private static final String STYLE = """
            :root {
              color-scheme: light dark;
              --surface: #ffffff; --text: #1f2733; --muted: #5c6675; --grid: #dfe3e8;
              --bar: #b5cfea; --first: #2b68a8; --second: #b4520f;
            }
            @media (prefers-color-scheme: dark) {
              :root {
                --surface: #14181e; --text: #e4e8ee; --muted: #9aa5b4; --grid: #303843;
                --bar: #2c4d70; --first: #74b0ee; --second: #f0a063;
              }
            }
            body {
              margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 62rem;
              background: var(--surface); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
            }
            h1 { font-size: 1.5rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
            h2 { font-size: 1.15rem; margin: 2.2rem 0 .3rem; }
            h3 { font-size: 1rem; font-weight: 600; margin: 0; }
            p { margin: .3rem 0; max-width: 46rem; }
            .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); gap: 1.5rem; }
            figure { margin: 1rem 0 0; }
            figcaption, .legend { color: var(--muted); font-size: .9rem; }
            svg { display: block; width: 100%; height: auto; max-width: 30rem; }
            .scroll { overflow-x: auto; }
            table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin-top: .8rem; }
            th, td { padding: .25rem .8rem; text-align: right; border-bottom: 1px solid var(--grid); white-space: nowrap; }
            th { font-weight: 600; }
            th:first-child, td:first-child { text-align: left; padding-left: 0; }
            .key { display: inline-block; width: 1.4em; margin: 0 .4em 0 0; vertical-align: middle; border-top: 3px solid; }
            .bar { height: .8em; border: 0; background: var(--bar); }
            .first { border-color: var(--first); }
            .text { border-color: var(--text); }
            .second { border-color: var(--second); }
            .dashed { border-top-style: dashed; border-top-width: 2px; }
            @media (max-width: 40rem) { th, td { padding: .25rem .45rem; } table { font-size: .9rem; } }
            .legend span.item { white-space: nowrap; margin-right: 1.2em; }
            """;

    private CalibrationPage() {}

    static String of(String model, Calibration calibration) {
        String title = "Calibration of " + escape(model);
        return String.join(
                "\n",
                "<!DOCTYPE html>",
                "<html lang=\"en\">",
                "<head>",
                "<meta charset=\"utf-8\">",
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
                "<title>" + title + "</title>",
                "<style>",
                STYLE + "</style>",
                "</head>",
                "<body>",
                "<h1>" + title + "</h1>",
                summary(calibration) + qualities(calibration),
                reliability(calibration.test()) + coverage(calibration.test()) + "</body>",
                "</html>",
                "");
    }

    private static String summary(Calibration calibration) {
        return String.format(
                Locale.ROOT,
                """
                <p>The temperature <strong>T = %.4f</strong> has the lowest loss on the valid part of %s; before it was
                T = %.4f. Logits are divided by T: above 1 the model becomes less sure, below 1 surer.</p>
                %s""",
                calibration.temperature(),
                escape(calibration.corpus()),
                calibration.temperatureBefore(),
                calibration.atEnd()
                        ? "<p><strong>T is an end of the range that was searched: the loss falls on beyond it.</strong></p>"
                        : "");
    }

    private static String qualities(Calibration calibration) {
        return """
                <div class="scroll"><table>
                <tr><th>Part</th><th>T</th><th>Perplexity</th><th>Loss, nats</th><th>Accuracy</th><th>ECE</th><th>MCE</th><th>AURC</th></tr>
                """
                + calibration.parts().stream()
                        .map(part -> quality(part, part.before()) + quality(part, part.after()))
                        .collect(Collectors.joining())
                + """
                </table></div>
                <p class="legend">T was fitted on the valid part; the test part tells what it is worth. ECE and MCE: expected
                and maximum calibration error, the mean and the largest distance of confidence from accuracy over the bins
                below. AURC: area under the curve of risk by coverage. Lower is better for all three.</p>
                """;
    }

    private static String quality(OfPart part, Quality quality) {
        return String.format(
                Locale.ROOT,
                "<tr><td>%s</td><td>%.4f</td><td>%.3f</td><td>%.4f</td><td>%.2f%%</td><td>%.4f</td><td>%.4f</td>"
                        + "<td>%.4f</td></tr>%n",
                part.part(),
                quality.temperature(),
                quality.perplexity(),
                quality.loss(),
                100 * quality.accuracy(),
                quality.expectedCalibrationError(),
                quality.maximumCalibrationError(),
                quality.areaUnderRiskCoverage());
    }

    private static String reliability(OfPart part) {
        return String.format(
                Locale.ROOT,
                """
                <h2>Reliability on the %s part</h2>
                <p>Of predictions with the confidence c, the share c should be right: bars that end below the diagonal are
                overconfident, bars above it too modest.</p>
                <div class="pair">%s%s</div>
                <p class="legend"><span class="item"><span class="key bar"></span>right in the bin</span>
                <span class="item"><span class="key text dashed"></span>calibrated</span>
                <span class="item"><span class="key second"></span>share of all predictions</span></p>
                """,
                part.part(),
                reliability("before", part.before(), part.tokens()),
                reliability("after", part.after(), part.tokens()));
    }

    private static String reliability(String when, Quality quality, long tokens) {
        List<Bin> bins = quality.reliability();
        double[] edges = new double[bins.size() + 1];
        double[] accuracies = new double[edges.length];
        double[] shares = new double[edges.length];
        for (int m = 0; m < edges.length; m++) {
            // The last number only ends the last stair
            Bin bin = bins.get(Math.min(m, bins.size() - 1));
            edges[m] = m < bins.size() ? bin.from() : bin.to();
            accuracies[m] = bin.count() == 0 ? 0 : bin.accuracy();
            shares[m] = (double) bin.count() / tokens;
        }
        XYChart chart = Charts.of("confidence", "accuracy");
        Charts.addStair(chart, Ink.bar, edges, accuracies);
        Charts.addSteps(chart, Ink.second, edges, shares);
        Charts.addLine(chart, Ink.text, Charts.DASHED, new double[] {0, 1}, new double[] {0, 1});
        return String.format(
                Locale.ROOT,
                "<figure><h3>T = %.4f, %s</h3>%s<figcaption>ECE %.4f, MCE %.4f</figcaption></figure>%n",
                quality.temperature(),
                when,
                Charts.svg(chart, "reliability-" + when, "Accuracy by confidence, " + when),
                quality.expectedCalibrationError(),
                quality.maximumCalibrationError());
    }

    private static String coverage(OfPart part) {
        XYChart trade = Charts.of("coverage", "accuracy");
        addTrade(trade, Ink.first, Charts.SOLID, part.after());
        addTrade(trade, Ink.second, Charts.DASHED, part.before());
        List<Kept> kept = part.after().coverage();
        XYChart byThreshold = Charts.of("threshold", "share");
        Charts.addLine(
                byThreshold, Ink.second, Charts.SOLID, values(kept, Kept::threshold), values(kept, Kept::coverage));
        List<Kept> some = nonEmpty(kept);
        Charts.addLine(
                byThreshold, Ink.first, Charts.SOLID, values(some, Kept::threshold), values(some, Kept::accuracy));
        return String.format(
                Locale.ROOT,
                """
                <h2>Coverage against accuracy on the %s part</h2>
                <p>Predictions below a threshold are left undecided: the fewer are kept, the more of them are right. Where
                nothing is kept there is no accuracy, and the curves end.</p>
                <div class="pair">
                <figure><h3>What is gained</h3>%s<figcaption><span class="legend"><span class="item"><span
                class="key second dashed"></span>before</span> <span class="item"><span
                class="key first"></span>after</span></span></figcaption></figure>
                <figure><h3>By threshold, T = %.4f</h3>%s<figcaption><span class="legend"><span class="item"><span
                class="key first"></span>accuracy</span> <span class="item"><span
                class="key second"></span>coverage</span></span></figcaption></figure>
                </div>
                <div class="scroll"><table>
                <tr><th>Threshold</th><th>Coverage</th><th>Accuracy</th></tr>
                %s</table></div>
                """,
                part.part(),
                Charts.svg(trade, "trade", "Accuracy by coverage, before and after"),
                part.after().temperature(),
                Charts.svg(byThreshold, "threshold", "Coverage and accuracy by threshold"),
                CalibrationTable.THRESHOLDS.stream()
                        .map(percent -> row(part.after().keptAt(percent)))
                        .collect(Collectors.joining()));
    }

    private static void addTrade(XYChart chart, Ink ink, BasicStroke stroke, Quality quality) {
        List<Kept> some = nonEmpty(quality.coverage());
        Charts.addLine(chart, ink, stroke, values(some, Kept::coverage), values(some, Kept::accuracy));
    }

    private static String row(Kept kept) {
        return String.format(
                Locale.ROOT,
                "<tr><td>%.1f</td><td>%.2f%%</td><td>%s</td></tr>%n",
                kept.threshold(),
                100 * kept.coverage(),
                CalibrationTable.accuracy(kept));
    }

    private static List<Kept> nonEmpty(List<Kept> kept) {
        return kept.stream().filter(each -> each.coverage() > 0).toList();
    }

    private static double[] values(List<Kept> kept, ToDoubleFunction<Kept> value) {
        return kept.stream().mapToDouble(value).toArray();
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
