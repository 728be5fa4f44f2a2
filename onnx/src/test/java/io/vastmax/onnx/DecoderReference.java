package io.vastmax.onnx;

/** The model of a {@link DecoderGraph} in double precision, one number after the other. Immutable. */
final class DecoderReference {
    /** The epsilon of ONNX's LayerNormalization. */
    private static final double EPSILON = 1e-5f;

    private final DecoderGraph graph;
    private final DecoderGraph.Sizes sizes;

    DecoderReference(DecoderGraph graph) {
        this.graph = graph;
        this.sizes = graph.sizes();
    }

    double[][] logits(int... tokens) {
        int d = sizes.width();
        double[][] x = new double[tokens.length][d];
        for (int t = 0; t < tokens.length; t++) {
            for (int i = 0; i < d; i++) {
                x[t][i] =
                        (double) graph.numbers("embedding")[tokens[t] * d + i] + graph.numbers("positions")[t * d + i];
            }
        }
        for (int layer = 0; layer < sizes.layers(); layer++) {
            add(x, product(attention(layer, norm(layer + ".attention", x)), layer + ".out", d));
            double[][] up = product(norm(layer + ".feed", x), layer + ".up", 4 * d);
            for (double[] row : up) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = Math.tanh(row[i]);
                }
            }
            add(x, product(up, layer + ".down", d));
        }
        double[][] hidden = norm("last", x);
        return graph.has(DecoderGraph.Trait.TIED) ? tied(hidden) : product(hidden, "head", sizes.vocabulary());
    }

    private double[][] attention(int layer, double[][] x) {
        int size = sizes.headSize();
        int kv = sizes.kvHeads() * size;
        double[][] q = product(x, layer + ".query", sizes.width());
        double[][] k = product(x, layer + ".key", kv);
        double[][] v = product(x, layer + ".value", kv);
        double[][] out = new double[x.length][sizes.width()];
        for (int head = 0; head < sizes.heads(); head++) {
            int from = head * size;
            int shared = head / (sizes.heads() / sizes.kvHeads()) * size;
            for (int t = 0; t < x.length; t++) {
                double[] weights = new double[t + 1];
                double sum = 0;
                for (int s = 0; s <= t; s++) {
                    double score = 0;
                    for (int i = 0; i < size; i++) {
                        score += q[t][from + i] * k[s][shared + i];
                    }
                    weights[s] = Math.exp(score / Math.sqrt(size));
                    sum += weights[s];
                }
                for (int s = 0; s <= t; s++) {
                    for (int i = 0; i < size; i++) {
                        out[t][from + i] += weights[s] / sum * v[s][shared + i];
                    }
                }
            }
        }
        return out;
    }

    private double[][] norm(String name, double[][] x) {
        float[] scale = graph.numbers(name + ".scale");
        float[] shift = graph.numbers(name + ".shift");
        double[][] out = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            double mean = 0;
            double square = 0;
            for (double each : x[t]) {
                mean += each / x[t].length;
            }
            for (double each : x[t]) {
                square += (each - mean) * (each - mean) / x[t].length;
            }
            out[t] = new double[x[t].length];
            for (int i = 0; i < out[t].length; i++) {
                out[t][i] = (x[t][i] - mean) / Math.sqrt(square + EPSILON) * scale[i] + shift[i];
            }
        }
        return out;
    }

    private double[][] product(double[][] x, String name, int columns) {
        float[] matrix = graph.numbers(name);
        double[][] out = new double[x.length][columns];
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < x[t].length; i++) {
                for (int j = 0; j < columns; j++) {
                    out[t][j] += x[t][i] * matrix[i * columns + j];
                }
            }
        }
        return out;
    }

    private double[][] tied(double[][] hidden) {
        float[] matrix = graph.numbers("embedding");
        double[][] out = new double[hidden.length][sizes.vocabulary()];
        for (int t = 0; t < hidden.length; t++) {
            for (int j = 0; j < out[t].length; j++) {
                for (int i = 0; i < hidden[t].length; i++) {
                    out[t][j] += hidden[t][i] * matrix[j * hidden[t].length + i];
                }
            }
        }
        return out;
    }

    private static void add(double[][] x, double[][] more) {
        for (int t = 0; t < x.length; t++) {
            for (int i = 0; i < x[t].length; i++) {
                x[t][i] += more[t][i];
            }
        }
    }
}
