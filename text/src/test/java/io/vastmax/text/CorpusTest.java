package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CorpusTest {
    @TempDir
    Path folder;

    private void write(String name, String content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private void jar(String name, Map<String, String> entries) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(folder.resolve(name)))) {
            for (Map.Entry<String, String> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue().getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        }
    }

    private static List<String> allDocuments(Corpus corpus) {
        List<String> names = new ArrayList<>(corpus.train().documents());
        names.addAll(corpus.valid().documents());
        names.addAll(corpus.test().documents());
        return names;
    }

    @ParameterizedTest
    @CsvSource({
        "train.txt, valid.txt, test.txt",
        "wiki.train.tokens, wiki.valid.tokens, wiki.test.tokens",
        "wiki.train.raw, valid, ptb.test.txt",
    })
    void takesThePartsThatAFolderNames(String train, String valid, String test) throws IOException {
        write(train, "a b\n");
        write(valid, "c\n");
        write(test, "d");
        write("README.md", "not read");
        write("test-notes.txt", "not read");
        write(".train.txt.swp", "not read");
        Corpus corpus = Corpus.open(folder, 1);
        assertThat(Tokens.of(corpus.train())).containsExactly("a", "b", "<eos>");
        assertThat(Tokens.of(corpus.valid())).containsExactly("c", "<eos>");
        assertThat(Tokens.of(corpus.test())).containsExactly("d", "<eos>");
        assertThat(corpus.name()).isEqualTo(String.valueOf(folder.getFileName()));
        assertThat(corpus.isTrainable()).isTrue();
        assertThat(corpus.train().bytes()).isEqualTo(4);
    }

    @Test
    void takesPartsThatAreFolders() throws IOException {
        write("train/b.txt", "b");
        write("train/a.txt", "a");
        write("valid/c.txt", "c");
        write("test/deep/d.txt", "d");
        Corpus corpus = Corpus.open(folder, 1);
        assertThat(corpus.train().documents()).containsExactly("a.txt", "b.txt");
        assertThat(Tokens.of(corpus.train())).containsExactly("a", "<eos>", "b", "<eos>");
        assertThat(corpus.test().documents()).containsExactly("deep/d.txt");
    }

    @Test
    void splitsAnyOtherFolderByFile() throws IOException {
        List<String> names = List.of("a.txt", "b.md", "deep/c.txt", "deep/er/d");
        for (String name : names) {
            write(name, "text of " + name);
        }
        write(".git/config", "not read");
        write("empty.txt", "");
        Corpus corpus = Corpus.open(folder, 1);
        assertThat(allDocuments(corpus)).containsExactlyInAnyOrderElementsOf(names);
        assertThat(corpus.train().documents()).hasSize(2);
        assertThat(corpus.valid().documents()).hasSize(1);
        assertThat(corpus.test().documents()).hasSize(1);
    }

    @Test
    void takesASingleFileAsTestTextOnly() throws IOException {
        write("some.txt", "a\nb");
        Corpus corpus = Corpus.open(folder.resolve("some.txt"), 1);
        assertThat(Tokens.of(corpus.test())).containsExactly("a", "<eos>", "b", "<eos>");
        assertThat(corpus.name()).isEqualTo("some.txt");
        assertThat(corpus.isTrainable()).isFalse();
        assertThatThrownBy(corpus::train)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("some.txt is a single file and has no train part: give a folder which holds train.txt, "
                        + "valid.txt and test.txt, or at least three text files");
        assertThatThrownBy(corpus::valid).hasMessageStartingWith("some.txt is a single file and has no valid part");
    }

    @Test
    void refusesWhatIsNotThere() {
        Path missing = folder.resolve("missing");
        assertThatIOException()
                .isThrownBy(() -> Corpus.open(missing, 1))
                .withMessage("no such file or folder: " + missing);
        assertThatIOException()
                .isThrownBy(() -> Corpus.javaSources(missing, 1))
                .withMessage("no such folder: " + missing);
        assertThatIOException()
                .isThrownBy(() -> Corpus.javaSources(folder, 1))
                .withMessage("there is no *.jar in " + folder);
    }

    @Test
    void refusesFoldersThatHoldTooLittle() throws IOException {
        assertThatIOException()
                .isThrownBy(() -> Corpus.open(folder, 1))
                .withMessageStartingWith(
                        folder + " holds no text to split by file: give a folder which holds train.txt");
        write("a.txt", "a");
        write("b.txt", "b");
        write("c.txt", "");
        assertThatIOException()
                .isThrownBy(() -> Corpus.open(folder, 1))
                .withMessageStartingWith(folder + " holds only 2 file(s) of text to split by file: give");
    }

    @Test
    void refusesPartsThatAreMissingEmptyOrDouble() throws IOException {
        write("train.txt", "");
        write("test.txt", "a");
        assertThatIOException()
                .isThrownBy(() -> Corpus.open(folder, 1))
                .withMessage(folder + " has an empty train part: [train.txt]");
        write("train.txt", "a");
        assertThatIOException()
                .isThrownBy(() -> Corpus.open(folder, 1))
                .withMessage(folder + " has no valid part: add valid.txt");
        write("wiki.valid.tokens", "a");
        write("valid.txt", "a");
        assertThatIOException()
                .isThrownBy(() -> Corpus.open(folder, 1))
                .withMessage(folder + " holds two valid parts, valid.txt and wiki.valid.tokens: which one is meant?");
    }

    @Test
    void refusesAnEmptyFile() throws IOException {
        write("some.txt", "");
        assertThatIOException()
                .isThrownBy(() -> Corpus.open(folder.resolve("some.txt"), 1))
                .withMessageEndingWith("some.txt has an empty test part: [some.txt]");
    }

    @Test
    void refusesMalformedTextByItsFileAndPosition() throws IOException {
        Path file = Files.write(folder.resolve("some.txt"), new byte[] {'a', '\n', 'b', (byte) 0xE4, '\n'});
        Text text = Corpus.open(file, 1).test();
        assertThatThrownBy(() -> Tokens.of(text))
                .isInstanceOf(MalformedTextException.class)
                .hasMessage(file + " is not UTF-8: malformed bytes E4 at byte offset 3, line 2");
    }

    @Test
    void readsJavaSourcesOutOfJars() throws IOException {
        jar(
                "one-sources.jar",
                Map.of(
                        "a/A.java", "/* Licence */\npackage a;\n",
                        "a/B.java", "/* Licence */\npackage a;\n",
                        "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n"));
        jar("two-sources.jar", Map.of("a/A.java", "// Licence\npackage a;\n", "a/Empty.java", ""));
        write("notes.txt", "not read");
        Corpus corpus = Corpus.javaSources(folder, 1);
        assertThat(allDocuments(corpus))
                .containsExactlyInAnyOrder(
                        "one-sources.jar!/a/A.java", "one-sources.jar!/a/B.java", "two-sources.jar!/a/A.java");
        for (Text text : List.of(corpus.train(), corpus.valid(), corpus.test())) {
            assertThat(Tokens.of(text)).containsExactly("package", "a", ";", "<eos>");
        }
        assertThat(corpus.tokenizer().name()).isEqualTo("java");
    }

    @Test
    void refusesAJarThatIsNone() throws IOException {
        write("broken.jar", "not a zip");
        assertThatIOException()
                .isThrownBy(() -> Corpus.javaSources(folder, 1))
                .withMessageStartingWith(folder.resolve("broken.jar") + " is not a jar: ");
    }
}
