package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.vastmax.InputLayer;
import io.vastmax.OutputLayer;
import io.vastmax.Parameters;
import io.vastmax.onnx.Graph.Value;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Output layers and whole language models as ONNX, for ONNX Runtime and whatever else runs it: operators of the standard
 * domain only, as of opset 17 (ONNX 1.12), 32-bit floats. Of an objective take the {@linkplain io.vastmax.Objective#exact()
 * exact} layer. Models are those of the parameters as they are when they are written.
 *
 * <p>A layer takes {@code hidden}, N x d. What is computed, and how many numbers ONNX Runtime holds for it at a time, beside
 * the parameters (from the second run on up to twice as many, see docs/onnx.md):
 *
 * <ul>
 *   <li>full, cosine and spherical: one product and its log-softmax, 2 N V;
 *   <li>adaptive: a product and a log-softmax for the head and each cluster, then all in one and in the order of their ids,
 *       3 N V;
 *   <li>hierarchical: one product for the rows of all nodes, log-sigmoids and log-softmaxes of all of them, and the sums along
 *       the paths by doubling: {@code ceil(log2(depth))} times, each node adds what the node has to which it points, and then
 *       points to where that one points. Some 6 N V, for a tree of any depth.
 * </ul>
 *
 * <p>Batches and sequences have at least one row. An id that is no class makes ONNX Runtime fail, but for those from -V to
 * -1, which ONNX counts from the end.
 */
public final class OnnxExport {
    /** The version of ONNX's operators that models need. */
    public static final int OPSET = Graph.OPSET;

    private static final String BATCH = "batch";

    private OnnxExport() {}

    /**
     * {@code hidden} (N x d) to {@code log_probs} (N x V).
     *
     * @throws IllegalArgumentException if the layer is of a kind that is not known
     */
    public static OnnxModel logProbs(OutputLayer layer) {
        Graph graph = new Graph("log_probs");
        Value hidden = graph.input("hidden", DataType.FLOAT, BATCH, layer.width());
        graph.output("log_probs", LayerGraph.of(layer, graph).logProbs(hidden), DataType.FLOAT, BATCH, layer.classes());
        return graph.model(metadata(layer));
    }

    /**
     * {@code hidden} (N x d) to {@code log_probs} and {@code ids} (N x k, 64-bit integers) of the k likeliest classes, by
     * falling log-probability; of equal ones the lower id comes first.
     *
     * @throws IllegalArgumentException if {@code k} is not from 1 to the number of classes, or the layer is of a kind that is
     *     not known
     */
    public static OnnxModel topK(OutputLayer layer, int k) {
        if (k < 1 || k > layer.classes()) {
            throw new IllegalArgumentException(
                    "k = " + k + ": must be from 1 to the number of classes, " + layer.classes());
        }
        Graph graph = new Graph("top_k");
        Value hidden = graph.input("hidden", DataType.FLOAT, BATCH, layer.width());
        Value logProbs = LayerGraph.of(layer, graph).logProbs(hidden);
        List<Value> top = graph.ops("TopK", 2, Map.of("axis", 1, "largest", 1, "sorted", 1), logProbs, graph.vector(k));
        graph.output("log_probs", top.get(0), DataType.FLOAT, BATCH, k);
        graph.output("ids", top.get(1), DataType.INT64, BATCH, k);
        return graph.model(metadata(layer));
    }

    /**
     * {@code hidden} (N x d) and {@code ids} (N, 64-bit integers) to {@code log_prob} (N), that of each row's class.
     *
     * <p>A full, cosine or spherical softmax computes all classes for it. An adaptive one computes a cluster for its own rows
     * only. A hierarchical one computes only the nodes of the paths, for which it gathers their vectors: N D W d numbers, D
     * being the depth of the tree and W the width of its nodes, 1 for binary ones; where D W d exceeds the rows of the tree,
     * as for two levels or a deep and narrow tree, it computes all classes.
     *
     * @throws IllegalArgumentException if the layer is of a kind that is not known
     */
    public static OnnxModel logProb(OutputLayer layer) {
        Graph graph = new Graph("log_prob");
        Value hidden = graph.input("hidden", DataType.FLOAT, BATCH, layer.width());
        Value ids = graph.input("ids", DataType.INT64, BATCH);
        graph.output("log_prob", LayerGraph.of(layer, graph).logProb(hidden, ids), DataType.FLOAT, BATCH);
        return graph.model(metadata(layer));
    }

    /**
     * A recurrent language model: {@code input_ids} (B x T, 64-bit integers) with the state {@code past_h} and {@code past_c}
     * (layers x B x d) to {@code log_probs} (B x T' x V) with the state after the last token, {@code present_h} and
     * {@code present_c}: zeros begin a text. {@code num_logits_to_keep}, a 64-bit integer, says for how many of the last tokens
     * of each stream log-probabilities are wanted; 0 for all. Only for these is the output layer computed.
     *
     * <p>Parameters that the input and the output layer share are there once.
     *
     * @param input what it reads
     * @param body with the parameters of the LSTM layers under PyTorch's names, {@code lstm.weight_ih_l0},
     *     {@code lstm.weight_hh_l0}, {@code lstm.bias_ih_l0}, {@code lstm.bias_hh_l0} and on to the last layer; others are not
     *     read, so that they may be all of a model's
     * @param layer what it predicts with
     * @throws IllegalArgumentException if a layer is of a kind that is not known, a parameter is missing or has another shape,
     *     or input and output have other classes
     */
    public static OnnxModel languageModel(InputLayer input, Parameters body, OutputLayer layer) {
        if (input.classes() != layer.classes()) {
            throw new IllegalArgumentException(
                    "input has " + input.classes() + " classes, but layer " + layer.classes());
        }
        Graph graph = new Graph("language_model");
        LstmGraph lstm = LstmGraph.of(body, input.width(), layer.width(), graph);
        Value ids = graph.input("input_ids", DataType.INT64, BATCH, "sequence");
        Value h = graph.input("past_h", DataType.FLOAT, lstm.layers(), BATCH, layer.width());
        Value c = graph.input("past_c", DataType.FLOAT, lstm.layers(), BATCH, layer.width());
        Value keep = graph.input("num_logits_to_keep", DataType.INT64);
        Value byTime = graph.op("Transpose", Map.of("perm", new long[] {1, 0}), ids);
        LstmGraph.Run run = lstm.run(InputGraph.lookUp(input, byTime, graph), h, c);
        Value from = graph.op("Neg", graph.op("Reshape", keep, graph.vector(1)));
        Value kept = graph.op("Slice", run.hidden(), from, graph.vector(Long.MAX_VALUE), graph.vector(0));
        Value byStream = graph.op("Transpose", Map.of("perm", new long[] {1, 0, 2}), kept);
        Value rows = graph.op("Reshape", byStream, graph.vector(-1, layer.width()));
        Value logProbs = LayerGraph.of(layer, graph).logProbs(rows);
        Value shape = graph.op(
                "Concat",
                Map.of("axis", 0),
                graph.op("Shape", Map.of("end", 2), byStream),
                graph.vector(layer.classes()));
        graph.output("log_probs", graph.op("Reshape", logProbs, shape), DataType.FLOAT, BATCH, "kept", layer.classes());
        graph.output("present_h", run.h(), DataType.FLOAT, lstm.layers(), BATCH, layer.width());
        graph.output("present_c", run.c(), DataType.FLOAT, lstm.layers(), BATCH, layer.width());
        return graph.model(metadata(layer));
    }

    private static Map<String, String> metadata(OutputLayer layer) {
        Map<String, String> metadata = new TreeMap<>();
        metadata.put(OnnxModel.VERSION, Version.NUMBER);
        metadata.put(OnnxModel.LAYER, LayerGraph.kind(layer));
        metadata.put(OnnxModel.CLASSES, Integer.toString(layer.classes()));
        metadata.put(OnnxModel.WIDTH, Integer.toString(layer.width()));
        return metadata;
    }
}
