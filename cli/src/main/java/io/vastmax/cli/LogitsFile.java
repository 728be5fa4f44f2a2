package io.vastmax.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.util.passthrough.PassthroughNDManager;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vastmax.sampling.Logits;
import io.vastmax.sampling.Logits.Format;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A file of logits, one row or several: raw little-endian 32-bit floats; NumPy's {@code .npy} (float16, float32, float64; the
 * last dimension is the vocabulary); or a JSON array of numbers or of rows, in which {@code -Infinity} masks a token. Which
 * it is shows in its first bytes.
 */
final class LogitsFile {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();
    private static final byte[] NUMPY = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final byte[] MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
    private static final byte[] ZIP = {'P', 'K', 3, 4};

    private LogitsFile() {}

    /**
     * Reads a row.
     *
     * @param file its path; {@code -} for standard input
     * @param row which, from 0
     * @param vocabulary how many numbers a row of a raw file has, or null for one row; other files know it, and must agree
     * @throws IllegalArgumentException if the file holds something else, or no such row
     */
    static Logits read(String file, int row, @Nullable Integer vocabulary) throws IOException {
        Rows rows = rows(file, vocabulary);
        if (vocabulary != null && vocabulary != rows.columns) {
            throw new IllegalArgumentException(
                    file + ": its rows hold " + rows.columns + " logits, but --vocab-size is " + vocabulary);
        }
        if (row < 0 || row >= rows.count()) {
            throw new IllegalArgumentException("--row " + row + ": " + file + " has " + rows.count()
                    + (rows.count() == 1 ? " row" : " rows, the first is 0")
                    + (rows.raw && vocabulary == null ? " unless --vocab-size says how long one is" : ""));
        }
        return rows.row(row);
    }

    /** Reads logits to be held beside others: the same row, or the only one. */
    static Logits readBeside(String file, int row, int size) throws IOException {
        Rows rows = rows(file, size);
        if (rows.columns != size) {
            throw new IllegalArgumentException(
                    file + ": its rows hold " + rows.columns + " logits, must be " + size + " as beside them");
        }
        return rows.row(rows.count() == 1 ? 0 : Objects.checkIndex(row, rows.count()));
    }

    private static Rows rows(String file, @Nullable Integer vocabulary) throws IOException {
        byte[] bytes = bytes(file);
        if (bytes.length == 0) {
            throw new IllegalArgumentException(file + ": is empty; standard input can be read once only");
        }
        if (startsWith(bytes, NUMPY)) {
            return numpy(file, bytes);
        }
        if (isText(bytes)) {
            return json(file, bytes);
        }
        if (startsWith(bytes, ZIP)) {
            throw new IllegalArgumentException(file + ": is a zip archive, such as .npz; must be .npy");
        }
        return raw(file, bytes, vocabulary);
    }

    private static byte[] bytes(String file) throws IOException {
        if (file.equals("-")) {
            return System.in.readAllBytes();
        }
        if (Files.isDirectory(Path.of(file))) {
            throw new IllegalArgumentException(file + ": is a folder; must be a file of logits");
        }
        return Files.readAllBytes(Path.of(file));
    }

    /** Rows that follow each other. */
    private record Rows(ByteBuffer bytes, Format format, int columns, boolean raw) {
        int count() {
            return bytes.remaining() / format.bytes() / columns;
        }

        Logits row(int row) {
            ByteBuffer slice = bytes.slice(row * columns * format.bytes(), columns * format.bytes())
                    .order(bytes.order());
            return format == Format.FLOAT32
                    ? Logits.of(slice.asFloatBuffer())
                    : Logits.of(slice.asShortBuffer(), format);
        }
    }

    private static Rows raw(String file, byte[] bytes, @Nullable Integer vocabulary) {
        if (bytes.length % Float.BYTES != 0) {
            throw new IllegalArgumentException(file + ": " + bytes.length
                    + " bytes are not a whole number of 32-bit floats, and neither .npy nor a JSON array");
        }
        int numbers = bytes.length / Float.BYTES;
        int columns = vocabulary == null ? numbers : vocabulary;
        if (columns < 1) {
            throw new IllegalArgumentException("--vocab-size " + columns + ": must be positive");
        }
        if (numbers % columns != 0) {
            throw new IllegalArgumentException(
                    "--vocab-size " + columns + ": " + file + " holds " + numbers + " floats, no multiple of it");
        }
        return new Rows(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), Format.FLOAT32, columns, true);
    }

    private static Rows numpy(String file, byte[] bytes) throws IOException {
        NDArray array;
        try {
            array = NDList.decode(PassthroughNDManager.INSTANCE, new ByteArrayInputStream(bytes))
                    .get(0);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    file + ": no whole .npy file of numbers in C order: " + e.getMessage(), e);
        }
        if (array.getShape().dimension() == 0 || array.getShape().size() == 0) {
            throw new IllegalArgumentException(file + ": an array of shape " + array.getShape() + " has no logits");
        }
        int columns = Math.toIntExact(array.getShape().tail());
        ByteBuffer data = array.toByteBuffer();
        return switch (array.getDataType()) {
            case FLOAT32 -> new Rows(data, Format.FLOAT32, columns, false);
            case FLOAT16 -> new Rows(data, Format.FLOAT16, columns, false);
            case FLOAT64 -> new Rows(narrowed(data.asDoubleBuffer()), Format.FLOAT32, columns, false);
            default ->
                throw new IllegalArgumentException(
                        file + ": " + array.getDataType() + " numbers; must be float16, float32 or float64");
        };
    }

    private static ByteBuffer narrowed(DoubleBuffer numbers) {
        ByteBuffer floats =
                ByteBuffer.allocate(numbers.remaining() * Float.BYTES).order(ByteOrder.nativeOrder());
        while (numbers.hasRemaining()) {
            floats.putFloat((float) numbers.get());
        }
        return floats.flip();
    }

    private static Rows json(String file, byte[] bytes) throws IOException {
        JsonNode array;
        try {
            array = JSON.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(file + ": not a JSON array of numbers: " + e.getOriginalMessage(), e);
        }
        if (!array.isArray() || array.isEmpty()) {
            throw new IllegalArgumentException(file + ": not a JSON array of numbers, or empty");
        }
        boolean several = array.size() > 0 && array.get(0).isArray();
        int count = several ? array.size() : 1;
        int columns = several ? array.get(0).size() : array.size();
        ByteBuffer floats = ByteBuffer.allocate(count * columns * Float.BYTES).order(ByteOrder.nativeOrder());
        for (int r = 0; r < count; r++) {
            JsonNode row = several ? array.get(r) : array;
            if (!row.isArray() || row.size() != columns || columns == 0) {
                throw new IllegalArgumentException(file + ": row " + r + " is "
                        + (row.isArray() ? "of " + row.size() + " numbers" : "no array") + ", row 0 of " + columns);
            }
            for (int i = 0; i < columns; i++) {
                JsonNode number = Objects.requireNonNull(row.get(i));
                if (!number.isNumber()) {
                    throw new IllegalArgumentException(file + ": element " + i + " of row " + r + " is " + number
                            + ": must be a number, or -Infinity for a token that is masked");
                }
                floats.putFloat((float) number.doubleValue());
            }
        }
        return new Rows(floats.flip(), Format.FLOAT32, columns, false);
    }

    /** Whether all are characters that a JSON array of numbers may have, after a byte order mark: hardly ever so of floats. */
    private static boolean isText(byte[] bytes) {
        int start = startsWith(bytes, MARK) ? MARK.length : 0;
        for (int i = start; i < bytes.length; i++) {
            if (bytes[i] < ' ' ? !Character.isWhitespace(bytes[i]) : bytes[i] == 0x7f) {
                return false;
            }
        }
        return true;
    }

    private static boolean startsWith(byte[] bytes, byte[] start) {
        return bytes.length >= start.length && Arrays.equals(bytes, 0, start.length, start, 0, start.length);
    }
}
