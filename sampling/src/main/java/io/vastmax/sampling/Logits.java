package io.vastmax.sampling;

import io.vastmax.LogSumExp;
import io.vastmax.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The logits of one step, where they lie: an array, a buffer or a segment of 32-bit floats, 16-bit floats (IEEE 754
 * binary16) or bfloat16. The id of a token is its index.
 *
 * <p>Nothing is copied here. An array of floats is read in place; other memory is read a block at a time, by each pass over
 * the logits anew. What lies there is not changed, unless {@link #overwritable} allows it.
 *
 * <p>Immutable; it sees changes of the memory, so that one can be made for a buffer and used for every step.
 */
public final class Logits {
    /** How a number is stored. */
    public enum Format {
        /** Java's float. */
        FLOAT32(4),
        /** IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
        FLOAT16(2),
        /** The upper half of a float: 8 bits of exponent, 7 of fraction. */
        BFLOAT16(2);

        private final int bytes;

        Format(int bytes) {
            this.bytes = bytes;
        }

        /** The size of a number. */
        public int bytes() {
            return bytes;
        }
    }

    private final float @Nullable [] array;
    private final int from;
    private final MemorySegment segment;
    private final Format format;
    private final ByteOrder order;
    private final int size;
    private final boolean overwritable;

    private Logits(
            float @Nullable [] array,
            int from,
            MemorySegment segment,
            Format format,
            ByteOrder order,
            int size,
            boolean overwritable) {
        if (size < 1) {
            throw new IllegalArgumentException("logits hold " + size + " numbers: must be at least one");
        }
        this.array = array;
        this.from = from;
        this.segment = segment;
        this.format = format;
        this.order = order;
        this.size = size;
        this.overwritable = overwritable;
    }

    /** An array of floats. */
    public static Logits of(float... logits) {
        return of(logits, 0, logits.length);
    }

    /** {@code length} floats of an array. */
    public static Logits of(float[] logits, int from, int length) {
        Objects.checkFromIndexSize(from, length, logits.length);
        return new Logits(logits, from, MemorySegment.NULL, Format.FLOAT32, ByteOrder.nativeOrder(), length, false);
    }

    /** A row of a matrix. */
    public static Logits row(Matrix logits, int row) {
        int columns = logits.columns();
        return of(logits.array(), Objects.checkIndex(row, logits.rows()) * columns, columns);
    }

    /** All rows of a matrix, one for each step or beam. */
    public static List<Logits> rows(Matrix logits) {
        List<Logits> rows = new ArrayList<>(logits.rows());
        for (int row = 0; row < logits.rows(); row++) {
            rows.add(row(logits, row));
        }
        return rows;
    }

    /** The remaining floats of a buffer. */
    public static Logits of(FloatBuffer logits) {
        return logits.hasArray()
                ? of(logits.array(), logits.arrayOffset() + logits.position(), logits.remaining())
                : of(MemorySegment.ofBuffer(logits), Format.FLOAT32, logits.order());
    }

    /** The remaining numbers of a buffer of 16-bit ones. */
    public static Logits of(ShortBuffer logits, Format format) {
        requireHalf(format);
        return of(MemorySegment.ofBuffer(logits), format, logits.order());
    }

    /** {@code length} 16-bit numbers of an array. */
    public static Logits of(short[] logits, int from, int length, Format format) {
        requireHalf(format);
        Objects.checkFromIndexSize(from, length, logits.length);
        return of(MemorySegment.ofArray(logits).asSlice(2L * from, 2L * length), format);
    }

    /** All numbers of a segment, in the machine's byte order. */
    public static Logits of(MemorySegment logits, Format format) {
        return of(logits, format, ByteOrder.nativeOrder());
    }

    private static Logits of(MemorySegment logits, Format format, ByteOrder order) {
        long size = logits.byteSize() / format.bytes;
        if (logits.byteSize() % format.bytes != 0 || size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("logits have " + logits.byteSize() + " bytes: must be a multiple of "
                    + format.bytes + ", the size of a " + format);
        }
        return new Logits(null, 0, logits, format, order, (int) size, false);
    }

    private static void requireHalf(Format format) {
        if (format.bytes != 2) {
            throw new IllegalArgumentException("format = " + format + ": must be of 16 bits");
        }
    }

    /** The same numbers as floats in memory of their own, for when the memory of these is written again. Not overwritable. */
    public Logits copy() {
        float[] floats = new float[size];
        read(0, size, floats, 0, new short[format.bytes == 2 ? size : 0]);
        return of(floats);
    }

    /** The same, which filters that change logits may overwrite instead of copying them; of use for arrays of floats. */
    public Logits overwritable() {
        return new Logits(array, from, segment, format, order, size, true);
    }

    /** The same, to be left as they are. */
    Logits untouchable() {
        return overwritable ? new Logits(array, from, segment, format, order, size, false) : this;
    }

    /** How many: the size of the vocabulary. */
    public int size() {
        return size;
    }

    boolean isOverwritable() {
        return overwritable;
    }

    /** The array that holds them, with the first at {@link #from}; null for other memory. */
    float @Nullable [] array() {
        return array;
    }

    int from() {
        return from;
    }

    /** The logit of a token. */
    public float get(int id) {
        Objects.checkIndex(id, size);
        if (array != null) {
            return array[from + id];
        }
        return switch (format) {
            case FLOAT32 -> segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(order), (long) id * Float.BYTES);
            case FLOAT16 -> Float.float16ToFloat(half(id));
            case BFLOAT16 -> Float.intBitsToFloat(half(id) << 16);
        };
    }

    /** The log-probability of a token, {@code z_id - log sum_i exp(z_i)}. */
    public double logProb(int id) {
        return array == null ? copy().logProb(id) : get(id) - LogSumExp.value(array, from, size);
    }

    private short half(int id) {
        return segment.get(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(order), (long) id * Short.BYTES);
    }

    /**
     * Reads the logits of {@code length} tokens.
     *
     * @param halves room for as many
     */
    void read(int id, int length, float[] out, int to, short[] halves) {
        if (array != null) {
            System.arraycopy(array, from + id, out, to, length);
        } else if (format == Format.FLOAT32) {
            MemorySegment.copy(
                    segment,
                    ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(order),
                    (long) id * Float.BYTES,
                    out,
                    to,
                    length);
        } else {
            MemorySegment.copy(
                    segment,
                    ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(order),
                    (long) id * Short.BYTES,
                    halves,
                    0,
                    length);
            if (format == Format.FLOAT16) {
                for (int i = 0; i < length; i++) {
                    out[to + i] = Float.float16ToFloat(halves[i]);
                }
            } else {
                for (int i = 0; i < length; i++) {
                    out[to + i] = Float.intBitsToFloat(halves[i] << 16);
                }
            }
        }
    }
}
