package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.TreeSet;

/**
 * A model's file, mapped to memory: parameters are read where they lie, and only those that are asked for. One thread at a
 * time.
 */
final class OnnxFile implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final ModelProto model;

    private OnnxFile(Path path, Arena arena, ModelProto model) {
        this.path = path;
        this.arena = arena;
        this.model = model;
    }

    /**
     * Opens a model.
     *
     * @throws IOException if there is none, or the file is no ONNX model, or is cut off
     */
    static OnnxFile open(Path path) throws IOException {
        Arena arena = Arena.ofConfined();
        try {
            return new OnnxFile(path, arena, parse(path, arena));
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static ModelProto parse(Path path, Arena arena) throws IOException {
        MemorySegment bytes = map(path, 0, -1, arena);
        if (bytes.byteSize() > Integer.MAX_VALUE) {
            throw new IOException(path + " is not an ONNX model: it has more than 2 GiB");
        }
        // A byte string knows that its bytes stay as they are: only then are tensors views of them, not copies
        CodedInputStream in =
                UnsafeByteOperations.unsafeWrap(bytes.asByteBuffer()).newCodedInput();
        in.enableAliasing(true);
        try {
            ModelProto model = ModelProto.parseFrom(in);
            in.checkLastTagWas(0);
            if (!model.hasGraph() || model.getOpsetImportCount() == 0) {
                throw new IOException(
                        path + " is not an ONNX model, or is cut off: it has no graph or no operator set");
            }
            return model;
        } catch (InvalidProtocolBufferException e) {
            throw new IOException(path + " is not an ONNX model, or is cut off: " + e.getMessage(), e);
        }
    }

    private static MemorySegment map(Path path, long offset, long length, Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long end = channel.size();
            long size = length < 0 ? end - offset : length;
            if (size < 0 || offset > end - size) {
                throw new IOException(path + " is cut off: it has " + end + " bytes, and a tensor lies from " + offset
                        + " to " + (offset + size));
            }
            return size == 0 ? MemorySegment.NULL : channel.map(MapMode.READ_ONLY, offset, size, arena);
        }
    }

    Path path() {
        return path;
    }

    ModelProto model() {
        return model;
    }

    /** The operators that the model is made of, those of its subgraphs too. */
    Set<String> operators() {
        Set<String> names = new TreeSet<>();
        add(model.getGraph(), names);
        return names;
    }

    private static void add(GraphProto graph, Set<String> names) {
        for (NodeProto node : graph.getNodeList()) {
            names.add(node.getOpType());
            node.getAttributeList().forEach(attribute -> add(attribute.getG(), names));
        }
    }

    /**
     * Bytes of a file in the model's folder, as long as this one is open.
     *
     * @param length negative for all that there are from the offset
     * @throws IOException if the name leads out of the folder, or there are fewer bytes
     */
    MemorySegment external(String location, long offset, long length) throws IOException {
        Path folder = path.toAbsolutePath().normalize().resolveSibling("");
        Path file = folder.resolve(location).normalize();
        if (location.isEmpty() || !file.startsWith(folder) || file.equals(folder)) {
            throw new IOException(path + " has numbers in a file out of its folder: " + location);
        }
        return map(file, offset, length, arena);
    }

    @Override
    public void close() {
        arena.close();
    }
}
