package io.vastmax.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The attributes of an operator. */
final class Attributes {
    private Attributes() {}

    /** A whole number. */
    static long integer(NodeProto node, String name, long otherwise) {
        AttributeProto attribute = find(node, name);
        return attribute == null ? otherwise : attribute.getI();
    }

    /** A number. */
    static float number(NodeProto node, String name, float otherwise) {
        AttributeProto attribute = find(node, name);
        return attribute == null ? otherwise : attribute.getF();
    }

    /** Whole numbers. */
    static List<Long> integers(NodeProto node, String name, List<Long> otherwise) {
        AttributeProto attribute = find(node, name);
        return attribute == null ? otherwise : attribute.getIntsList();
    }

    private static @Nullable AttributeProto find(NodeProto node, String name) {
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.getName().equals(name)) {
                return attribute;
            }
        }
        return null;
    }
}
