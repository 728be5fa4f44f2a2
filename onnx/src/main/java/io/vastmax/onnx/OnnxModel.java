package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A model to be written as an ONNX file. It holds the parameters of what it was made of, not copies: what is written is what
 * they are then. As safe for use by several threads as those are.
 */
public final class OnnxModel {
    /** The most bytes of a protocol buffer. */
    private static final long LIMIT = Integer.MAX_VALUE;

    /** Where tensors may begin in a file of external data, so that it can be mapped to memory. */
    private static final long PAGE = 4096;

    private final ModelProto model;
    private final List<Weights> weights;

    OnnxModel(ModelProto model, List<Weights> weights) {
        this.model = model;
        this.weights = weights;
    }

    /**
     * Writes the model, in place of the file that there may be: wholly or not at all. Where a file would exceed 2 GiB, the
     * parameters go to a second one beside it, of the same name with {@code .data} behind it (ONNX's external data).
     *
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        write(file, LIMIT);
    }

    /** The same with another limit. */
    void write(Path file, long limit) throws IOException {
        Path target = file.toAbsolutePath();
        Path data = target.resolveSibling(target.getFileName() + ".data");
        Path newFile = Files.createTempFile(target.getParent(), ".vastmax", ".onnx");
        Path newData = target.resolveSibling(newFile.getFileName() + ".data");
        try {
            boolean external = size() > limit;
            try (FileChannel out = FileChannel.open(newFile, StandardOpenOption.WRITE)) {
                if (external) {
                    write(out, data.getFileName().toString(), newData);
                } else {
                    write(out);
                }
                out.force(true);
            }
            if (external) {
                Files.move(newData, data, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(newFile, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(newFile);
            Files.deleteIfExists(newData);
        }
    }

    private long size() {
        return model.getSerializedSize()
                + weights.stream().mapToLong(w -> w.bytes() + 1024).sum();
    }

    /** With the parameters in another file. */
    private void write(FileChannel out, String location, Path data) throws IOException {
        GraphProto.Builder graph = model.getGraph().toBuilder();
        try (FileChannel numbers = FileChannel.open(
                data, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            for (Weights parameters : weights) {
                long offset = Math.ceilDiv(numbers.position(), PAGE) * PAGE;
                numbers.position(offset);
                parameters.write(numbers);
                graph.addInitializer(describe(parameters)
                        .setDataLocation(DataLocation.EXTERNAL)
                        .addExternalData(entry("location", location))
                        .addExternalData(entry("offset", Long.toString(offset)))
                        .addExternalData(entry("length", Long.toString(parameters.bytes()))));
            }
            numbers.force(true);
        }
        writeFully(
                out, ByteBuffer.wrap(model.toBuilder().setGraph(graph).build().toByteArray()));
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    /**
     * With the parameters in it, as a stream: the graph's bytes may lie in any order, so what the graph has but for them is
     * written first, and they behind it.
     */
    void write(WritableByteChannel out) throws IOException {
        writeFully(out, ByteBuffer.wrap(model.toBuilder().clearGraph().build().toByteArray()));
        byte[] graph = model.getGraph().toByteArray();
        long length = graph.length;
        for (Weights parameters : weights) {
            long tensor = tensorBytes(parameters);
            length += prefix(GraphProto.INITIALIZER_FIELD_NUMBER, tensor).length + tensor;
        }
        writeFully(out, ByteBuffer.wrap(prefix(ModelProto.GRAPH_FIELD_NUMBER, length)));
        writeFully(out, ByteBuffer.wrap(graph));
        for (Weights parameters : weights) {
            writeFully(out, ByteBuffer.wrap(prefix(GraphProto.INITIALIZER_FIELD_NUMBER, tensorBytes(parameters))));
            writeFully(out, ByteBuffer.wrap(describe(parameters).build().toByteArray()));
            writeFully(out, ByteBuffer.wrap(prefix(TensorProto.RAW_DATA_FIELD_NUMBER, parameters.bytes())));
            parameters.write(out);
        }
    }

    /** The file's bytes, of a model that has room in an array. */
    byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            write(Channels.newChannel(bytes));
        } catch (IOException e) {
            throw new AssertionError(e); // it is written to memory
        }
        return bytes.toByteArray();
    }

    private static long tensorBytes(Weights parameters) {
        return describe(parameters).build().getSerializedSize()
                + prefix(TensorProto.RAW_DATA_FIELD_NUMBER, parameters.bytes()).length
                + parameters.bytes();
    }

    private static TensorProto.Builder describe(Weights parameters) {
        return TensorProto.newBuilder()
                .setName(parameters.name())
                .setDataType(DataType.FLOAT.getNumber())
                .addAllDims(parameters.shape());
    }

    /** What stands before a field of so many bytes. */
    private static byte[] prefix(int field, long length) {
        byte[] bytes =
                new byte[CodedOutputStream.computeTagSize(field) + CodedOutputStream.computeUInt64SizeNoTag(length)];
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt64NoTag(length);
        } catch (IOException e) {
            throw new AssertionError(e); // it writes to an array that has room
        }
        return bytes;
    }

    private static void writeFully(WritableByteChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }
}
