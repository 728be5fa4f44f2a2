package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.vastmax.FullSoftmax;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The head of an ONNX language model: the product that makes logits of hidden states, and what becomes of them behind it.
 * As a {@link FullSoftmax} it can be scored, compared and trained; the model's {@linkplain #writeBody body} goes on without
 * it.
 *
 * <p>The logits are followed back from the model's output, through shapes, types, a bias, a division by a scalar, a soft-cap
 * and a log-softmax, to a {@code MatMul}, {@code Gemm} or ONNX Runtime's {@code FusedMatMul} with a matrix of floats of 16,
 * 32 or 64 bits, also where it is an embedding, transposed. Whatever else is found there is refused by name, quantised
 * matrices among it.
 *
 * <p>Of the file only the head is read to memory: 4 V d bytes. Immutable, but for the parameters of the softmax.
 */
public final class OnnxHead {
    private static final String HIDDEN = "hidden_states";
    private static final String LOGITS = "logits";

    private final Path path;
    private final String logits;
    private final HeadSearch.Head head;

    private OnnxHead(Path path, String logits, HeadSearch.Head head) {
        this.path = path;
        this.logits = logits;
        this.head = head;
    }

    /**
     * Reads the head of a model: of a file, or of the one in a folder as Optimum or ONNX Runtime GenAI write it. The logits
     * are the output called {@code logits}, or as {@code genai_config.json} says, or the only one of floats and two or three
     * dimensions that is no state.
     *
     * @throws IOException if there is no such file, it is no ONNX model or damaged, or its logits are not made as above; the
     *     message names the file and the operator
     */
    public static OnnxHead read(Path model) throws IOException {
        ModelFolder folder = ModelFolder.of(model);
        try (OnnxFile file = OnnxFile.open(folder.model())) {
            return read(file, logits(file, folder.names()));
        }
    }

    /**
     * The same where the output with the logits, or with log-probabilities, is this.
     *
     * @throws IOException if there is no such file or output, or as above
     */
    public static OnnxHead read(Path model, String output) throws IOException {
        try (OnnxFile file = OnnxFile.open(ModelFolder.of(model).model())) {
            return read(file, output);
        }
    }

    private static OnnxHead read(OnnxFile file, String logits) throws IOException {
        for (ValueInfoProto output : file.model().getGraph().getOutputList()) {
            if (output.getName().equals(logits)) {
                return new OnnxHead(file.path(), logits, new HeadSearch(file).from(output));
            }
        }
        throw new IOException(file.path() + " has no output " + logits + ": its outputs are "
                + names(file.model().getGraph().getOutputList()));
    }

    private static String logits(OnnxFile file, Names names) throws IOException {
        GraphProto graph = file.model().getGraph();
        List<String> outputs = names(graph.getOutputList());
        if (outputs.contains(names.of(LOGITS))) {
            return names.of(LOGITS);
        }
        Set<String> states = new HashSet<>();
        names(graph.getInputList()).forEach(input -> states.add(Signature.stem(input)));
        List<String> possible = graph.getOutputList().stream()
                .filter(OnnxHead::mayBeLogits)
                .map(ValueInfoProto::getName)
                .filter(name -> !states.contains(Signature.stem(name)))
                .toList();
        if (possible.size() != 1) {
            throw new IOException(file.path() + " has no output " + names.of(LOGITS)
                    + ", and no other that must be the logits: its outputs are " + outputs + ", name the right one");
        }
        return possible.getFirst();
    }

    private static boolean mayBeLogits(ValueInfoProto output) {
        DataType type = DataType.forNumber(output.getType().getTensorType().getElemType());
        int rank = output.getType().getTensorType().getShape().getDimCount();
        return type != null && Constants.FLOATS.contains(type) && (rank == 2 || rank == 3);
    }

    private static List<String> names(List<ValueInfoProto> values) {
        return values.stream().map(ValueInfoProto::getName).toList();
    }

    /**
     * The head as a layer: V x d and, if there is one, a bias, with the model's soft-cap and temperature. Its parameters are
     * copies of the model's, and always the same ones.
     */
    public FullSoftmax softmax() {
        return head.softmax();
    }

    /**
     * Writes the model without its head: in the place of its logits it has an output {@code hidden_states}, the vectors of
     * length d that the head multiplies, of the model's type. Inputs, metadata and the other outputs stay. Parameters that
     * the model has in other files stay there: such a body must be written to the same folder.
     *
     * @throws IllegalArgumentException if this is the model's own file, or another folder although there are such parameters
     * @throws IOException if the model can be read no longer, or the body not be written
     */
    public void writeBody(Path body) throws IOException {
        if (Files.exists(body) && Files.isSameFile(body, path)) {
            throw new IllegalArgumentException("body = " + body + ": must be another file than the model's");
        }
        try (OnnxFile file = OnnxFile.open(path)) {
            GraphProto graph = body(file.model().getGraph());
            boolean external =
                    graph.getInitializerList().stream().anyMatch(tensor -> tensor.getExternalDataCount() > 0);
            Path folder = path.toAbsolutePath().resolveSibling("");
            Path target = body.toAbsolutePath().resolveSibling("");
            if (external && !(Files.exists(target) && Files.isSameFile(folder, target))) {
                throw new IllegalArgumentException(
                        "body = " + body + ": must be in the folder " + folder + ", which has the model's parameters");
            }
            new OnnxModel(file.model().toBuilder().setGraph(graph).build(), List.of(), Map.of()).write(body);
        }
    }

    private GraphProto body(GraphProto graph) throws IOException {
        List<NodeProto> nodes = new ArrayList<>(graph.getNodeList());
        boolean given = nodes.stream().anyMatch(this::makesHidden) && !head.transposed();
        if (!given) {
            requireFree(graph);
            nodes.add(NodeProto.newBuilder()
                    .setOpType(head.transposed() ? "Transpose" : "Identity")
                    .setName(HIDDEN)
                    .addInput(head.hidden())
                    .addOutput(HIDDEN)
                    .build());
        }
        GraphProto.Builder body = graph.toBuilder()
                .clearInput()
                .clearOutput()
                .clearNode()
                .clearInitializer()
                .clearValueInfo();
        List<ValueInfoProto> inputs = new ArrayList<>(graph.getInputList());
        for (ValueInfoProto output : graph.getOutputList()) {
            if (output.getName().equals(logits)) {
                body.addOutput(describe(output));
            } else if (!output.getName().equals(HIDDEN)) {
                body.addOutput(output);
            }
        }
        Set<String> needed = new HashSet<>(names(body.getOutputList()));
        List<NodeProto> kept = new ArrayList<>();
        for (NodeProto node : nodes.reversed()) {
            if (!Collections.disjoint(node.getOutputList(), needed)) {
                kept.add(node);
                addInputs(node, needed);
            }
        }
        body.addAllNode(kept.reversed());
        for (TensorProto tensor : graph.getInitializerList()) {
            if (needed.contains(tensor.getName())) {
                body.addInitializer(tensor);
            } else {
                inputs.removeIf(input -> input.getName().equals(tensor.getName())); // as in files before version 4
            }
        }
        body.addAllInput(inputs);
        graph.getValueInfoList().stream()
                .filter(value -> needed.contains(value.getName()))
                .forEach(body::addValueInfo);
        return body.build();
    }

    /** Whether an operator makes the hidden states, and under the name that they are to have. */
    private boolean makesHidden(NodeProto node) {
        return node.getOutputList().contains(HIDDEN)
                && (head.hidden().equals(HIDDEN)
                        || (node.getOpType().equals("Identity")
                                && node.getInputList().equals(List.of(head.hidden()))));
    }

    private void requireFree(GraphProto graph) throws IOException {
        boolean taken = names(graph.getInputList()).contains(HIDDEN)
                || graph.getInitializerList().stream()
                        .anyMatch(tensor -> tensor.getName().equals(HIDDEN))
                || graph.getNodeList().stream()
                        .anyMatch(node -> node.getOutputList().contains(HIDDEN));
        if (taken) {
            throw new IOException(path + " has another value called " + HIDDEN);
        }
    }

    /** What an operator reads: its inputs, and whatever graphs within it may read. */
    private static void addInputs(NodeProto node, Set<String> needed) {
        needed.addAll(node.getInputList());
        for (AttributeProto attribute : node.getAttributeList()) {
            List<GraphProto> graphs = new ArrayList<>(attribute.getGraphsList());
            if (attribute.hasG()) {
                graphs.add(attribute.getG());
            }
            for (GraphProto inner : graphs) {
                needed.addAll(names(inner.getOutputList()));
                inner.getNodeList().forEach(each -> addInputs(each, needed));
            }
        }
    }

    /** The hidden states as an output: the logits' dimensions with d in place of V, where there are as many. */
    private ValueInfoProto describe(ValueInfoProto logits) {
        ValueInfoProto.Builder output = logits.toBuilder().setName(HIDDEN);
        var tensor = output.getTypeBuilder().getTensorTypeBuilder();
        tensor.setElemType(head.type().getNumber());
        int rank = tensor.getShape().getDimCount();
        if (head.sameRank() && rank > 0) {
            tensor.getShapeBuilder()
                    .getDimBuilder(rank - 1)
                    .clear()
                    .setDimValue(head.softmax().width());
        } else {
            tensor.clearShape();
        }
        return output.build();
    }

    /** As in {@code "50257 x 768, of model.onnx"}. */
    @Override
    public String toString() {
        FullSoftmax softmax = head.softmax();
        return softmax.classes() + " x " + softmax.width() + ", of " + path;
    }
}
