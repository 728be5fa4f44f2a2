package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenIdsTest {
    @TempDir
    Path folder;

    private Text text(String content) throws IOException {
        return Corpus.open(Files.writeString(folder.resolve("some.txt"), content), 1)
                .test();
    }

    @Test
    void encodesEachTokenInItsOrder() throws IOException {
        Vocabulary vocabulary = Vocabulary.of(List.of("<unk>", "<eos>", "a", "b"));
        try (TokenIds ids = TokenIds.encode(text("b a c\n\na"), vocabulary)) {
            int[] all = new int[10];
            ids.copy(0, all, 1, (int) ids.size());
            assertThat(all).containsExactly(0, 3, 2, 0, 1, 1, 2, 1, 0, 0);
            assertThat(ids.get(0)).isEqualTo(3);
            assertThat(ids.get(6)).isEqualTo(1);
        }
    }

    @Test
    void encodesMoreThanItsBuffer() throws IOException {
        Vocabulary vocabulary = Vocabulary.of(List.of("<unk>", "<eos>", "a", "b"));
        try (TokenIds ids = TokenIds.encode(text("a b\n".repeat(100_000)), vocabulary)) {
            assertThat(ids.size()).isEqualTo(300_000);
            for (int i = 0; i < 300_000; i++) {
                assertThat(ids.get(i)).isEqualTo(i % 3 == 2 ? 1 : i % 3 + 2);
            }
        }
    }

    @Test
    void encodesATextWithoutTokens() throws IOException {
        Path file = Files.writeString(folder.resolve("A.java"), "/* all header */");
        Text text = Corpus.open(file, new JavaTokenizer(), 1).test();
        try (TokenIds ids = TokenIds.encode(text, Vocabulary.of(List.of("<unk>", "<eos>")))) {
            assertThat(ids.size()).isZero();
        }
    }

    @Test
    void refusesPositionsOutOfRange() throws IOException {
        try (TokenIds ids = TokenIds.of(5, 6, 7)) {
            assertThat(ids.get(2)).isEqualTo(7);
            assertThatThrownBy(() -> ids.get(3))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("position must be in 0..2, not 3");
            assertThatThrownBy(() -> ids.get(-1)).hasMessage("position must be in 0..2, not -1");
            assertThatThrownBy(() -> ids.copy(2, new int[5], 0, 2)).hasMessage("from must be in 0..1 for 2 ids, not 2");
            assertThatThrownBy(() -> ids.copy(0, new int[2], 1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void refusesToReadOnceClosed() throws IOException {
        Vocabulary vocabulary = Vocabulary.of(List.of("<unk>", "<eos>"));
        TokenIds ids = TokenIds.encode(text("a"), vocabulary);
        ids.close();
        ids.close();
        assertThatThrownBy(() -> ids.get(0)).isInstanceOf(IllegalStateException.class);
    }

    /** 48 MB of text with 12 million tokens, whose ids are 48 MB too, counted and encoded by a JVM with 16 MB of heap. */
    @Test
    void needsNoHeapForTheText() throws Exception {
        Path file = folder.resolve("long.txt");
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (int line = 0; line < 1_000_000; line++) {
                writer.write("the cat sat on the mat and it saw word%04d of it\n".formatted(line % 10_000));
            }
        }
        assertThat(Files.size(file)).isGreaterThan(45_000_000);
        String classPath = String.join(
                System.getProperty("path.separator"),
                root(EncodeInSmallHeap.class),
                root(TokenIds.class),
                root(it.unimi.dsi.fastutil.objects.Object2IntOpenHashMap.class));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx16m",
                        "-cp",
                        classPath,
                        EncodeInSmallHeap.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        try {
            String output =
                    new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(output.strip()).isEqualTo("13000000 tokens, 10011 words, the last one is <eos>");
        } finally {
            process.destroyForcibly();
        }
    }

    /** The folder or jar from which a class was loaded, also where a module was patched with it. */
    private static String root(Class<?> type) {
        String name = type.getName().replace('.', '/') + ".class";
        String url = String.valueOf(type.getResource("/" + name));
        String root = url.substring(0, url.length() - name.length());
        return Path.of(URI.create(root.startsWith("jar:") ? root.substring(4, root.length() - 2) : root))
                .toString();
    }
}
