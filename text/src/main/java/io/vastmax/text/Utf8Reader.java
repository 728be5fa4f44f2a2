package io.vastmax.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;

/**
 * Reads UTF-8 and refuses anything else with its position, where the JDK's readers replace it or say nothing of where it
 * was. A byte order mark at the start is skipped. Not thread-safe.
 */
final class Utf8Reader extends Reader {
    private static final int BUFFER = 1 << 16;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final InputStream in;
    private final String document;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER).flip();
    private final CharBuffer chars = CharBuffer.allocate(BUFFER).flip();
    private boolean endOfInput;
    /** Bytes decoded so far, and the line that follows them. */
    private long offset;

    private long line = 1;

    /**
     * Reads from {@code in}.
     *
     * @param in closed with this reader
     * @param document its name in an error
     */
    Utf8Reader(InputStream in, String document) {
        this.in = in;
        this.document = document;
    }

    /**
     * {@inheritDoc}
     *
     * @throws MalformedTextException if the bytes are not UTF-8
     */
    @Override
    public int read(char[] into, int from, int length) throws IOException {
        Objects.checkFromIndexSize(from, length, into.length);
        while (!chars.hasRemaining()) {
            if (endOfInput) {
                return -1;
            }
            decode();
        }
        int read = Math.min(length, chars.remaining());
        chars.get(into, from, read);
        return read;
    }

    private void decode() throws IOException {
        bytes.compact();
        int read = in.read(bytes.array(), bytes.position(), bytes.remaining());
        endOfInput = read < 0;
        bytes.position(bytes.position() + Math.max(read, 0)).flip();
        boolean start = offset == 0;
        int from = bytes.position();
        chars.clear();
        CoderResult result = decoder.decode(bytes, chars, endOfInput);
        chars.flip();
        for (int i = from; i < bytes.position(); i++) {
            if (bytes.get(i) == '\n') {
                line++;
            }
        }
        offset += bytes.position() - from;
        if (result.isError()) {
            byte[] malformed = new byte[result.length()];
            bytes.get(malformed);
            throw new MalformedTextException(
                    document,
                    offset,
                    line,
                    HexFormat.ofDelimiter(" ").withUpperCase().formatHex(malformed));
        }
        if (start && chars.hasRemaining() && chars.get(chars.position()) == BYTE_ORDER_MARK) {
            chars.get();
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
