package io.vastmax.onnx;

import io.vastmax.Matrix;
import io.vastmax.Parameter;
import io.vastmax.Parameters;
import io.vastmax.onnx.Graph.Value;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * LSTM layers with PyTorch's parameters in a graph. PyTorch has the gates in the order input, forget, cell, output, ONNX
 * input, output, forget, cell: their blocks of rows are written in that order.
 *
 * @param graph the graph
 * @param width d
 * @param ofLayer the parameters of each layer
 */
record LstmGraph(Graph graph, int width, List<Layer> ofLayer) {
    /** The place that each of ONNX's gates has in PyTorch. */
    private static final int[] GATES = {0, 3, 1, 2};

    /** The parameters of a layer: 4d x d, and 4d x 1. */
    private record Layer(Parameter inputWeight, Parameter hiddenWeight, Parameter inputBias, Parameter hiddenBias) {}

    /**
     * What the layers make of a stretch of tokens.
     *
     * @param hidden T x B x d, of the last layer
     * @param h layers x B x d, after the last token
     * @param c the same of the cells
     */
    record Run(Value hidden, Value h, Value c) {}

    /**
     * The layers among some parameters.
     *
     * @throws IllegalArgumentException if one is missing or has another shape, or input or output layer another width
     */
    static LstmGraph of(Parameters body, int inputWidth, int outputWidth, Graph graph) {
        Map<String, Parameter> byName = new HashMap<>();
        body.forEach(parameter -> byName.put(parameter.name(), parameter));
        int width = body.get("lstm.weight_ih_l0").value().columns();
        if (inputWidth != width || outputWidth != width) {
            throw new IllegalArgumentException("input has the width " + inputWidth + " and layer " + outputWidth
                    + ", but the LSTM " + width + ": must be the same");
        }
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; byName.containsKey("lstm.weight_ih_l" + i); i++) {
            layers.add(new Layer(
                    parameter(body, "weight_ih", i, width, width),
                    parameter(body, "weight_hh", i, width, width),
                    parameter(body, "bias_ih", i, width, 1),
                    parameter(body, "bias_hh", i, width, 1)));
        }
        return new LstmGraph(graph, width, layers);
    }

    private static Parameter parameter(Parameters body, String kind, int layer, int width, int columns) {
        Parameter parameter = body.get("lstm." + kind + "_l" + layer);
        Matrix value = parameter.value();
        if (value.rows() != 4 * width || value.columns() != columns) {
            throw new IllegalArgumentException(
                    parameter.name() + " is " + value + ": must be " + 4 * width + " x " + columns);
        }
        return parameter;
    }

    int layers() {
        return ofLayer.size();
    }

    /**
     * Runs the layers.
     *
     * @param x T x B x d
     * @param h layers x B x d
     * @param c layers x B x d
     */
    Run run(Value x, Value h, Value c) {
        List<Value> hs = ofEach(h);
        List<Value> cs = ofEach(c);
        List<Value> lastH = new ArrayList<>();
        List<Value> lastC = new ArrayList<>();
        Value hidden = x;
        for (int i = 0; i < layers(); i++) {
            Layer layer = ofLayer.get(i);
            List<Value> out = graph.ops(
                    "LSTM",
                    3,
                    Map.of("hidden_size", width),
                    hidden,
                    weights(layer.inputWeight, width),
                    weights(layer.hiddenWeight, width),
                    biases("lstm.bias_l" + i, layer),
                    Value.NONE,
                    hs.get(i),
                    cs.get(i));
            hidden = graph.op("Squeeze", out.get(0), graph.vector(1));
            lastH.add(out.get(1));
            lastC.add(out.get(2));
        }
        return new Run(hidden, together(lastH), together(lastC));
    }

    private List<Value> ofEach(Value states) {
        return layers() == 1 ? List.of(states) : graph.ops("Split", layers(), Map.of("axis", 0), states);
    }

    private Value together(List<Value> states) {
        return layers() == 1 ? states.getFirst() : graph.op("Concat", Map.of("axis", 0), states.toArray(Value[]::new));
    }

    private Value weights(Parameter parameter, int columns) {
        return graph.weights(Weights.of(parameter.name(), () -> gates(parameter).toList(), 1, 4L * width, columns));
    }

    private Value biases(String name, Layer layer) {
        Supplier<List<FloatBuffer>> both = () ->
                Stream.concat(gates(layer.inputBias), gates(layer.hiddenBias)).toList();
        return graph.weights(Weights.of(name, both, 1, 8L * width));
    }

    private static Stream<FloatBuffer> gates(Parameter parameter) {
        float[] numbers = parameter.value().array();
        int size = numbers.length / GATES.length;
        return Arrays.stream(GATES).mapToObj(gate -> FloatBuffer.wrap(numbers, gate * size, size));
    }
}
