/** Layers and language models as ONNX; language models of ONNX Runtime for the generation loop. */
@NullMarked
package io.vastmax.onnx;

import org.jspecify.annotations.NullMarked;
