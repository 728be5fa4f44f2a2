package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vastmax.Predictions;
import io.vastmax.cli.Calibration.Quality;
import io.vastmax.text.Perplexity;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.List;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

/** How it looks is for eyes; this is that it can be shown at all. */
class CalibrationPageTest {
    /** Two predictions, none of them above 0.8, and the other bins empty. */
    private static Calibration calibration(boolean atEnd) {
        Predictions predictions = new Predictions();
        predictions.add(0.35, false);
        predictions.add(0.75, true);
        Quality before = Quality.of(1, new Perplexity(2, 3), predictions, 15);
        Quality after = Quality.of(1.25, new Perplexity(2, 2.5), predictions, 15);
        return new Calibration(
                "a & b",
                1,
                1.25,
                atEnd,
                9,
                List.of(
                        new Calibration.OfPart(Part.valid, 2, before, after),
                        new Calibration.OfPart(Part.test, 2, before, after)));
    }

    @Test
    void isAPageOfItsOwn() throws Exception {
        String page = CalibrationPage.of("<model>", calibration(false));
        assertThat(page)
                .startsWith("<!DOCTYPE html>")
                .contains("Calibration of &lt;model&gt;", "a &amp; b", "T = 1.2500", "none kept")
                .contains("prefers-color-scheme: dark", "width=device-width")
                .doesNotContain("<model>", "NaN", "an end of the range")
                .doesNotContain("src=", "href=", "<script", "@import", "rgb(1,2");
        assertThat(CalibrationPage.of("m", calibration(true))).contains("an end of the range");

        // Well-formed, but for the two elements of HTML that have no end
        String xml = page.replace("<!DOCTYPE html>", "").replaceAll("<meta[^>]*>", "");
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
        assertThat(Pattern.compile("<svg role=\"img\" aria-label=")
                        .matcher(page)
                        .results())
                .hasSize(4);
        assertThat(Pattern.compile(" id=\"([^\"]*)\"")
                        .matcher(page)
                        .results()
                        .map(id -> id.group(1))
                        .toList())
                .isNotEmpty()
                .doesNotHaveDuplicates();
    }

    @Test
    void theTableSaysWhereNothingIsKept() {
        StringWriter out = new StringWriter();
        CalibrationTable.print(calibration(false), new PrintWriter(out, true));
        assertThat(out.toString())
                .contains("valid    1.2500       3.490   1.2500    50.00%   0.3000   0.3500   0.2500")
                .containsPattern("0\\.7 +50\\.00% +100\\.00%")
                .containsPattern("0\\.8 +0\\.00% none kept")
                .doesNotContain("NaN");
    }

    @Test
    void undefinedNumbersAreNullInJson() throws Exception {
        String json = Json.write(calibration(false));
        assertThat(json).contains("\"accuracy\": null").doesNotContain("NaN");
        assertThat(Json.read(json, Calibration.class)).isEqualTo(calibration(false));
    }
}
