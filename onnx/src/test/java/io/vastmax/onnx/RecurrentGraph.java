package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.vastmax.onnx.Graph.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A recurrent language model of random weights with its states as inputs and outputs: no mask and no positions. Immutable.
 */
public final class RecurrentGraph {
    /** How a layer goes from token to token. */
    public enum Cell {
        /** {@code h' = tanh(x W + h R + b)}: one state, h. */
        ELMAN,
        /** Long short-term memory: two states, h and c. */
        LSTM
    }

    /**
     * What a model is.
     *
     * @param stacked whether the states of all layers are one, [layers, batch, d], in place of one [batch, d] each
     * @param inputs the names of the states that go in: what stands for {@code %s} is {@code h} or {@code c}, with the
     *     layer's number behind it where they are not stacked
     * @param outputs the names of those that come out
     */
    public record Settings(
            Cell cell, int layers, int vocabulary, int width, boolean stacked, String inputs, String outputs) {
        /** Named as the cache of a decoder is: {@code past_h} and {@code present_h}. */
        public static Settings of(Cell cell) {
            return new Settings(cell, 2, 40, 16, true, "past_%s", "present_%s");
        }

        /** With states of other names. */
        public Settings named(String in, String out) {
            return new Settings(cell, layers, vocabulary, width, stacked, in, out);
        }

        /** With a state for each layer. */
        public Settings unstacked() {
            return new Settings(cell, layers, vocabulary, width, false, inputs, outputs);
        }
    }

    private final Settings settings;
    private final Map<String, Weights> weights = new LinkedHashMap<>();

    private RecurrentGraph(Settings settings, long seed) {
        this.settings = settings;
        SplittableRandom random = new SplittableRandom(seed);
        int d = settings.width();
        int gates = gates() * d;
        double deviation = 2 / Math.sqrt(d);
        draw(random, "embedding", 1, settings.vocabulary(), d);
        for (int layer = 0; layer < settings.layers(); layer++) {
            draw(random, layer + ".input", deviation, 1, gates, d);
            draw(random, layer + ".state", deviation, 1, gates, d);
            draw(random, layer + ".bias", 0.3, 1, 2L * gates);
        }
        draw(random, "head", 2 * deviation, d, settings.vocabulary());
    }

    /** A model with weights of a seed. */
    public static RecurrentGraph of(Settings settings, long seed) {
        return new RecurrentGraph(settings, seed);
    }

    private void draw(SplittableRandom random, String name, double deviation, long... shape) {
        float[] numbers = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) (deviation * Math.sqrt(3) * (2 * random.nextDouble() - 1));
        }
        weights.put(name, Weights.of(name, numbers, shape));
    }

    private int gates() {
        return settings.cell() == Cell.LSTM ? 4 : 1;
    }

    /** What it is. */
    public Settings settings() {
        return settings;
    }

    /** The states' output by input, in the order of the graph. */
    public Map<String, String> states() {
        Map<String, String> states = new LinkedHashMap<>();
        for (int layer = 0; layer < (settings.stacked() ? 1 : settings.layers()); layer++) {
            for (String state : kinds()) {
                String name = settings.stacked() ? state : state + layer;
                states.put(settings.inputs().formatted(name), settings.outputs().formatted(name));
            }
        }
        return states;
    }

    private List<String> kinds() {
        return settings.cell() == Cell.LSTM ? List.of("h", "c") : List.of("h");
    }

    /** As in {@code "LSTM [past_h, past_c]"}. */
    @Override
    public String toString() {
        return settings.cell() + " " + states().keySet();
    }

    /** Writes {@code model.onnx}. */
    public Path write(Path folder) throws IOException {
        Path file = folder.resolve("model.onnx");
        model().write(file);
        return file;
    }

    /** The model: {@code input_ids} [batch, length] and states to {@code logits} [batch, length, V] and states. */
    public OnnxModel model() {
        Graph graph = new Graph("recurrent");
        Value ids = graph.input("input_ids", DataType.INT64, "batch", "length");
        List<Value> in = new ArrayList<>();
        states().keySet().forEach(name -> in.add(graph.input(name, DataType.FLOAT, shape())));
        Value x = graph.op("Gather", parameter(graph, "embedding"), ids);
        x = graph.op("Transpose", Map.of("perm", new long[] {1, 0, 2}), x);
        int kinds = kinds().size();
        List<List<Value>> made = new ArrayList<>();
        for (int layer = 0; layer < settings.layers(); layer++) {
            List<Value> inputs = new ArrayList<>(List.of(
                    x,
                    parameter(graph, layer + ".input"),
                    parameter(graph, layer + ".state"),
                    parameter(graph, layer + ".bias"),
                    Value.NONE));
            for (int kind = 0; kind < kinds; kind++) {
                inputs.add(
                        settings.stacked()
                                ? graph.op("Slice", in.get(kind), graph.vector(layer), graph.vector(layer + 1))
                                : graph.op("Unsqueeze", in.get(layer * kinds + kind), graph.vector(0)));
            }
            List<Value> outputs = graph.ops(
                    settings.cell() == Cell.LSTM ? "LSTM" : "RNN",
                    1 + kinds,
                    Map.of("hidden_size", settings.width()),
                    inputs.toArray(Value[]::new));
            x = graph.op("Squeeze", outputs.getFirst(), graph.vector(1));
            made.add(outputs.subList(1, outputs.size()));
        }
        x = graph.op("Transpose", Map.of("perm", new long[] {1, 0, 2}), x);
        Value logits = graph.op("MatMul", x, parameter(graph, "head"));
        graph.output("logits", logits, DataType.FLOAT, "batch", "length", settings.vocabulary());
        int state = 0;
        for (String name : states().values()) {
            int at = state++;
            graph.output(
                    name,
                    settings.stacked()
                            ? graph.op(
                                    "Concat",
                                    Map.of("axis", 0),
                                    made.stream().map(layer -> layer.get(at)).toArray(Value[]::new))
                            : graph.op("Squeeze", made.get(at / kinds).get(at % kinds), graph.vector(0)),
                    DataType.FLOAT,
                    shape());
        }
        return graph.model(Map.of());
    }

    private Object[] shape() {
        return settings.stacked()
                ? new Object[] {settings.layers(), "batch", settings.width()}
                : new Object[] {"batch", settings.width()};
    }

    private Value parameter(Graph graph, String name) {
        return graph.weights(weights(name));
    }

    private Weights weights(String name) {
        Weights found = weights.get(name);
        if (found == null) {
            throw new IllegalArgumentException(name);
        }
        return found;
    }

    /** The logits that follow each of the tokens, computed without ONNX, in double precision. */
    public double[][] logits(int... tokens) {
        int d = settings.width();
        double[][] h = new double[settings.layers()][d];
        double[][] c = new double[settings.layers()][d];
        double[][] logits = new double[tokens.length][settings.vocabulary()];
        for (int t = 0; t < tokens.length; t++) {
            double[] x = new double[d];
            for (int i = 0; i < d; i++) {
                x[i] = weights("embedding").parts().get().getFirst().array()[tokens[t] * d + i];
            }
            for (int layer = 0; layer < settings.layers(); layer++) {
                step(gates(layer, x, h[layer]), h[layer], c[layer]);
                x = h[layer];
            }
            for (int v = 0; v < settings.vocabulary(); v++) {
                for (int i = 0; i < d; i++) {
                    logits[t][v] +=
                            x[i] * weights("head").parts().get().getFirst().array()[i * settings.vocabulary() + v];
                }
            }
        }
        return logits;
    }

    private double[] gates(int layer, double[] x, double[] h) {
        int d = settings.width();
        int size = gates() * d;
        float[] input = weights(layer + ".input").parts().get().getFirst().array();
        float[] state = weights(layer + ".state").parts().get().getFirst().array();
        float[] bias = weights(layer + ".bias").parts().get().getFirst().array();
        double[] z = new double[size];
        for (int j = 0; j < size; j++) {
            z[j] = (double) bias[j] + bias[size + j];
            for (int i = 0; i < d; i++) {
                z[j] += x[i] * input[j * d + i] + h[i] * state[j * d + i];
            }
        }
        return z;
    }

    /** ONNX's order of the gates is input, output, forget, cell. */
    private void step(double[] z, double[] h, double[] c) {
        int d = settings.width();
        for (int i = 0; i < d; i++) {
            if (settings.cell() == Cell.ELMAN) {
                h[i] = Math.tanh(z[i]);
            } else {
                c[i] = sigmoid(z[2 * d + i]) * c[i] + sigmoid(z[i]) * Math.tanh(z[3 * d + i]);
                h[i] = sigmoid(z[d + i]) * Math.tanh(c[i]);
            }
        }
    }

    private static double sigmoid(double z) {
        return 1 / (1 + Math.exp(-z));
    }
}
