package io.vastmax.bench;

import io.vastmax.text.Corpus;
import io.vastmax.text.Text;
import io.vastmax.text.TokenIds;
import io.vastmax.text.Vocabulary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * How often each class occurs, the most frequent first: what targets are drawn from, and what trees are built and clusters
 * are cut for. Immutable.
 */
final class Frequencies {
    /** Of the first class under Zipf's law: enough that the counts of a million classes differ as it says. */
    private static final long MOST = 1_000_000_000;

    private static @Nullable Frequencies ofCorpus;

    private final String source;
    private final long[] counts;

    private final @Nullable Text text;

    private Frequencies(String source, long[] counts, @Nullable Text text) {
        this.source = source;
        this.counts = counts;
        this.text = text;
    }

    /** The corpus's, if one was given; else Zipf's law over so many classes. */
    static Frequencies given(int classes) {
        Path corpus = Given.corpus();
        return corpus == null ? zipf(classes) : ofCorpus(corpus);
    }

    /** Of so many classes: the corpus's, if one was given that has as many; else Zipf's law. */
    static Frequencies of(int classes) {
        Frequencies given = given(classes);
        return given.classes() == classes ? given : zipf(classes);
    }

    /** Class i in proportion to {@code 1 / (i + 1)}. */
    static Frequencies zipf(int classes) {
        long[] counts = new long[classes];
        Arrays.setAll(counts, i -> Math.max(1, MOST / (i + 1)));
        return new Frequencies("Zipf's law, p(i) ~ 1 / (i + 1)", counts, null);
    }

    /** The words of a corpus's training text. */
    private static synchronized Frequencies ofCorpus(Path path) {
        if (ofCorpus == null) {
            Vocabulary.Counter counter = new Vocabulary.Counter();
            try {
                Corpus corpus = Corpus.open(path, 0);
                corpus.train().forEachToken(counter::add);
                ofCorpus = new Frequencies(
                        "the unigram distribution of " + corpus.name(),
                        counter.build(1).counts(),
                        corpus.train());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return ofCorpus;
    }

    /** Where the counts come from, in words. */
    String source() {
        return source;
    }

    /** The number of classes. */
    int classes() {
        return counts.length;
    }

    /** The counts, falling. A new array. */
    long[] counts() {
        return counts.clone();
    }

    /** Draws classes in proportion to their counts: the same each time. */
    int[] draw(int n) {
        long[] upTo = counts.clone();
        Arrays.parallelPrefix(upTo, Math::addExact);
        SplittableRandom random = new SplittableRandom(3);
        int[] drawn = new int[n];
        for (int i = 0; i < n; i++) {
            int at = Arrays.binarySearch(upTo, random.nextLong(upTo[upTo.length - 1]) + 1);
            drawn[i] = at < 0 ? -at - 1 : at;
        }
        return drawn;
    }

    /** The first classes of the corpus's training text; drawn, where there is none. */
    int[] text(int n) {
        if (text == null) {
            return draw(n);
        }
        try {
            Vocabulary.Counter counter = new Vocabulary.Counter();
            text.forEachToken(counter::add);
            try (TokenIds ids = TokenIds.encode(text, counter.build(1))) {
                int[] first = new int[n];
                ids.copy(0, first, 0, n);
                return first;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
