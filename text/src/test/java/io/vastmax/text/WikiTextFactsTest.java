package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Holds the reading of text against what is published for WikiText-2. */
class WikiTextFactsTest {
    @Test
    void wikiText2HasItsPublishedCounts() throws IOException {
        Path folder = data().resolve("wikitext-2");
        assumeTrue(Files.isDirectory(folder), "WikiText-2 is absent: " + folder);
        Corpus corpus = Corpus.open(folder, 1);
        Vocabulary.Counter counter = new Vocabulary.Counter();
        corpus.train().forEachToken(counter::add);
        assertThat(counter.total()).isEqualTo(2_088_628);
        assertThat(counter.distinct()).isEqualTo(33_278);

        Vocabulary vocabulary = counter.build(1);
        assertThat(vocabulary.size()).isEqualTo(33_278);
        assertThat(vocabulary.count(vocabulary.unkId())).isEqualTo(54_625);
        assertThat(vocabulary.count(vocabulary.eosId())).isEqualTo(36_718);
        assertThat(size(corpus.train(), vocabulary)).isEqualTo(2_088_628);
        assertThat(size(corpus.valid(), vocabulary)).isEqualTo(217_646);
        assertThat(size(corpus.test(), vocabulary)).isEqualTo(245_569);
    }

    private static long size(Text text, Vocabulary vocabulary) throws IOException {
        try (TokenIds ids = TokenIds.encode(text, vocabulary)) {
            return ids.size();
        }
    }

    /** {@code VASTMAX_DATA}, or {@code ../shared/data} beside the project. */
    private static Path data() {
        String given = System.getenv("VASTMAX_DATA");
        if (given != null) {
            return Path.of(given);
        }
        @Nullable Path root = Path.of("").toAbsolutePath();
        while (root != null && !Files.isDirectory(root.resolve(".mvn"))) {
            root = root.getParent();
        }
        if (root == null) {
            return abort("VASTMAX_DATA is not set, and the project's root was not found above the working directory");
        }
        return root.resolveSibling("shared").resolve("data");
    }
}
