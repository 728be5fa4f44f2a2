package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtException;
import com.google.protobuf.ByteString;
import io.vastmax.Matrix;
import io.vastmax.RandomKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a file may keep the matrix, and what becomes of files that are damaged. */
final class OnnxHeadFilesTest {
    /** Numbers that halves of either kind can hold, 3 x 5. */
    private static final float[] NUMBERS = {1, -2, 0.5f, 3, 0.25f, -1.5f, 2, 4, 0, 7, -0.125f, 5, 6, -3, 1.25f};

    @TempDir
    private Path folder;

    private Path file = Path.of("");

    @BeforeEach
    void writeModel() throws IOException {
        file = folder.resolve("model.onnx");
        OnnxHeadTest.write(
                (graph, hidden) -> graph.op(
                        "MatMul",
                        hidden,
                        graph.op(
                                "Cast",
                                Map.of("to", DataType.FLOAT.getNumber()),
                                graph.weights(Weights.of("w", new float[15], 3, 5)))),
                file);
    }

    /** Where the numbers of a tensor stand. */
    enum Storage {
        RAW,
        TYPED,
        EXTERNAL,
        EXTERNAL_TO_ITS_END
    }

    @ParameterizedTest
    @CsvSource({
        "FLOAT, RAW",
        "FLOAT, TYPED",
        "FLOAT, EXTERNAL",
        "FLOAT, EXTERNAL_TO_ITS_END",
        "DOUBLE, RAW",
        "DOUBLE, TYPED",
        "DOUBLE, EXTERNAL",
        "FLOAT16, RAW",
        "FLOAT16, TYPED",
        "FLOAT16, EXTERNAL",
        "BFLOAT16, RAW",
        "BFLOAT16, TYPED",
        "BFLOAT16, EXTERNAL"
    })
    void theMatrixIsReadAsItIsKept(DataType type, Storage storage) throws IOException, OrtException {
        replace(tensor(type, storage));
        OnnxHead head = OnnxHead.read(file);
        float[] weight = head.softmax().weight().value().array();
        Matrix unit = Matrix.copyOf(new float[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
        float[][] logits = OnnxHeadTest.run(file, unit, "logits");
        for (int i = 0; i < 3; i++) {
            for (int v = 0; v < 5; v++) {
                assertThat(weight[v * 3 + i]).isEqualTo(NUMBERS[i * 5 + v]).isEqualTo(logits[i][v]);
            }
        }
        head.writeBody(folder.resolve("body.onnx"));
        assertThat(OnnxHeadTest.run(folder.resolve("body.onnx"), unit, "hidden_states"))
                .isDeepEqualTo(new float[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
    }

    /** The matrix, 3 x 5; external numbers begin behind some bytes of others. */
    private TensorProto tensor(DataType type, Storage storage) throws IOException {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName("w")
                .setDataType(type.getNumber())
                .addDims(3)
                .addDims(5);
        ByteBuffer bytes = ByteBuffer.allocate(NUMBERS.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float number : NUMBERS) {
            short half = Float.floatToFloat16(number);
            short brain = (short) (Float.floatToRawIntBits(number) >>> 16);
            boolean typed = storage == Storage.TYPED;
            switch (type) {
                case FLOAT -> {
                    bytes.putFloat(number);
                    tensor.addAllFloatData(typed ? List.of(number) : List.of());
                }
                case DOUBLE -> {
                    bytes.putDouble(number);
                    tensor.addAllDoubleData(typed ? List.of((double) number) : List.of());
                }
                default -> {
                    short bits = type == DataType.FLOAT16 ? half : brain;
                    bytes.putShort(bits);
                    tensor.addAllInt32Data(typed ? List.of(bits & 0xFFFF) : List.of());
                }
            }
        }
        byte[] raw = Arrays.copyOf(bytes.array(), bytes.position());
        if (storage == Storage.RAW) {
            tensor.setRawData(ByteString.copyFrom(raw));
        } else if (storage != Storage.TYPED) {
            int before = 64;
            byte[] data = new byte[before + raw.length];
            System.arraycopy(raw, 0, data, before, raw.length);
            Files.write(folder.resolve("model.bin"), data);
            tensor.setDataLocation(DataLocation.EXTERNAL)
                    .addExternalData(entry("location", "model.bin"))
                    .addExternalData(entry("offset", Integer.toString(before)));
            if (storage == Storage.EXTERNAL) {
                tensor.addExternalData(entry("length", Integer.toString(raw.length)));
            }
        }
        return tensor.build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private void replace(TensorProto tensor) throws IOException {
        ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
        model.getGraphBuilder().clearInitializer().addInitializer(tensor);
        Files.write(file, model.build().toByteArray());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "location | ../model.bin     | numbers in a file out of its folder: ../model.bin",
                "location | /etc/model.bin   | numbers in a file out of its folder: /etc/model.bin",
                "location | .                | numbers in a file out of its folder: .",
                "location | other.bin        | other.bin",
                "offset   | 68               | model.bin is cut off: it has 124 bytes, and a tensor lies from 68 to 128",
                "offset   | 9223372036854775807 | cut off",
                "offset   | -1               | is damaged: w begins at byte -1",
                "offset   | many             | is damaged: w is said to be at",
                "length   | 56               | is damaged: w has 56 bytes, but its shape [3, 5] needs 60",
            })
    void externalNumbersMustBeThere(String key, String value, String message) throws IOException {
        TensorProto tensor = tensor(DataType.FLOAT, Storage.EXTERNAL);
        replace(tensor.toBuilder().addExternalData(entry(key, value)).build());
        assertThatThrownBy(() -> OnnxHead.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining(message);
    }

    @Test
    void aTensorMustHaveTheNumbersOfItsShape() throws IOException {
        TensorProto.Builder tensor = tensor(DataType.FLOAT, Storage.RAW).toBuilder();
        assertDamaged(
                tensor.clone().setRawData(ByteString.copyFrom(new byte[56])), "w has 56 bytes, but its shape [3, 5]");
        assertDamaged(tensor.clone().clearRawData(), "w has 0 numbers");
        assertDamaged(tensor.clone().setDims(0, -3), "has the shape [-3, 5]");
        assertDamaged(tensor.clone().setDims(0, 1L << 40), "for which no array has room");
        assertDamaged(tensor.clone().addDims(1), "of the shape [3, 5, 1]");
        assertDamaged(
                tensor.clone().setDataType(DataType.INT8.getNumber()), "w has elements of the type INT8, not floats");
    }

    private void assertDamaged(TensorProto.Builder tensor, String message) throws IOException {
        replace(tensor.build());
        assertThatThrownBy(() -> OnnxHead.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(message);
    }

    @Test
    void aBodyStaysWhereItsNumbersAre() throws IOException {
        ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
        TensorProto matrix = tensor(DataType.FLOAT, Storage.EXTERNAL);
        model.getGraphBuilder().clearInitializer().addInitializer(matrix);
        model.getGraphBuilder()
                .addOutput(model.getGraph().getOutput(0).toBuilder().setName("w"));
        Files.write(file, model.build().toByteArray());
        OnnxHead head = OnnxHead.read(file, "logits");
        Path other = Files.createDirectory(folder.resolve("other"));
        assertThatThrownBy(() -> head.writeBody(other.resolve("body.onnx")))
                .hasMessageContaining("must be in the folder " + folder);
        assertThat(other).isEmptyDirectory();
        head.writeBody(folder.resolve("body.onnx"));
        assertThat(folder.resolve("body.onnx")).exists();
    }

    /** Before version 4 of the file format, parameters are inputs too. */
    @Test
    void aBodyHasNoInputOfTheHeadsParameters() throws IOException {
        ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
        GraphProto.Builder graph = model.getGraphBuilder();
        graph.getInitializerList().forEach(tensor -> graph.addInputBuilder().setName(tensor.getName()));
        Files.write(file, model.build().toByteArray());
        Path body = folder.resolve("body.onnx");
        OnnxHead.read(file).writeBody(body);
        assertThat(ModelProto.parseFrom(Files.readAllBytes(body)).getGraph().getInputList())
                .extracting(ValueInfoProto::getName)
                .containsExactly("hidden");
    }

    @Test
    void whatIsNoModelIsNamed() throws IOException {
        Path text = folder.resolve("text.onnx");
        assertThatThrownBy(() -> OnnxHead.read(text))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining(text.toString());
        for (byte[] bytes : List.of(new byte[0], new byte[100], "Call me Ishmael.".getBytes(StandardCharsets.UTF_8))) {
            Files.write(text, bytes);
            assertThatThrownBy(() -> OnnxHead.read(text))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(text + " is not an ONNX model");
        }
    }

    @Test
    void aFileThatIsCutOffIsNamed() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> OnnxHead.read(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(file.toString());
        }
    }

    @Test
    void aDamagedFileIsReadOrNamed() throws IOException {
        replace(tensor(DataType.FLOAT, Storage.EXTERNAL));
        byte[] whole = Files.readAllBytes(file);
        RandomGenerator random = RandomKey.of(1).row(0);
        for (int round = 0; round < 3_000; round++) {
            byte[] damaged = whole.clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, damaged);
            Throwable thrown = Assertions.catchThrowable(() -> OnnxHead.read(file));
            if (thrown != null) {
                assertThat(thrown).isInstanceOf(IOException.class).hasMessageContaining(folder.toString());
            }
        }
    }
}
