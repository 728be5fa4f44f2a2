package io.vastmax.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vastmax.CrossEntropy;
import io.vastmax.LogitTransform;
import io.vastmax.Margin;
import io.vastmax.text.Vocabulary;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class ObjectiveSettingsTest {
    private final Vocabulary vocabulary = vocabulary();

    private final ObjectiveSettings unusual = new ObjectiveSettings(
            0.1, true, 1.5, 30.0, 1e-4, 0, ObjectiveSettings.Weighing.EFFECTIVE_NUMBER, 0.9, "the", 0, 0.5, 0);

    /** What {@code compare} passes on is what it was told. */
    @Test
    void theArgumentsGiveTheSameSettings() {
        assertThat(parsed(unusual.arguments())).isEqualTo(unusual);
        ObjectiveSettings usual = new ObjectiveOptions().settings();
        assertThat(parsed(usual.arguments())).isEqualTo(usual);
    }

    @Test
    void jsonGivesTheSameSettings() throws Exception {
        String json = Json.write(unusual);
        assertThat(json).contains("\"class_weights\": \"effective-number\"", "\"soft_cap\": 30.0");
        assertThat(Json.read(json, ObjectiveSettings.class)).isEqualTo(unusual);
    }

    @Test
    void nothingSaidIsTheMeanCrossEntropy() {
        ObjectiveSettings usual = new ObjectiveOptions().settings();
        assertThat(usual.crossEntropy(vocabulary)).isEqualTo(CrossEntropy.MEAN);
        assertThat(usual.transform()).isEqualTo(LogitTransform.IDENTITY);
    }

    @Test
    void whatIsSaidIsMinimised() {
        CrossEntropy objective = unusual.crossEntropy(vocabulary);
        assertThat(objective.labelSmoothing()).isEqualTo(0.1);
        assertThat(objective.alongPath()).isTrue();
        assertThat(objective.zLoss()).isEqualTo(1e-4);
        assertThat(objective.ignores(vocabulary.id("the"))).isTrue();
        assertThat(objective.classWeight(vocabulary.id("cat")))
                .isGreaterThan(objective.classWeight(vocabulary.id("the")));
        assertThat(objective.margin()).isEqualTo(Margin.additiveAngular(0.5));
        assertThat(unusual.transform()).isEqualTo(new LogitTransform(30, 1.5));
        CrossEntropy inverse = parsed(List.of("--class-weights=inverse-frequency", "--focal=2", "--noise=0.1"))
                .crossEntropy(vocabulary);
        assertThat(inverse.classWeight(vocabulary.id("cat"))).isEqualTo(4 * inverse.classWeight(vocabulary.id("the")));
        assertThat(inverse.focal()).isEqualTo(2);
        assertThat(inverse.margin()).isEqualTo(Margin.noise(0.1));
        assertThat(parsed(List.of("--margin=0.2")).crossEntropy(vocabulary).margin())
                .isEqualTo(Margin.additive(0.2));
    }

    @Test
    void onlyAWordCanBeIgnored() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parsed(List.of("--ignore=dog")).crossEntropy(vocabulary))
                .withMessage("--ignore dog: is no word of the vocabulary");
        assertThat(parsed(List.of("--ignore=<unk>")).crossEntropy(vocabulary).ignores(vocabulary.unkId()))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "--label-smoothing=1; --label-smoothing 1.0: must be from 0 to below 1",
                "--temperature=0; --temperature 0.0: must be positive",
                "--soft-cap=-3; --soft-cap -3.0: must be positive",
                "--z-loss=-1; --z-loss -1.0: must be from 0",
                "--focal=NaN; --focal NaN: must be from 0",
                "--focal=2 --label-smoothing=0.1; --focal 2.0 with --label-smoothing 0.1: the focal loss is of hard labels",
                "--path-smoothing; --path-smoothing: needs --label-smoothing",
                "--beta=1; --beta 1.0: must be from 0 to below 1",
                "--angular-margin=4; --angular-margin 4.0: must be from 0 to below pi",
                "--margin=0.1 --noise=0.2; --margin 0.1 --angular-margin 0.0 --noise 0.2: must be one of them"
            })
    void refusesByOptionAndValue(String arguments, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parsed(List.of(arguments.split(" ", -1))))
                .withMessage(message);
    }

    private static ObjectiveSettings parsed(List<String> arguments) {
        ObjectiveOptions options = new ObjectiveOptions();
        CommandSpec command = CommandSpec.create().addMixin("objective", CommandSpec.forAnnotatedObject(options));
        new CommandLine(command).parseArgs(arguments.toArray(String[]::new));
        return options.settings();
    }

    private static Vocabulary vocabulary() {
        Vocabulary.Counter counter = new Vocabulary.Counter();
        List.of("the", "cat", "the", "the", "the").forEach(counter::add);
        return counter.build(1);
    }
}
