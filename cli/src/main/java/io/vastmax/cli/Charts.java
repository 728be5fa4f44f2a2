package io.vastmax.cli;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Charts of shares against shares, both from 0 to 1, as SVG to stand in a page: as wide as there is room, in the page's
 * colours, by day and by night.
 */
final class Charts {
    static final BasicStroke SOLID = new BasicStroke(2, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    static final BasicStroke DASHED =
            new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, new float[] {5, 4}, 0);
    private static final int SIZE = 400;
    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
    private static final Pattern PROLOG = Pattern.compile("\\A.*?(?=<svg)", Pattern.DOTALL);
    private static final Pattern SIZES = Pattern.compile(" (?:width|height|x|y)=\"[0-9.]+px\"");
    private static final Pattern DECIMALS = Pattern.compile("(\\.\\d\\d)\\d+");
    private static final Pattern CLIP = Pattern.compile("clip(\\d+)");
    private static final Pattern SPACES = Pattern.compile(">\\s+<");

    static {
        // Fonts are measured, no window is opened
        System.setProperty("java.awt.headless", "true");
    }

    private Charts() {}

    /** The colours, which XChart takes for what they are not: each becomes the page's CSS variable of its name. */
    enum Ink {
        surface(1),
        text(2),
        grid(3),
        bar(4),
        first(5),
        second(6);

        private final int blue;

        Ink(int blue) {
            this.blue = blue;
        }

        private Color color() {
            return new Color(1, 2, blue);
        }

        private String rgb() {
            return "rgb(1,2," + blue + ")";
        }
    }

    /** A chart without anything in it yet. */
    static XYChart of(String xTitle, String yTitle) {
        XYChart chart = new XYChartBuilder()
                .width(SIZE)
                .height(SIZE)
                .xAxisTitle(xTitle)
                .yAxisTitle(yTitle)
                .build();
        XYStyler style = chart.getStyler();
        style.setLocale(Locale.ROOT)
                .setChartBackgroundColor(Ink.surface.color())
                .setPlotBackgroundColor(Ink.surface.color())
                .setPlotBorderVisible(false)
                .setChartFontColor(Ink.text.color())
                .setChartTitleVisible(false)
                .setLegendVisible(false)
                .setChartPadding(14)
                .setPlotContentSize(0.985);
        style.setAxisTitleFont(FONT)
                .setAxisTickLabelsFont(FONT)
                .setAxisTickLabelsColor(Ink.text.color())
                .setAxisTickMarksColor(Ink.grid.color())
                .setPlotGridLinesColor(Ink.grid.color())
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setAxisTicksLineVisible(false)
                .setPlotMargin(0)
                .setXAxisTickMarkSpacingHint(60)
                .setYAxisTickMarkSpacingHint(60)
                .setXAxisDecimalPattern("0.0")
                .setYAxisDecimalPattern("0.0")
                .setXAxisMin(0.0)
                .setXAxisMax(1.0)
                .setYAxisMin(0.0)
                .setYAxisMax(1.0);
        // The axis; in uneven steps, since XChart puts ticks where evenly spaced data are
        addLine(chart, Ink.grid, SOLID, new double[] {0, 0.1234, 1}, new double[3]);
        return chart;
    }

    /** Adds a filled stair: {@code y[i]} from {@code x[i]} to {@code x[i + 1]}. */
    static void addStair(XYChart chart, Ink ink, double[] x, double[] y) {
        add(chart, ink, x, y)
                .setXYSeriesRenderStyle(XYSeriesRenderStyle.StepArea)
                .setFillColor(ink.color());
    }

    /** Adds the upper edge of a stair alone. */
    static void addSteps(XYChart chart, Ink ink, double[] x, double[] y) {
        add(chart, ink, x, y).setXYSeriesRenderStyle(XYSeriesRenderStyle.Step).setLineStyle(SOLID);
    }

    /** Adds a line. */
    static void addLine(XYChart chart, Ink ink, BasicStroke stroke, double[] x, double[] y) {
        add(chart, ink, x, y).setXYSeriesRenderStyle(XYSeriesRenderStyle.Line).setLineStyle(stroke);
    }

    private static XYSeries add(XYChart chart, Ink ink, double[] x, double[] y) {
        XYSeries series =
                chart.addSeries(String.valueOf(chart.getSeriesCollection().size()), x, y);
        series.setMarker(SeriesMarkers.NONE);
        series.setLineColor(ink.color());
        return series;
    }

    /**
     * The chart as an {@code <svg>} element.
     *
     * @param id different from those of the page's other charts
     * @param label what it shows, for those who cannot see it
     */
    static String svg(XYChart chart, String id, String label) {
        String svg;
        try {
            svg = new String(ChartEncoder.getBytes(chart, "svg"), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        svg = PROLOG.matcher(svg).replaceFirst("");
        svg = SIZES.matcher(svg).replaceAll("");
        svg = DECIMALS.matcher(svg).replaceAll("$1");
        svg = CLIP.matcher(svg).replaceAll(id + "$1");
        svg = SPACES.matcher(svg).replaceAll("><");
        for (Ink ink : Ink.values()) {
            svg = svg.replace(ink.rgb(), "var(--" + ink + ")");
        }
        return svg.replaceFirst("<svg ", "<svg role=\"img\" aria-label=\"" + label + "\" ");
    }
}
