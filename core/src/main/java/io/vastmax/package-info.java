/**
 * The output layer of a language model: the {@linkplain io.vastmax.LogSumExp log-sum-exp} core, the
 * {@linkplain io.vastmax.OutputLayer contract} of a layer, the {@linkplain io.vastmax.FullSoftmax full softmax},
 * optimizers and model files.
 *
 * <p>Symbols, the same everywhere: {@code h} a hidden vector of {@code d} numbers, {@code H} the {@code N x d} hidden
 * vectors of a batch, {@code W} the {@code V x d} class vectors, {@code b} the bias, {@code z = W h + b} the logits,
 * {@code p = softmax(z)}, {@code y} the target. Matrices are row-major, in single precision.
 *
 * <p>NaN propagates or is refused by name and index; {@code -inf} is a mask; nothing adds an epsilon inside a logarithm.
 * The same seed gives the same bits, whatever the number of threads and the width of the machine's registers.
 */
@NullMarked
package io.vastmax;

import org.jspecify.annotations.NullMarked;
