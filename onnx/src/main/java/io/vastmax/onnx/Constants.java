package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.InvalidPathException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What in a model depends on no input: parameters, and simple things made of them. */
final class Constants {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The types that parameters may have. */
    static final Set<DataType> FLOATS = Set.of(DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16, DataType.BFLOAT16);

    /** The operators of which constants are constants. */
    static final Set<String> PASSING = Set.of("Cast", "Identity", "Transpose");

    private final OnnxFile file;
    private final Map<String, NodeProto> producers;
    private final Map<String, TensorProto> tensors = new HashMap<>();

    /**
     * Those of a file.
     *
     * @param producers the operators by what they make
     */
    Constants(OnnxFile file, Map<String, NodeProto> producers) {
        this.file = file;
        this.producers = producers;
        GraphProto graph = file.model().getGraph();
        graph.getInitializerList().forEach(tensor -> tensors.put(tensor.getName(), tensor));
    }

    /**
     * A tensor of floats.
     *
     * @param transposed whether rows and columns are to change places
     * @param type to which it is cast
     */
    record Constant(TensorProto tensor, boolean transposed, DataType type) {
        List<Long> shape() {
            List<Long> stored = tensor.getDimsList();
            return transposed ? stored.reversed() : stored;
        }
    }

    /**
     * The constant that a value is, or null.
     *
     * @throws IOException if it is one of no floats
     */
    @Nullable
    Constant find(String name) throws IOException {
        TensorProto tensor = tensors.get(name);
        NodeProto node = producers.get(name);
        if (tensor == null && node != null && node.getOpType().equals("Constant")) {
            tensor = value(node);
        }
        if (tensor != null) {
            return new Constant(tensor, false, floats(name, tensor.getDataType()));
        }
        if (node == null || !PASSING.contains(node.getOpType()) || node.getInputCount() == 0) {
            return null;
        }
        Constant of = find(node.getInput(0));
        if (of == null) {
            return null;
        }
        return switch (node.getOpType()) {
            case "Identity" -> of;
            case "Cast" ->
                new Constant(of.tensor(), of.transposed(), floats(name, (int) Attributes.integer(node, "to", 0)));
            default -> {
                List<Long> order = Attributes.integers(node, "perm", List.of(1L, 0L));
                boolean flat = of.shape().size() == 2;
                if (!flat || !(order.equals(List.of(1L, 0L)) || order.equals(List.of(0L, 1L)))) {
                    throw new IOException(file.path() + ": " + name + " is a transposed tensor of the shape "
                            + of.shape() + ", not a matrix");
                }
                yield new Constant(
                        of.tensor(), of.transposed() != order.getFirst().equals(1L), of.type());
            }
        };
    }

    private DataType floats(String name, int number) throws IOException {
        DataType type = DataType.forNumber(number);
        if (type == null || !FLOATS.contains(type)) {
            throw new IOException(file.path() + ": " + name + " has elements of the type "
                    + (type == null ? number : type) + ", not floats");
        }
        return type;
    }

    private static @Nullable TensorProto value(NodeProto node) {
        for (AttributeProto attribute : node.getAttributeList()) {
            TensorProto.Builder made = TensorProto.newBuilder().setDataType(DataType.FLOAT.getNumber());
            switch (attribute.getName()) {
                case "value" -> {
                    return attribute.getT();
                }
                case "value_float" -> {
                    return made.addFloatData(attribute.getF()).build();
                }
                case "value_floats" -> {
                    return made.addDims(attribute.getFloatsCount())
                            .addAllFloatData(attribute.getFloatsList())
                            .build();
                }
                default -> {}
            }
        }
        return null;
    }

    /**
     * The numbers of a matrix.
     *
     * @param transposed whether columns are wanted, one after the other, in place of rows
     * @throws IOException if they are not there
     */
    float[] matrix(Constant constant, boolean transposed) throws IOException {
        TensorProto tensor = constant.tensor();
        int rows = Math.toIntExact(tensor.getDims(0));
        int columns = Math.toIntExact(tensor.getDims(1));
        Numbers numbers = numbers(tensor);
        float[] out = new float[Math.multiplyExact(rows, columns)];
        boolean turn = transposed != constant.transposed();
        int next = 0;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                out[turn ? column * rows + row : next] = numbers.at(next);
                next++;
            }
        }
        return out;
    }

    /** The numbers of a tensor in the order in which it has them. */
    float[] vector(Constant constant) throws IOException {
        Numbers numbers = numbers(constant.tensor());
        float[] out = new float[Math.toIntExact(count(constant.tensor()))];
        for (int i = 0; i < out.length; i++) {
            out[i] = numbers.at(i);
        }
        return out;
    }

    /** How many numbers a tensor has. */
    long count(TensorProto tensor) throws IOException {
        long count = 1;
        for (long size : tensor.getDimsList()) {
            if (size < 0 || (size > 0 && count > Integer.MAX_VALUE / size)) {
                throw new IOException(file.path() + ": " + tensor.getName() + " has the shape " + tensor.getDimsList()
                        + ", for which no array has room");
            }
            count *= size;
        }
        return count;
    }

    /** Numbers by their index. */
    private interface Numbers {
        float at(int index);
    }

    private Numbers numbers(TensorProto tensor) throws IOException {
        long count = count(tensor);
        DataType type = floats(tensor.getName(), tensor.getDataType());
        boolean external = tensor.getDataLocation() == DataLocation.EXTERNAL;
        if (external || tensor.hasRawData()) {
            int size = type == DataType.DOUBLE ? Double.BYTES : type == DataType.FLOAT ? Float.BYTES : Short.BYTES;
            MemorySegment bytes = external
                    ? external(tensor, count * size)
                    : MemorySegment.ofBuffer(tensor.getRawData().asReadOnlyByteBuffer());
            require(tensor, count * size, bytes.byteSize(), "bytes");
            return switch (type) {
                case FLOAT -> i -> bytes.get(FLOAT, (long) i * size);
                case DOUBLE -> i -> (float) bytes.get(DOUBLE, (long) i * size);
                case FLOAT16 -> i -> Float.float16ToFloat(bytes.get(SHORT, (long) i * size));
                default -> i -> Float.intBitsToFloat(bytes.get(SHORT, (long) i * size) << 16);
            };
        }
        int there = type == DataType.FLOAT
                ? tensor.getFloatDataCount()
                : type == DataType.DOUBLE ? tensor.getDoubleDataCount() : tensor.getInt32DataCount();
        require(tensor, count, there, "numbers");
        return switch (type) {
            case FLOAT -> tensor::getFloatData;
            case DOUBLE -> i -> (float) tensor.getDoubleData(i);
            case FLOAT16 -> i -> Float.float16ToFloat((short) tensor.getInt32Data(i));
            default -> i -> Float.intBitsToFloat(tensor.getInt32Data(i) << 16);
        };
    }

    private void require(TensorProto tensor, long needed, long there, String what) throws IOException {
        if (needed != there) {
            throw new IOException(file.path() + " is damaged: " + tensor.getName() + " has " + there + " " + what
                    + ", but its shape " + tensor.getDimsList() + " needs " + needed);
        }
    }

    private MemorySegment external(TensorProto tensor, long bytes) throws IOException {
        Map<String, String> entries = new HashMap<>();
        for (StringStringEntryProto entry : tensor.getExternalDataList()) {
            entries.put(entry.getKey(), entry.getValue());
        }
        try {
            long offset = Long.parseLong(entries.getOrDefault("offset", "0"));
            long length = Long.parseLong(entries.getOrDefault("length", Long.toString(bytes)));
            require(tensor, bytes, length, "bytes");
            if (offset < 0) {
                throw new IOException(file.path() + " is damaged: " + tensor.getName() + " begins at byte " + offset);
            }
            return file.external(entries.getOrDefault("location", ""), offset, length);
        } catch (NumberFormatException | InvalidPathException e) {
            throw new IOException(file.path() + " is damaged: " + tensor.getName() + " is said to be at " + entries, e);
        }
    }
}
