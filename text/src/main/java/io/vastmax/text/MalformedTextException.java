package io.vastmax.text;

import java.io.IOException;
import java.io.Serial;

/** A document holds bytes that are not UTF-8. The message names the document, the byte offset, the line and the bytes. */
public final class MalformedTextException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String document;
    private final long offset;
    private final long line;

    MalformedTextException(String document, long offset, long line, String bytes) {
        super("%s is not UTF-8: malformed bytes %s at byte offset %d, line %d"
                .formatted(document, bytes, offset, line));
        this.document = document;
        this.offset = offset;
        this.line = line;
    }

    /** The file, or the jar and its entry. */
    public String document() {
        return document;
    }

    /** Where the malformed sequence begins, in bytes from the document's start. */
    public long offset() {
        return offset;
    }

    /** The line that holds it, counted from 1. */
    public long line() {
        return line;
    }
}
