package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JsonTest {
    record Run(
            String layer,
            double loss,
            float rate,
            OptionalLong peakBytes,
            @Nullable Double valid,
            List<Point> curve) {}

    record Point(long tokens, double loss) {}

    @Test
    void fieldsKeepTheOrderOfTheRecord() throws JsonProcessingException {
        Run run = new Run("full", 5.25, 0.5f, OptionalLong.of(1 << 20), 4.0, List.of(new Point(1000, 6.5)));
        String json = Json.write(run);
        assertThat(json).isEqualTo("""
                        {
                          "layer": "full",
                          "loss": 5.25,
                          "rate": 0.5,
                          "peakBytes": 1048576,
                          "valid": 4.0,
                          "curve": [ {
                            "tokens": 1000,
                            "loss": 6.5
                          } ]
                        }
                        """);
        assertThat(Json.read(json, Run.class)).isEqualTo(run);
    }

    @Test
    void fieldsKeepTheOrderOfTheMap() throws JsonProcessingException {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("z", 1);
        map.put("a", Map.of());
        map.put("empty", List.of());
        assertThat(Json.write(map)).isEqualTo("{\n  \"z\": 1,\n  \"a\": {},\n  \"empty\": []\n}\n");
    }

    @Test
    void whatIsNoNumberIsNullAndReadsBackAsNan() throws JsonProcessingException {
        Run run = new Run(
                "full", Double.NaN, 1, OptionalLong.empty(), null, List.of(new Point(1, Double.POSITIVE_INFINITY)));
        String json = Json.write(run);
        assertThat(json)
                .contains("\"loss\": null", "\"peakBytes\": null", "\"valid\": null")
                .doesNotContain("N");
        Run read = Json.read(json, Run.class);
        assertThat(read.loss()).isNaN();
        assertThat(read.peakBytes()).isEmpty();
        assertThat(read.valid()).isNull();
        assertThat(read.curve().getFirst().loss()).isNaN();
    }

    @Test
    void arraysToo() throws JsonProcessingException {
        assertThat(Json.write(Map.of("x", new double[] {1.5, Double.NaN}))).isEqualTo("{\n  \"x\": [ 1.5, null ]\n}\n");
        assertThat(Json.write(new float[] {1.5f, Float.NEGATIVE_INFINITY})).isEqualTo("[ 1.5, null ]\n");
    }

    @Test
    void readingRefusesWhatDoesNotFit() {
        for (String json : List.of(
                "{\"tokens\": 1}",
                "{\"tokens\": null, \"loss\": 1}",
                "{\"tokens\": 1, \"loss\": 1, \"extra\": 1}",
                "{\"tokens\": 1, \"loss\": 1} {}",
                "")) {
            assertThatThrownBy(() -> Json.read(json, Point.class)).as(json).isInstanceOf(JsonProcessingException.class);
        }
    }
}
