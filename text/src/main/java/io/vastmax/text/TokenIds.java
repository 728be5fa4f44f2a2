package io.vastmax.text;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/**
 * A text as token ids, outside the heap: 4 bytes a token in a memory-mapped temporary file, little-endian, which the
 * operating system pages in and out. So a text may be larger than the heap and than memory.
 *
 * <p>The file lies in {@code java.io.tmpdir} and is deleted on closing; where the operating system allows, as Linux and macOS
 * do, its name is gone from the start, so that a killed process leaves nothing behind.
 *
 * <p>Immutable, and safe for use by several threads until it is closed; afterwards reading throws
 * {@link IllegalStateException}.
 */
public final class TokenIds implements AutoCloseable {
    private static final ValueLayout.OfInt ID = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int WRITE_BUFFER = 1 << 18;

    private final MemorySegment ids;
    private final Arena arena;
    private final Closeable file;
    private final long size;

    private TokenIds(MemorySegment ids, Arena arena, Closeable file) {
        this.ids = ids;
        this.arena = arena;
        this.file = file;
        this.size = ids.byteSize() / Integer.BYTES;
    }

    /**
     * Encodes {@code text} in one reading: 4 bytes of disk for each token, and a buffer of memory.
     *
     * @throws MalformedTextException if the text is not UTF-8, with the position
     * @throws IOException if reading the text or writing the file fails
     */
    public static TokenIds encode(Text text, Vocabulary vocabulary) throws IOException {
        Path path = Files.createTempFile("vastmax-", ".ids");
        FileChannel file = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        try {
            ByteBuffer buffer = ByteBuffer.allocateDirect(WRITE_BUFFER).order(ByteOrder.LITTLE_ENDIAN);
            text.forEachToken(token -> {
                if (!buffer.hasRemaining()) {
                    drain(buffer, file);
                }
                buffer.putInt(vocabulary.id(token));
            });
            drain(buffer, file);
            Arena arena = Arena.ofShared();
            return new TokenIds(file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena), arena, file);
        } catch (IOException | RuntimeException | Error e) {
            try (file) {
                throw e;
            }
        }
    }

    private static void drain(ByteBuffer buffer, FileChannel file) throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
        buffer.clear();
    }

    /** The given ids, copied into memory outside the heap: for a short text that is already encoded. */
    public static TokenIds of(int... ids) {
        Arena arena = Arena.ofShared();
        MemorySegment copy = arena.allocate(ID, ids.length);
        MemorySegment.copy(ids, 0, copy, ID, 0, ids.length);
        return new TokenIds(copy, arena, () -> {});
    }

    /** The number of tokens. */
    public long size() {
        return size;
    }

    /**
     * The id at {@code position}.
     *
     * @throws IndexOutOfBoundsException if it is not in {@code 0..size() - 1}
     */
    public int get(long position) {
        if (position < 0 || position >= size) {
            throw new IndexOutOfBoundsException("position must be in 0..%d, not %d".formatted(size - 1, position));
        }
        return ids.getAtIndex(ID, position);
    }

    /**
     * Copies the ids at {@code from..from + length - 1} to {@code into[offset..offset + length - 1]}.
     *
     * @throws IndexOutOfBoundsException if either range is out of bounds
     */
    public void copy(long from, int[] into, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (from < 0 || from > size - length) {
            throw new IndexOutOfBoundsException(
                    "from must be in 0..%d for %d ids, not %d".formatted(size - length, length, from));
        }
        MemorySegment.copy(ids, ID, from * Integer.BYTES, into, offset, length);
    }

    /** Frees the memory and deletes the file. Closing again does nothing. */
    @Override
    public void close() throws IOException {
        if (arena.scope().isAlive()) {
            arena.close();
        }
        file.close();
    }
}
