package io.vastmax.onnx;

import ai.onnxruntime.OnnxTensor;
import io.vastmax.sampling.Logits;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** The logits that a model gave, as rows in Java's memory. */
final class LogitRows {
    private LogitRows() {}

    /**
     * The rows of the last tokens of each sequence, copied.
     *
     * @param want how many of each
     * @throws IllegalStateException if the tensor has not as many
     */
    static List<Logits> last(OnnxTensor logits, int sequences, int want, int vocabulary) {
        long numbers = logits.getInfo().getNumElements();
        int given = (int) (numbers / sequences / vocabulary);
        if ((long) given * sequences * vocabulary != numbers || given < want) {
            throw new IllegalStateException("The model's logits have the shape "
                    + State.describe(logits.getInfo()) + ": must be [" + sequences + ", at least " + want + ", "
                    + vocabulary + "], of sequences, tokens and vocabulary");
        }
        IntFunction<Logits> row = row(logits, vocabulary);
        List<Logits> rows = new ArrayList<>(sequences * want);
        for (int i = 0; i < sequences; i++) {
            for (int t = given - want; t < given; t++) {
                rows.add(row.apply((i * given + t) * vocabulary));
            }
        }
        return rows;
    }

    /** The row that begins at a place. */
    private static IntFunction<Logits> row(OnnxTensor logits, int vocabulary) {
        return switch (logits.getInfo().type) {
            case FLOAT16 -> halves(logits, vocabulary, Logits.Format.FLOAT16);
            case BFLOAT16 -> halves(logits, vocabulary, Logits.Format.BFLOAT16);
            case DOUBLE -> {
                DoubleBuffer numbers = logits.getDoubleBuffer();
                yield from -> {
                    float[] own = new float[vocabulary];
                    for (int i = 0; i < vocabulary; i++) {
                        own[i] = (float) numbers.get(from + i);
                    }
                    return Logits.of(own);
                };
            }
            default -> {
                FloatBuffer numbers = logits.getFloatBuffer();
                yield from -> Logits.of(numbers.slice(from, vocabulary));
            }
        };
    }

    private static IntFunction<Logits> halves(OnnxTensor logits, int vocabulary, Logits.Format format) {
        ShortBuffer numbers = logits.getShortBuffer();
        return from -> Logits.of(numbers.slice(from, vocabulary), format);
    }
}
