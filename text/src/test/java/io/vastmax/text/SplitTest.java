package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SplitTest {
    private static Document document(String name, long bytes) {
        return new Document(name, Path.of(name), null, bytes);
    }

    private static long bytes(List<Document> documents) {
        return documents.stream().mapToLong(Document::bytes).sum();
    }

    @Property(tries = 500)
    void givesEachDocumentToOnePartWhateverTheirOrder(
            @ForAll @Size(min = 3, max = 40) List<@LongRange(min = 1, max = 1000) Long> sizes,
            @ForAll long seed,
            @ForAll Random random) {
        List<Document> documents = new ArrayList<>();
        for (long size : sizes) {
            documents.add(document("file" + documents.size(), size));
        }
        Split split = Split.of(documents, seed);
        assertThat(Stream.of(split.train(), split.valid(), split.test()).flatMap(List::stream))
                .containsExactlyInAnyOrderElementsOf(documents);
        assertThat(split.train()).isNotEmpty();
        assertThat(split.valid()).isNotEmpty();
        assertThat(split.test()).isNotEmpty();

        List<Document> shuffled = new ArrayList<>(documents);
        Collections.shuffle(shuffled, random);
        assertThat(Split.of(shuffled, seed)).isEqualTo(split);
    }

    @Property(tries = 30)
    void isNinetyToFiveToFiveBySize(@ForAll long seed) {
        Random random = new Random(7);
        List<Document> documents = IntStream.range(0, 1000)
                .mapToObj(i -> document("file" + i, 1 + random.nextInt(1000)))
                .toList();
        Split split = Split.of(documents, seed);
        double total = bytes(documents);
        assertThat(bytes(split.train()) / total).isCloseTo(0.9, within(0.002));
        assertThat(bytes(split.valid()) / total).isCloseTo(0.05, within(0.002));
        assertThat(bytes(split.test()) / total).isCloseTo(0.05, within(0.002));
    }

    @Test
    void dependsOnTheSeed() {
        List<Document> documents =
                IntStream.range(0, 100).mapToObj(i -> document("file" + i, 10)).toList();
        assertThat(IntStream.range(0, 50)
                        .mapToObj(seed -> Split.of(documents, seed).test())
                        .distinct())
                .hasSize(50);
    }

    /** A model's test text must stay what it was: this fails if the split of the same files ever changes. */
    @Test
    void staysTheSame() {
        List<Document> documents =
                IntStream.range(0, 40).mapToObj(i -> document("file" + i, 10)).toList();
        Split split = Split.of(documents, 1);
        assertThat(split.valid().stream().map(Document::name)).containsExactly("file35", "file4");
        assertThat(split.test().stream().map(Document::name)).containsExactly("file15", "file2");
    }
}
