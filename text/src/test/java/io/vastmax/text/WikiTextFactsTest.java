package io.vastmax.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.vastmax.testkit.SharedData;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Holds the reading of text against what is published for WikiText-2. */
class WikiTextFactsTest {
    @Test
    void wikiText2HasItsPublishedCounts() throws IOException {
        Corpus corpus = Corpus.open(SharedData.find("wikitext-2"), 1);
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
}
