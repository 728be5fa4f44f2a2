package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** Which operators a model is made of. Its weights are skipped. */
final class OperatorNames {
    private OperatorNames() {}

    /** Those of a model's file, also in its subgraphs. */
    static Set<String> of(Path file) throws IOException {
        Set<String> names = new TreeSet<>();
        try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file))) {
            CodedInputStream model = CodedInputStream.newInstance(bytes);
            model.setSizeLimit(Integer.MAX_VALUE);
            for (int tag; (tag = model.readTag()) != 0; ) {
                if (WireFormat.getTagFieldNumber(tag) == ModelProto.GRAPH_FIELD_NUMBER) {
                    int end = model.pushLimit(model.readRawVarint32());
                    add(model, names);
                    model.popLimit(end);
                } else {
                    model.skipField(tag);
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IOException(file + " is no ONNX model: " + e.getMessage(), e);
        }
        return names;
    }

    private static void add(CodedInputStream graph, Set<String> names) throws IOException {
        for (int tag; (tag = graph.readTag()) != 0; ) {
            if (WireFormat.getTagFieldNumber(tag) == GraphProto.NODE_FIELD_NUMBER) {
                add(NodeProto.parseFrom(graph.readByteArray()), names);
            } else {
                graph.skipField(tag);
            }
        }
    }

    private static void add(NodeProto node, Set<String> names) {
        names.add(node.getOpType());
        node.getAttributeList().stream()
                .flatMap(attribute -> attribute.getG().getNodeList().stream())
                .forEach(inner -> add(inner, names));
    }
}
