package io.vastmax.text;

import java.io.IOException;
import java.io.Reader;
import java.util.List;

/**
 * A text to train on or to evaluate: an ordered list of documents, read one after the other as tokens. Nothing is kept in
 * memory, each reading starts anew. Immutable and safe for use by several threads.
 */
public final class Text {
    private final List<Document> documents;
    private final Tokenizer tokenizer;

    Text(List<Document> documents, Tokenizer tokenizer) {
        this.documents = List.copyOf(documents);
        this.tokenizer = tokenizer;
    }

    /** The documents' names, in the order in which they are read. */
    public List<String> documents() {
        return documents.stream().map(Document::name).toList();
    }

    /** The documents' size together, as UTF-8. */
    public long bytes() {
        return documents.stream().mapToLong(Document::bytes).sum();
    }

    /**
     * Reads all documents.
     *
     * @throws MalformedTextException if a document is not UTF-8, with the position
     * @throws IOException if reading fails or {@code tokens} throws it
     */
    public void forEachToken(TokenConsumer tokens) throws IOException {
        try (Jars jars = new Jars()) {
            for (Document document : documents) {
                try (Reader reader = new Utf8Reader(document.open(jars), document.location())) {
                    tokenizer.tokenize(reader, tokens);
                }
            }
        }
    }
}
