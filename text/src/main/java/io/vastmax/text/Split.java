package io.vastmax.text;

import it.unimi.dsi.fastutil.HashCommon;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Documents split 90/5/5 by size, whole documents only: lines of one document resemble one another, so a split by line would
 * flatter a model.
 *
 * <p>The seed and the names put the documents into a random order; each goes to the part in which the middle of its bytes
 * falls. A part that this leaves empty, as few or very unequal documents can, takes the smallest document of the part with
 * the most documents. Within a part they stand in the order of their names. So the split depends on the seed and on names
 * and sizes, not on the order in which a file system lists them.
 */
record Split(List<Document> train, List<Document> valid, List<Document> test) {
    private static final double TRAIN = 0.9;
    private static final double VALID = 0.05;

    /** Splits at least three documents with distinct names, none of them empty. */
    static Split of(List<Document> documents, long seed) {
        assert documents.size() >= 3 : documents;
        Comparator<Document> byName = Comparator.comparing(Document::name);
        long mixedSeed = HashCommon.murmurHash3(seed);
        List<Document> shuffled = documents.stream()
                .sorted(Comparator.<Document>comparingLong(document -> HashCommon.murmurHash3(
                                mixedSeed + document.name().hashCode()))
                        .thenComparing(byName))
                .toList();
        double total = documents.stream().mapToLong(Document::bytes).sum();

        List<List<Document>> parts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        long before = 0;
        for (Document document : shuffled) {
            double middle = (before + document.bytes() / 2.0) / total;
            parts.get(middle < TRAIN ? 0 : middle < TRAIN + VALID ? 1 : 2).add(document);
            before += document.bytes();
        }
        for (List<Document> part : parts) {
            if (part.isEmpty()) {
                List<Document> giver =
                        parts.stream().max(Comparator.comparingInt(List::size)).orElseThrow();
                Document smallest = giver.stream()
                        .min(Comparator.comparingLong(Document::bytes))
                        .orElseThrow();
                giver.remove(smallest);
                part.add(smallest);
            }
        }
        parts.forEach(part -> part.sort(byName));
        return new Split(parts.get(0), parts.get(1), parts.get(2));
    }
}
