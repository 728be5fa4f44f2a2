package io.vastmax.text;

import it.unimi.dsi.fastutil.objects.Object2IntOpenHashMap;
import it.unimi.dsi.fastutil.objects.Object2LongMap;
import it.unimi.dsi.fastutil.objects.Object2LongOpenHashMap;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The distinct tokens of a text, numbered from 0 by falling frequency. {@link #UNK}, which stands for every token outside the
 * vocabulary, and {@link #EOS} are always among them.
 *
 * <p>A vocabulary that was counted knows how often each token occurs. {@link #write} keeps the tokens only; a model that needs
 * the counts keeps them beside its weights and gives them back by {@link #withCounts}. Immutable and safe for use by several
 * threads.
 */
public final class Vocabulary {
    /** Stands for every token outside the vocabulary, in WikiText's own files too. */
    public static final String UNK = "<unk>";

    /** Ends a line. */
    public static final String EOS = "<eos>";

    private final List<String> tokens;
    private final Object2IntOpenHashMap<String> ids;
    private final int unk;
    private final int eos;
    private final long @Nullable [] counts;

    private Vocabulary(List<String> tokens, long @Nullable [] counts, IntFunction<String> place) {
        this.tokens = List.copyOf(tokens);
        this.counts = counts;
        ids = new Object2IntOpenHashMap<>(tokens.size());
        ids.defaultReturnValue(-1);
        for (int id = 0; id < tokens.size(); id++) {
            String token = tokens.get(id);
            if (token.isEmpty()) {
                throw new IllegalArgumentException(place.apply(id) + " is empty");
            }
            if (WhiteSpace.isIn(token)) {
                throw new IllegalArgumentException("%s, \"%s\", holds white space".formatted(place.apply(id), token));
            }
            int earlier = ids.putIfAbsent(token, id);
            if (earlier >= 0) {
                throw new IllegalArgumentException(
                        "%s repeats \"%s\" of %s".formatted(place.apply(id), token, place.apply(earlier)));
            }
        }
        unk = required(UNK);
        eos = required(EOS);
        ids.defaultReturnValue(unk);
    }

    private Vocabulary(Vocabulary other, long[] counts) {
        tokens = other.tokens;
        ids = other.ids;
        unk = other.unk;
        eos = other.eos;
        this.counts = counts;
    }

    private int required(String token) {
        int id = ids.getInt(token);
        if (id < 0) {
            throw new IllegalArgumentException("the vocabulary has no %s".formatted(token));
        }
        return id;
    }

    /**
     * A vocabulary of the given tokens, in which a token's id is its place. It has no counts.
     *
     * @throws IllegalArgumentException if a token is empty, holds white space or comes twice, or {@link #UNK} or {@link #EOS}
     *     is missing
     */
    public static Vocabulary of(List<String> tokens) {
        return new Vocabulary(tokens, null, id -> "token " + id);
    }

    /**
     * Reads what {@link #write} wrote: UTF-8, one token a line; the first line is id 0. It has no counts.
     *
     * @throws IOException if the file cannot be read, is not UTF-8, or its tokens are refused as {@link #of} does, with the
     *     line's number, from 1
     */
    public static Vocabulary read(Path file) throws IOException {
        List<String> tokens = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(new Utf8Reader(Files.newInputStream(file), file.toString()))) {
            for (String line; (line = lines.readLine()) != null; ) {
                tokens.add(line);
            }
        }
        try {
            return new Vocabulary(tokens, null, id -> "line " + (id + 1));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** Writes the tokens to {@code file}, replacing it: UTF-8, one a line, in the order of their ids. */
    public void write(Path file) throws IOException {
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (String token : tokens) {
                writer.write(token);
                writer.write('\n');
            }
        }
    }

    /**
     * This vocabulary with the given counts.
     *
     * @param counts of each id, none negative; copied
     * @throws IllegalArgumentException if there are not {@link #size} counts or one is negative
     */
    public Vocabulary withCounts(long[] counts) {
        if (counts.length != size()) {
            throw new IllegalArgumentException(
                    "counts must hold one for each of the %d tokens, not %d".formatted(size(), counts.length));
        }
        for (int id = 0; id < counts.length; id++) {
            if (counts[id] < 0) {
                throw new IllegalArgumentException("counts[%d] is negative: %d".formatted(id, counts[id]));
            }
        }
        return new Vocabulary(this, counts.clone());
    }

    /** The number of tokens, {@link #UNK} and {@link #EOS} included. */
    public int size() {
        return tokens.size();
    }

    /** The id of {@code token}; {@link #unkId} if it is not in the vocabulary. */
    public int id(String token) {
        return ids.getInt(token);
    }

    /**
     * The token of {@code id}.
     *
     * @throws IndexOutOfBoundsException if there is none
     */
    public String token(int id) {
        return tokens.get(checkId(id));
    }

    /** All tokens in the order of their ids. Unmodifiable. */
    public List<String> tokens() {
        return tokens;
    }

    /** The id of {@link #UNK}. */
    public int unkId() {
        return unk;
    }

    /** The id of {@link #EOS}. */
    public int eosId() {
        return eos;
    }

    /** Whether the counts are known. */
    public boolean hasCounts() {
        return counts != null;
    }

    /**
     * How often {@code id} occurs in the text that was counted.
     *
     * @throws IndexOutOfBoundsException if there is no such id
     * @throws IllegalStateException if the counts are not known
     */
    public long count(int id) {
        return knownCounts()[checkId(id)];
    }

    /**
     * How often each id occurs in the text that was counted, as a new array.
     *
     * @throws IllegalStateException if the counts are not known
     */
    public long[] counts() {
        return knownCounts().clone();
    }

    private long[] knownCounts() {
        if (counts == null) {
            throw new IllegalStateException("this vocabulary of %d tokens has no counts".formatted(size()));
        }
        return counts;
    }

    private int checkId(int id) {
        if (id < 0 || id >= size()) {
            throw new IndexOutOfBoundsException(
                    "id must be in 0..%d, the vocabulary's, not %d".formatted(size() - 1, id));
        }
        return id;
    }

    /** Counts tokens and makes a vocabulary of those that occur often enough. Mutable and not thread-safe. */
    public static final class Counter {
        private final Object2LongOpenHashMap<String> counts = new Object2LongOpenHashMap<>();
        private long total;

        /** A counter that has seen nothing. */
        public Counter() {}

        /** Counts one occurrence of {@code token}. */
        public void add(String token) {
            counts.addTo(token, 1);
            total++;
        }

        /** How many tokens were added. */
        public long total() {
            return total;
        }

        /** How many distinct tokens were added. */
        public int distinct() {
            return counts.size();
        }

        /** As {@link #build(long, int)}, of any size. */
        public Vocabulary build(long minCount) {
            return build(minCount, Integer.MAX_VALUE);
        }

        /**
         * The vocabulary of the tokens that occur at least {@code minCount} times, the {@code maxSize} most frequent of them.
         * {@link Vocabulary#UNK} and {@link Vocabulary#EOS} are in it in any case; the occurrences of what is left out are
         * {@code UNK}'s. Ids follow falling counts, and among equal counts the tokens' own order, so that the order of the
         * documents does not matter. The counter can go on counting afterwards.
         *
         * @param minCount at least 1
         * @param maxSize at least 2
         * @throws IllegalArgumentException if an argument is out of its range, or a token is empty or holds white space
         */
        public Vocabulary build(long minCount, int maxSize) {
            if (minCount < 1) {
                throw new IllegalArgumentException("minCount must be at least 1, not " + minCount);
            }
            if (maxSize < 2) {
                throw new IllegalArgumentException(
                        "maxSize must be at least 2, for %s and %s, not %d".formatted(UNK, EOS, maxSize));
            }
            List<Counted> words = new ArrayList<>(counts.size());
            for (Object2LongMap.Entry<String> entry : counts.object2LongEntrySet()) {
                String token = entry.getKey();
                if (entry.getLongValue() >= minCount && !token.equals(UNK) && !token.equals(EOS)) {
                    words.add(new Counted(token, entry.getLongValue()));
                }
            }
            words.sort(Counted.BY_FALLING_COUNT);
            List<Counted> kept = new ArrayList<>(words.subList(0, Math.min(words.size(), maxSize - 2)));
            kept.add(new Counted(EOS, counts.getLong(EOS)));
            kept.add(new Counted(
                    UNK, total - kept.stream().mapToLong(Counted::count).sum()));
            kept.sort(Counted.BY_FALLING_COUNT);
            return new Vocabulary(
                    kept.stream().map(Counted::token).toList(),
                    kept.stream().mapToLong(Counted::count).toArray(),
                    id -> "token " + id);
        }
    }

    private record Counted(String token, long count) {
        static final Comparator<Counted> BY_FALLING_COUNT =
                Comparator.comparingLong(Counted::count).reversed().thenComparing(Counted::token);
    }
}
