package io.vastmax.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.vastmax.onnx.Graph.Value;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OnnxModelTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, 100})
    void runsWithItsParametersInsideAndBesideIt(long limit) throws IOException, OrtException {
        Graph graph = new Graph("sum");
        Value x = graph.input("x", DataType.FLOAT, "N", 2);
        Value w = graph.weights(Weights.of("w", new float[] {1, 2, 3, 4}, 2, 2));
        Value v = graph.weights(Weights.of("v", new float[] {10, 20}, 2));
        graph.output("y", graph.op("Gemm", Map.of("transB", 1L), x, w, v), DataType.FLOAT, "N", 2);
        Path file = folder.resolve("model.onnx");
        Files.writeString(file, "old");

        graph.model(Map.of("key", "value")).write(file, limit);

        try (OrtSession session = OrtEnvironment.getEnvironment().createSession(file.toString());
                OnnxTensor in =
                        OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), new float[][] {{1, 1}, {0, 1}});
                OrtSession.Result out = session.run(Map.of("x", in))) {
            assertThat((float[][]) out.get(0).getValue()).isDeepEqualTo(new float[][] {{13, 27}, {12, 24}});
            assertThat(session.getMetadata().getCustomMetadata()).containsExactly(Map.entry("key", "value"));
            assertThat(session.getMetadata().getProducerName()).isEqualTo("vastmax");
        }
        try (var files = Files.list(folder)) {
            assertThat(files.map(each -> each.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            limit == 100
                                    ? new String[] {"model.onnx", "model.onnx.data"}
                                    : new String[] {"model.onnx"});
        }
    }

    @Test
    void aFolderInThePlaceOfTheParametersLeavesTheModelThatThereWas() throws IOException {
        Path file = folder.resolve("model.onnx");
        Files.writeString(file, "old");
        Path data = Files.createDirectory(folder.resolve("model.onnx.data"));
        OnnxModel model = new Graph("none").model(Map.of());
        assertThatExceptionOfType(FileAlreadyExistsException.class)
                .isThrownBy(() -> model.write(file, 0))
                .withMessage(data + ": is a folder");
        assertThat(file).hasContent("old");
        Path root = folder.getRoot();
        assertThatExceptionOfType(FileAlreadyExistsException.class)
                .isThrownBy(() -> model.write(root))
                .withMessage(root + ": is a folder");
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, 100})
    void whatCannotBeWrittenLeavesWhatThereWas(long limit) throws IOException {
        Graph graph = new Graph("broken");
        Value w = graph.weights(Weights.of(
                "w",
                () -> {
                    throw new IllegalStateException("gone");
                },
                1000));
        graph.output("y", w, DataType.FLOAT, 1000);
        OnnxModel model = graph.model(Map.of());
        Path file = folder.resolve("model.onnx");
        Files.writeString(file, "old");

        assertThatIllegalStateException().isThrownBy(() -> model.write(file, limit));
        assertThat(file).hasContent("old");
        assertThatExceptionOfType(FileAlreadyExistsException.class)
                .isThrownBy(() -> model.write(folder, limit))
                .withMessage(folder + ": is a folder");
        Path nowhere = folder.resolve("nowhere");
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> model.write(nowhere.resolve("model.onnx"), limit))
                .withMessage(nowhere + ": no such folder");
        assertThat(folder).isDirectoryContaining(file::equals).isDirectoryNotContaining(each -> !each.equals(file));
    }
}
