/**
 * Layers and language models as ONNX; language models of ONNX Runtime for the generation loop. Three rooms:
 *
 * <ul>
 *   <li>writing: {@link io.vastmax.onnx.OnnxExport} makes an {@link io.vastmax.onnx.OnnxModel} by a {@code Graph}, a class for
 *       each kind of layer ({@code FlatGraph}, {@code AdaptiveGraph}, {@code TreeGraph}, ...);
 *   <li>reading: {@link io.vastmax.onnx.OnnxHead} finds the output matrix of a model's file ({@code OnnxFile},
 *       {@code HeadSearch}, {@code Constants});
 *   <li>running: an {@link io.vastmax.onnx.OnnxLanguageModel} is a {@code DecoderSession}, whose {@code Signature} says what it
 *       takes and gives; each {@code OnnxDecoding} keeps its sequences in {@code Lane}s. Its text is an
 *       {@link io.vastmax.onnx.HuggingFaceText}, or words.
 * </ul>
 */
@NullMarked
package io.vastmax.onnx;

import org.jspecify.annotations.NullMarked;
