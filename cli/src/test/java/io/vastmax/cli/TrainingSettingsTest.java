package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingSettingsTest {
    private final TrainingSettings settings = new TrainingOptions().settings();

    @Test
    void areReadAsTheyWereSaved() throws IOException {
        assertThat(TrainingSettings.saved(json())).isEqualTo(settings);
    }

    /** Models of before there were other layers than the full softmax, and of before there were objectives. */
    @Test
    void thoseOfEarlierVersionsAreCompleted() throws IOException {
        ObjectNode first = json();
        first.remove(List.of("layer_settings", "objective"));
        assertThat(TrainingSettings.saved(first)).isEqualTo(settings);
        assertThat(first.has("objective")).isFalse();
        ObjectNode second = json();
        second.remove(List.of("objective", "input"));
        second.withObject("/layer_settings").remove(List.of("cosine_scale", "spherical_epsilon"));
        assertThat(TrainingSettings.saved(second)).isEqualTo(settings);
    }

    private ObjectNode json() throws IOException {
        return Json.read(Json.write(settings), ObjectNode.class);
    }
}
