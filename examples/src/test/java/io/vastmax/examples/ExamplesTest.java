package io.vastmax.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples run, on a text that is always there, and are what the page says. */
class ExamplesTest {
    private static final Path ROOT = Path.of("..");
    private static final Path SOURCES = Path.of("src", "main", "java", "io", "vastmax", "examples");

    /** What a model has that knows no more than that there are a thousand words. */
    private static final double GUESSING = 1000;

    @TempDir
    private static Path folder;

    /** Our own pages, some ten thousand words. */
    @BeforeAll
    static void write() throws IOException {
        StringBuilder train = new StringBuilder();
        for (String page : List.of("docs/decisions.md", "docs/sampling.md", "docs/objectives.md", "docs/cli.md")) {
            train.append(Files.readString(ROOT.resolve(page)));
        }
        Files.writeString(folder.resolve("train.txt"), train);
        Files.writeString(folder.resolve("valid.txt"), Files.readString(ROOT.resolve("README.md")));
        Files.writeString(folder.resolve("test.txt"), "None.\n");
    }

    @Test
    void theLstmLearns() throws Exception {
        double before = LstmLanguageModel.run(folder, folder.resolve("one"), 1);
        assertThat(before).isLessThan(GUESSING / 5);
        assertThat(LstmLanguageModel.run(folder, folder.resolve("four"), 4)).isLessThan(0.9 * before);
        try (Stream<Path> saved = Files.list(folder.resolve("four"))) {
            assertThat(saved).hasSize(1);
        }
    }

    @Test
    void theTransformerLearns() throws Exception {
        double before = TransformerLanguageModel.run(folder, 1);
        assertThat(before).isLessThan(GUESSING / 5);
        assertThat(TransformerLanguageModel.run(folder, 4)).isLessThan(0.97 * before);
    }

    @Test
    void theClassifierFindsOneOfTenThousand() throws Exception {
        assertThat(LargeClassifier.run(4)).isGreaterThan(0.6);
    }

    /** The page shows each as it stands. */
    @ParameterizedTest
    @ValueSource(strings = {"LstmLanguageModel", "LargeClassifier", "TransformerLanguageModel"})
    void thePageShowsThem(String name) throws IOException {
        String source = Files.readString(SOURCES.resolve(name + ".java"));
        assertThat(source.lines().count()).isLessThan(100);
        String code = source.substring(source.indexOf("/**"));
        assertThat(Files.readString(ROOT.resolve("docs/djl.md"))).contains("```java\n" + code + "```");
    }
}
