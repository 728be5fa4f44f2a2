/** Layers and language models as ONNX; language models of ONNX Runtime for the generation loop. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module io.vastmax.onnx {
    requires transitive io.vastmax;
    requires transitive io.vastmax.text;
    requires transitive com.microsoft.onnxruntime;
    requires io.vastmax.adaptive;
    requires io.vastmax.hierarchical;
    requires static transitive org.jspecify;
    requires ai.djl.tokenizers;
    requires com.fasterxml.jackson.databind;
    requires it.unimi.dsi.fastutil.core;
    requires com.google.protobuf;
    requires org.tribuo.util.onnx;

    exports io.vastmax.onnx;
}
