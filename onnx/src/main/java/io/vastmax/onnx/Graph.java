package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.vastmax.Parameter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * An ONNX graph in the making: of standard operators, as of {@link #OPSET}. Values are made in the order of their use and get
 * names of their own. Mutable.
 */
final class Graph {
    /** The version of ONNX's operators: that of ONNX 1.12, of 2022. */
    static final int OPSET = 17;

    /** The version of the file format that came with it. */
    private static final int IR_VERSION = 8;

    private static final String MICROSOFT = "com.microsoft";

    private final GraphProto.Builder graph;
    private final Map<String, Weights> weights = new LinkedHashMap<>();
    private final Map<Parameter, Value> parameters = new HashMap<>();
    private int values;

    /** What flows from operator to operator. */
    record Value(String name) {
        /** In the place of an input that an operator can do without. */
        static final Value NONE = new Value("");
    }

    Graph(String name) {
        graph = GraphProto.newBuilder().setName(name);
    }

    /**
     * An input of the model.
     *
     * @param dimensions a Number for each that is fixed, a String for each that the caller chooses
     */
    Value input(String name, DataType type, Object... dimensions) {
        graph.addInput(describe(name, type, dimensions));
        return new Value(name);
    }

    /** Makes a value an output of the model. */
    void output(String name, Value value, DataType type, Object... dimensions) {
        add("Identity", List.of(value), List.of(name), Map.of());
        graph.addOutput(describe(name, type, dimensions));
    }

    /** What an operator makes of its inputs. */
    Value op(String operator, Value... inputs) {
        return op(operator, Map.of(), inputs);
    }

    /** What an operator with attributes makes of its inputs: each a Number, a String, a long[] or a String[]. */
    Value op(String operator, Map<String, ?> attributes, Value... inputs) {
        return ops(operator, 1, attributes, inputs).getFirst();
    }

    /** The same for an operator with several outputs. */
    List<Value> ops(String operator, int outputs, Map<String, ?> attributes, Value... inputs) {
        List<Value> made = Stream.generate(() -> new Value(operator + "_" + values++))
                .limit(outputs)
                .toList();
        add(operator, List.of(inputs), made.stream().map(Value::name).toList(), attributes);
        return made;
    }

    /** The same for an operator that is no standard one but ONNX Runtime's own. */
    List<Value> microsoft(String operator, int outputs, Map<String, ?> attributes, Value... inputs) {
        List<Value> made = ops(operator, outputs, attributes, inputs);
        graph.getNodeBuilder(graph.getNodeCount() - 1).setDomain(MICROSOFT);
        return made;
    }

    private void add(String operator, List<Value> inputs, List<String> outputs, Map<String, ?> attributes) {
        NodeProto.Builder node = NodeProto.newBuilder()
                .setOpType(operator)
                .setName(operator + "/" + outputs.getFirst())
                .addAllInput(inputs.stream().map(Value::name).toList())
                .addAllOutput(outputs);
        new TreeMap<String, Object>(attributes).forEach((name, value) -> node.addAttribute(attribute(name, value)));
        graph.addNode(node);
    }

    private static AttributeProto attribute(String name, Object value) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
        switch (value) {
            case Float number ->
                attribute.setType(AttributeProto.AttributeType.FLOAT).setF(number);
            case Number number ->
                attribute.setType(AttributeProto.AttributeType.INT).setI(number.longValue());
            case String string ->
                attribute.setType(AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(string));
            case long[] numbers ->
                attribute
                        .setType(AttributeProto.AttributeType.INTS)
                        .addAllInts(Arrays.stream(numbers).boxed().toList());
            case String[] strings ->
                attribute
                        .setType(AttributeProto.AttributeType.STRINGS)
                        .addAllStrings(Arrays.stream(strings)
                                .map(ByteString::copyFromUtf8)
                                .toList());
            default -> throw new IllegalArgumentException(name + " = " + value + ": no attribute of an operator");
        }
        return attribute.build();
    }

    /**
     * Numbers of a model, which are written when the model is.
     *
     * @throws IllegalArgumentException if there are others of that name
     */
    Value weights(Weights numbers) {
        if (weights.put(numbers.name(), numbers) != null) {
            throw new IllegalArgumentException("Two parameters have the name " + numbers.name());
        }
        return new Value(numbers.name());
    }

    /** A parameter, once however often it is used. */
    Value matrix(Parameter parameter) {
        return parameters.computeIfAbsent(parameter, p -> weights(Weights.of(p.name(), p.value())));
    }

    /** A parameter of one column as a vector. */
    Value vector(Parameter parameter) {
        return weights(Weights.of(
                parameter.name(), parameter.value().array(), parameter.value().array().length));
    }

    /** A number. */
    Value scalar(float number) {
        return constant(DataType.FLOAT, buffer(Float.BYTES).putFloat(number));
    }

    /** A number. */
    Value scalar(long number) {
        return constant(DataType.INT64, buffer(Long.BYTES).putLong(number));
    }

    /** A vector of numbers. */
    Value vector(long... numbers) {
        ByteBuffer bytes = buffer(numbers.length * Long.BYTES);
        bytes.asLongBuffer().put(numbers);
        return constant(DataType.INT64, bytes.position(bytes.limit()), numbers.length);
    }

    /** A vector of numbers. */
    Value floats(float... numbers) {
        ByteBuffer bytes = buffer(numbers.length * Float.BYTES);
        bytes.asFloatBuffer().put(numbers);
        return constant(DataType.FLOAT, bytes.position(bytes.limit()), numbers.length);
    }

    /** Numbers of a shape, such as indices. */
    Value ints(int[] numbers, long... shape) {
        ByteBuffer bytes = buffer(numbers.length * Integer.BYTES);
        bytes.asIntBuffer().put(numbers);
        return constant(DataType.INT32, bytes.position(bytes.limit()), shape);
    }

    /** The elements of these places along an axis, which has {@code length}: the value itself if these are all, in order. */
    Value gather(Value value, int[] places, int length, int axis) {
        boolean all = places.length == length;
        for (int i = 0; i < places.length && all; i++) {
            all = places[i] == i;
        }
        return all ? value : op("Gather", Map.of("axis", axis), value, ints(places, places.length));
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private Value constant(DataType type, ByteBuffer bytes, long... shape) {
        Value value = new Value("constant_" + values++);
        graph.addInitializer(TensorProto.newBuilder()
                .setName(value.name())
                .setDataType(type.getNumber())
                .addAllDims(Arrays.stream(shape).boxed().toList())
                .setRawData(ByteString.copyFrom(bytes.flip())));
        return value;
    }

    private static ValueInfoProto describe(String name, DataType type, Object... dimensions) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Object dimension : dimensions) {
            if (dimension instanceof Number number) {
                shape.addDimBuilder().setDimValue(number.longValue());
            } else {
                shape.addDimBuilder().setDimParam((String) dimension);
            }
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(shape)))
                .build();
    }

    /**
     * The model of this graph.
     *
     * @param metadata strings that travel with it
     */
    OnnxModel model(Map<String, String> metadata) {
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("vastmax")
                .setProducerVersion(Version.NUMBER)
                .setGraph(graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET));
        if (graph.getNodeList().stream().anyMatch(node -> node.getDomain().equals(MICROSOFT))) {
            model.addOpsetImport(
                    OperatorSetIdProto.newBuilder().setDomain(MICROSOFT).setVersion(1));
        }
        return new OnnxModel(model.build(), List.copyOf(weights.values()), metadata);
    }
}
