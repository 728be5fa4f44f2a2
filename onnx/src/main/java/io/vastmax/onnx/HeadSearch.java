package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.vastmax.FullSoftmax;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.onnx.Constants.Constant;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows a model's logits back to the matrix that makes them. What is passed on the way is kept as
 * {@code c tanh((z + b) / t)} or, before there is a {@code tanh}, as {@code (z + b) / t}, of the values z at hand. Mutable,
 * for one search.
 */
final class HeadSearch {
    private static final Set<String> QUANTISED = Set.of(
            "DequantizeLinear",
            "DynamicQuantizeMatMul",
            "MatMulBnb4",
            "MatMulFpQ4",
            "MatMulInteger",
            "MatMulIntegerToFloat",
            "MatMulNBits",
            "QLinearMatMul",
            "QGemm",
            "GatherBlockQuantized");

    private static final Set<String> BINARY = Set.of("Add", "Div", "FusedMatMul", "Gemm", "MatMul", "Mul");

    /** Of standard operators, and of ONNX Runtime's. */
    private static final Set<String> DOMAINS = Set.of("", "ai.onnx", "com.microsoft");

    /** Temperatures closer to 1 are 1 in single precision. */
    private static final double NOTHING = 1e-6;

    private final OnnxFile file;
    private final Map<String, NodeProto> producers = new HashMap<>();
    private final Constants constants;

    private double divisor = 1;
    private float @Nullable [] bias;
    private boolean capped;
    private @Nullable String masked;
    private double outside = 1;
    private boolean sameRank = true;
    private List<Dimension> shape = List.of();

    /**
     * The end of a search.
     *
     * @param softmax what makes logits of hidden states
     * @param hidden the value that the matrix multiplies
     * @param transposed whether that value has a hidden state in each column
     * @param type of its numbers
     * @param sameRank whether it has as many dimensions as the logits, as far as is known
     */
    record Head(FullSoftmax softmax, String hidden, boolean transposed, DataType type, boolean sameRank) {}

    HeadSearch(OnnxFile file) throws IOException {
        this.file = file;
        Set<String> read = new HashSet<>();
        for (NodeProto node : file.model().getGraph().getNodeList()) {
            read.addAll(node.getInputList());
            for (String output : node.getOutputList()) {
                if (!output.isEmpty() && (read.contains(output) || producers.put(output, node) != null)) {
                    throw new IOException(file.path() + " is damaged: " + output + " is made twice, or read before");
                }
            }
        }
        constants = new Constants(file, producers);
    }

    Head from(ValueInfoProto output) throws IOException {
        shape = output.getType().getTensorType().getShape().getDimList();
        String value = output.getName();
        while (true) {
            masked = value.equals(masked) ? null : masked;
            NodeProto node = producers.get(value);
            if (node == null || node.getInputCount() == 0) {
                throw new IOException(file.path() + ": " + output.getName() + " comes of " + value
                        + ", which no operator makes of others");
            }
            if (!DOMAINS.contains(node.getDomain())) {
                throw refused(node, "no product with a matrix");
            }
            if (BINARY.contains(node.getOpType()) && node.getInputCount() < 2) {
                throw refused(node, "it has one input");
            }
            String first = node.getInput(0);
            switch (node.getOpType()) {
                case "Identity" -> value = first;
                case "Cast" -> value = cast(node);
                case "Reshape", "Squeeze", "Unsqueeze", "Flatten" -> {
                    sameRank = false;
                    value = first;
                }
                case "LogSoftmax" -> value = logSoftmax(node);
                case "Mul", "Div" -> value = scaled(node);
                case "Add" -> value = biased(node);
                case "Tanh" -> value = capped(node);
                case "Where" -> value = masked(node);
                case "MatMul" -> {
                    return product(node, false, false, 1);
                }
                case "FusedMatMul" -> {
                    for (String no : List.of("transA", "transBatchA", "transBatchB")) {
                        if (Attributes.integer(node, no, 0) != 0) {
                            throw refused(node, "it has " + no);
                        }
                    }
                    return product(
                            node,
                            false,
                            Attributes.integer(node, "transB", 0) != 0,
                            Attributes.number(node, "alpha", 1));
                }
                case "Gemm" -> {
                    if (node.getInputCount() > 2 && !node.getInput(2).isEmpty()) {
                        float beta = Attributes.number(node, "beta", 1);
                        add(node, times(numbers(node, node.getInput(2)), beta));
                    }
                    return product(
                            node,
                            Attributes.integer(node, "transA", 0) != 0,
                            Attributes.integer(node, "transB", 0) != 0,
                            Attributes.number(node, "alpha", 1));
                }
                default ->
                    throw QUANTISED.contains(node.getOpType())
                            ? refused(node, "the matrix is quantised")
                            : refused(node, "no product with a matrix");
            }
        }
    }

    private IOException refused(NodeProto node, String why) {
        String domain = node.getDomain().isEmpty() ? "" : node.getDomain() + " ";
        return new IOException(file.path() + ": logits come of the operator " + domain + node.getOpType()
                + (node.getName().isEmpty() ? "" : " (" + node.getName() + ")") + ": " + why);
    }

    private String cast(NodeProto node) throws IOException {
        DataType to = DataType.forNumber((int) Attributes.integer(node, "to", 0));
        if (to == null || !Constants.FLOATS.contains(to)) {
            throw refused(node, "to " + to);
        }
        return node.getInput(0);
    }

    /** Nothing changes the probabilities that come behind it. */
    private String logSoftmax(NodeProto node) throws IOException {
        if (divisor != 1 || bias != null || capped) {
            throw refused(node, "something is done to log-probabilities");
        }
        long axis = Attributes.integer(node, "axis", -1);
        if (axis != -1 && !(sameRank && axis == shape.size() - 1)) {
            throw refused(node, "along axis " + axis);
        }
        return node.getInput(0);
    }

    /** Which of two inputs is the constant. */
    private int constant(NodeProto node) throws IOException {
        return constants.find(node.getInput(1)) != null ? 1 : 0;
    }

    private String scaled(NodeProto node) throws IOException {
        boolean divides = node.getOpType().equals("Div");
        int constant = divides ? 1 : constant(node);
        float[] numbers = numbers(node, node.getInput(constant));
        if (numbers.length != 1) {
            throw refused(node, "by " + numbers.length + " numbers, not by one");
        }
        double by = divides ? numbers[0] : 1 / (double) numbers[0];
        if (!(by > 0 && by < Double.POSITIVE_INFINITY)) {
            throw refused(node, "by " + numbers[0]);
        }
        divisor *= by;
        bias = bias == null ? null : times(bias, by);
        return node.getInput(1 - constant);
    }

    private String biased(NodeProto node) throws IOException {
        int constant = constant(node);
        add(node, numbers(node, node.getInput(constant)));
        return node.getInput(1 - constant);
    }

    private String capped(NodeProto node) throws IOException {
        if (capped || bias != null) {
            throw refused(node, capped ? "twice" : "a bias is added to it");
        }
        capped = true;
        outside = 1 / divisor;
        divisor = 1;
        return node.getInput(0);
    }

    /** Of what becomes of logits but for those that are minus infinity, as of an exported layer. */
    private String masked(NodeProto node) throws IOException {
        NodeProto test = producers.get(node.getInput(0));
        if (masked != null
                || node.getInputCount() < 3
                || test == null
                || !test.getOpType().equals("IsInf")
                || Attributes.integer(test, "detect_positive", 1) != 0
                || !test.getInputList().equals(List.of(node.getInput(1)))) {
            throw refused(node, "no product with a matrix");
        }
        masked = node.getInput(1);
        return node.getInput(2);
    }

    /** The numbers of a scalar or a vector. */
    private float[] numbers(NodeProto node, String name) throws IOException {
        Constant constant = constants.find(name);
        if (constant == null) {
            throw refused(node, "with " + name + ", which is no parameter");
        }
        List<Long> shape = constant.shape();
        long count = constants.count(constant.tensor());
        if (!shape.isEmpty() && shape.getLast() != count) {
            throw refused(node, "with " + name + " of the shape " + shape);
        }
        return constants.vector(constant);
    }

    private static float[] times(float[] numbers, double factor) {
        float[] out = new float[numbers.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) (numbers[i] * factor);
        }
        return out;
    }

    private void add(NodeProto node, float[] more) throws IOException {
        if (bias == null || bias.length == 1) {
            float before = bias == null ? 0 : bias[0];
            bias = more.clone();
            for (int i = 0; i < bias.length; i++) {
                bias[i] += before;
            }
            return;
        }
        if (more.length != 1 && more.length != bias.length) {
            throw refused(node, "biases of " + bias.length + " and " + more.length + " classes");
        }
        for (int i = 0; i < bias.length; i++) {
            bias[i] += more[more.length == 1 ? 0 : i];
        }
    }

    private Head product(NodeProto node, boolean transposedHidden, boolean rowsAreClasses, float factor)
            throws IOException {
        if (masked != null) {
            throw refused(node, "what masks its logits is something else, " + masked);
        }
        String name = node.getInput(1);
        Constant matrix = constants.find(name);
        if (matrix == null) {
            NodeProto maker = producers.get(name);
            while (maker != null && Constants.PASSING.contains(maker.getOpType()) && maker.getInputCount() > 0) {
                maker = producers.get(maker.getInput(0));
            }
            throw maker != null && QUANTISED.contains(maker.getOpType())
                    ? refused(node, "the matrix is quantised, it comes of " + maker.getOpType())
                    : refused(node, "with " + name + ", which is no parameter");
        }
        List<Long> size = matrix.shape();
        if (size.size() != 2 || size.contains(0L)) {
            throw refused(node, "with " + name + " of the shape " + size);
        }
        constants.count(matrix.tensor());
        if (!shape.isEmpty()
                && shape.getLast().hasDimValue()
                && shape.getLast().getDimValue() != size.get(rowsAreClasses ? 0 : 1)) {
            throw refused(
                    node,
                    "with " + name + " of the shape " + size + " for "
                            + shape.getLast().getDimValue() + " classes");
        }
        int classes = Math.toIntExact(size.get(rowsAreClasses ? 0 : 1));
        int width = Math.toIntExact(size.get(rowsAreClasses ? 1 : 0));
        float[] weight = constants.matrix(matrix, !rowsAreClasses);
        for (int i = 0; factor != 1 && i < weight.length; i++) {
            weight[i] *= factor;
        }
        FullSoftmax softmax = FullSoftmax.of(Matrix.wrap(classes, width, weight), bias(node, classes));
        return new Head(
                softmax.transforming(transform(node)), node.getInput(0), transposedHidden, matrix.type(), sameRank);
    }

    private @Nullable Matrix bias(NodeProto node, int classes) throws IOException {
        float[] numbers = bias;
        if (numbers == null) {
            return null;
        }
        if (numbers.length == 1) {
            float each = numbers[0];
            numbers = new float[classes];
            Arrays.fill(numbers, each);
        }
        if (numbers.length != classes) {
            throw refused(node, "a bias of " + numbers.length + " numbers for " + classes + " classes");
        }
        return Matrix.wrap(classes, 1, numbers);
    }

    private LogitTransform transform(NodeProto node) throws IOException {
        double temperature = capped ? divisor / outside : divisor;
        if (Math.abs(temperature - 1) < NOTHING) {
            temperature = 1;
        }
        try {
            return capped
                    ? new LogitTransform(divisor, temperature)
                    : LogitTransform.IDENTITY.withTemperature(temperature);
        } catch (IllegalArgumentException e) {
            throw refused(node, "with " + e.getMessage());
        }
    }
}
