package io.vastmax.text;

import java.nio.file.Path;

/** The process that {@link TokenIdsTest} starts: counts and encodes a text. */
final class EncodeInSmallHeap {
    private EncodeInSmallHeap() {}

    public static void main(String[] arguments) throws Exception {
        Text text = Corpus.open(Path.of(arguments[0]), 1).test();
        Vocabulary.Counter counter = new Vocabulary.Counter();
        text.forEachToken(counter::add);
        Vocabulary vocabulary = counter.build(1);
        try (TokenIds ids = TokenIds.encode(text, vocabulary)) {
            System.out.printf(
                    "%d tokens, %d words, the last one is %s%n",
                    ids.size(), vocabulary.size(), vocabulary.token(ids.get(ids.size() - 1)));
        }
    }
}
