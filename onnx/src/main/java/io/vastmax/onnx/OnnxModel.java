package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A model to be written as an ONNX file. It holds the parameters of what it was made of, not copies: what is written is what
 * they are then. As safe for use by several threads as those are.
 */
public final class OnnxModel {
    /** The key of the metadata under which the version of Vastmax stands that made the model. */
    public static final String VERSION = "vastmax.version";

    /** The key of the kind of output layer: full, cosine, spherical, adaptive or hierarchical. */
    public static final String LAYER = "vastmax.layer";

    /** The key of the number of classes, V. */
    public static final String CLASSES = "vastmax.classes";

    /** The key of the length of a hidden vector, d. */
    public static final String WIDTH = "vastmax.width";

    /** The key of the vocabulary: the tokens in the order of their ids, with a line feed between two. */
    public static final String VOCABULARY = "vastmax.vocabulary";

    /** The key of the name of the tokenizer that cuts a text into the vocabulary's tokens. */
    public static final String TOKENIZER = "vastmax.tokenizer";

    /** The key of the model's settings, as JSON. */
    public static final String SETTINGS = "vastmax.settings";

    /** The most bytes of a protocol buffer. */
    private static final long LIMIT = Integer.MAX_VALUE;

    /** Where tensors may begin in a file of external data, so that it can be mapped to memory. */
    private static final long PAGE = 4096;

    private final ModelProto model;
    private final List<Weights> weights;
    private final Map<String, String> metadata;

    /**
     * A model.
     *
     * @param model all of it but for the parameters and the metadata
     */
    OnnxModel(ModelProto model, List<Weights> weights, Map<String, String> metadata) {
        this.model = model;
        this.weights = weights;
        this.metadata = new TreeMap<>(metadata);
    }

    /**
     * What flows into a model or out of it.
     *
     * @param name its name
     * @param type of its elements, as in {@code "float"} and {@code "int64"}
     * @param shape a number for each dimension that is fixed, a name for each that the caller chooses
     */
    public record Tensor(String name, String type, List<String> shape) {
        private static Tensor of(ValueInfoProto value) {
            TypeProto.Tensor tensor = value.getType().getTensorType();
            return new Tensor(
                    value.getName(),
                    DataType.forNumber(tensor.getElemType()).name().toLowerCase(Locale.ROOT),
                    tensor.getShape().getDimList().stream()
                            .map(dimension -> dimension.hasDimValue()
                                    ? Long.toString(dimension.getDimValue())
                                    : dimension.getDimParam())
                            .toList());
        }

        /** As in {@code "hidden float [batch, 256]"}. */
        @Override
        public String toString() {
            return name + " " + type + " " + shape;
        }
    }

    /** What it takes. */
    public List<Tensor> inputs() {
        return model.getGraph().getInputList().stream().map(Tensor::of).toList();
    }

    /** What it gives. */
    public List<Tensor> outputs() {
        return model.getGraph().getOutputList().stream().map(Tensor::of).toList();
    }

    /** The strings that travel with it. Unmodifiable. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /** The same model with more metadata, or others for keys that it has already. */
    public OnnxModel withMetadata(Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(metadata);
        all.putAll(more);
        return new OnnxModel(model, weights, all);
    }

    /**
     * Writes the model, in place of the one that there may be: wholly or not at all. Where a file would exceed 2 GiB, the
     * most that a protocol buffer can be, the parameters go to a second one beside it, of the same name with {@code .data}
     * behind it (ONNX's external data); the two must stay together. As they cannot be replaced in one step, an old model goes
     * before its parameters do: whatever interrupts it, no model is left with another's parameters. A second file that is
     * needed no longer stays.
     *
     * @return the files: one or two
     * @throws IOException if it cannot be written
     */
    public List<Path> write(Path file) throws IOException {
        return write(file, LIMIT);
    }

    /** The same with another limit. */
    List<Path> write(Path file, long limit) throws IOException {
        Path target = file.toAbsolutePath();
        Path data = target.resolveSibling(target.getFileName() + ".data");
        boolean external = size() > limit;
        for (Path each : external ? List.of(target, data) : List.of(target)) {
            if (Files.isDirectory(each)) {
                throw new FileAlreadyExistsException(each.toString(), null, "is a folder");
            }
        }
        Path folder = target.resolveSibling("");
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(folder.toString(), null, "no such folder");
        }
        String unique = ".vastmax-" + UUID.randomUUID();
        Path newFile = target.resolveSibling(unique + ".onnx");
        Path newData = target.resolveSibling(unique + ".onnx.data");
        try {
            try (FileChannel out = FileChannel.open(newFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                if (external) {
                    write(out, data.getFileName().toString(), newData);
                } else {
                    write(out);
                }
                out.force(true);
            }
            if (external) {
                // It may have its numbers in the file that is replaced next
                Files.deleteIfExists(target);
                Files.move(newData, data, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(newFile, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            return external ? List.of(target, data) : List.of(target);
        } finally {
            Files.deleteIfExists(newFile);
            Files.deleteIfExists(newData);
        }
    }

    /** The model with its metadata, which has no parameters yet. */
    private ModelProto.Builder described() {
        ModelProto.Builder described = model.toBuilder();
        metadata.forEach((key, value) -> described.addMetadataProps(entry(key, value)));
        return described;
    }

    private long size() {
        return described().build().getSerializedSize()
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
        writeFully(out, ByteBuffer.wrap(described().setGraph(graph).build().toByteArray()));
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    /**
     * With the parameters in it, as a stream: the graph's bytes may lie in any order, so what the graph has but for them is
     * written first, and they behind it.
     */
    void write(WritableByteChannel out) throws IOException {
        writeFully(out, ByteBuffer.wrap(described().clearGraph().build().toByteArray()));
        GraphProto graph = model.getGraph();
        long length = graph.getSerializedSize();
        for (Weights parameters : weights) {
            long tensor = tensorBytes(parameters);
            length += prefix(GraphProto.INITIALIZER_FIELD_NUMBER, tensor).length + tensor;
        }
        writeFully(out, ByteBuffer.wrap(prefix(ModelProto.GRAPH_FIELD_NUMBER, length)));
        graph.writeTo(Channels.newOutputStream(out));
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
