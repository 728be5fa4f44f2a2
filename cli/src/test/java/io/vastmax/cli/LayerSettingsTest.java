package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class LayerSettingsTest {
    private final LayerSettings unusual = new LayerSettings(
            77,
            "batch+uniform",
            0.5,
            true,
            true,
            LayerSettings.SampledLoss.SOFTMAX,
            true,
            "balanced",
            7,
            "3,9",
            1.5,
            true,
            12,
            0.5);

    /** What {@code compare} passes on is what it was told. */
    @Test
    void theArgumentsGiveTheSameSettings() {
        assertThat(parsed(unusual.arguments())).isEqualTo(unusual);
        LayerSettings usual = new LayerOptions().settings();
        assertThat(parsed(usual.arguments())).isEqualTo(usual);
    }

    @Test
    void jsonGivesTheSameSettings() throws Exception {
        String json = Json.write(unusual);
        assertThat(json).contains("\"sampled_loss\": \"softmax\"");
        assertThat(Json.read(json, LayerSettings.class)).isEqualTo(unusual);
    }

    @Test
    void aTreeThatIsNoNameIsAFile() {
        assertThat(parsed(List.of("--tree=two-level")).tree()).isEqualTo("two-level");
        assertThat(Path.of(parsed(List.of("--tree=words.txt")).tree()))
                .isAbsolute()
                .hasFileName("words.txt");
    }

    private static LayerSettings parsed(List<String> arguments) {
        LayerOptions options = new LayerOptions();
        CommandSpec command = CommandSpec.create().addMixin("layer", CommandSpec.forAnnotatedObject(options));
        new CommandLine(command).parseArgs(arguments.toArray(String[]::new));
        return options.settings();
    }
}
