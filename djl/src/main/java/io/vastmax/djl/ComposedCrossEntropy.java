package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import io.vastmax.LogitTransform;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * {@code sum_n lse(z_n) - (1 - e) z_ny - e/V sum_c z_nc}, {@code z = t(H W^T + b)}: a softmax over the rows of W.
 *
 * <p>Of many classes the log-sum-exp is merged from those of chunks. A chunk's logits are let go as soon as their
 * exponentials are there, which autograd keeps: one N x V in all. W is split once, so that its gradient is put together once;
 * a slice for each chunk would give a gradient of the size of W for each.
 *
 * @param transform t
 * @param smoothing e
 * @param chunk classes whose logits are computed together
 */
record ComposedCrossEntropy(LogitTransform transform, double smoothing, int chunk) {
    private static final int[] CLASSES = {1};

    /**
     * The sum over the rows, a scalar.
     *
     * @param targets N x 1
     */
    NDArray sum(NDArray hidden, NDArray weight, @Nullable NDArray bias, NDArray targets) {
        return weight.getShape().get(0) <= chunk
                ? atOnce(hidden, weight, bias, targets)
                : inChunks(hidden, weight, bias, targets);
    }

    private NDArray atOnce(NDArray hidden, NDArray weight, @Nullable NDArray bias, NDArray targets) {
        NDArray logProbs = transformed(Operands.linear(hidden, weight, bias)).logSoftmax(-1);
        NDArray own = logProbs.gather(targets, 1);
        if (smoothing == 0) {
            return own.sum().neg();
        }
        double share = smoothing / weight.getShape().get(0);
        // Scalars take the type of the number they are multiplied with, columns keep their own
        return own.mul(smoothing - 1)
                .sub(logProbs.sum(CLASSES, true).mul(share))
                .sum();
    }

    private NDArray inChunks(NDArray hidden, NDArray weight, @Nullable NDArray bias, NDArray targets) {
        long classes = weight.getShape().get(0);
        long[] cuts = LongStream.range(1, Math.ceilDiv(classes, chunk))
                .map(i -> i * chunk)
                .toArray();
        NDList weights = weight.split(cuts);
        NDList biases = bias == null ? null : bias.split(cuts);
        NDList logSumExps = new NDList();
        NDArray all = null;
        for (int i = 0; i < weights.size(); i++) {
            NDList parts = part(hidden, weights.get(i), biases == null ? null : biases.get(i));
            logSumExps.add(parts.get(0));
            if (smoothing > 0) {
                all = all == null ? parts.get(1) : all.add(parts.get(1));
            }
        }
        NDArray ids = targets.reshape(new Shape(-1));
        NDArray own = transformed(
                Operands.products(Operands.rows(weight, ids), hidden, bias == null ? null : Operands.rows(bias, ids)));
        NDArray lse = logSumExp(NDArrays.concat(logSumExps, 1));
        NDArray losses = all == null
                ? lse.squeeze(1).sub(own)
                : lse.sub(all.mul(smoothing / classes)).squeeze(1).add(own.mul(smoothing - 1));
        return losses.sum();
    }

    /** The log-sum-exp of each row over a chunk, N x 1, and the sum of its logits where it is needed. */
    private NDList part(NDArray hidden, NDArray weight, @Nullable NDArray bias) {
        NDList parts = new NDList();
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray logits = transformed(Operands.linear(hidden, weight, bias));
            if (smoothing > 0) {
                parts.add(logits.sum(CLASSES, true));
            }
            parts.add(0, logSumExp(logits));
            NDScope.unregister(parts);
        }
        parts.forEach(NDScope::register);
        return parts;
    }

    /** That of each row; of logits that nobody needs any more. */
    private static NDArray logSumExp(NDArray logits) {
        NDArray max = logits.stopGradient().max(CLASSES, true);
        return logits.subi(max).exp().sum(CLASSES, true).log().add(max);
    }

    /** {@code t(z)}. */
    NDArray transformed(NDArray logits) {
        return transformed(logits, transform);
    }

    /** {@code cap tanh(z / cap) / T}. */
    static NDArray transformed(NDArray logits, LogitTransform transform) {
        double cap = transform.softCap();
        double temperature = transform.temperature();
        if (transform.isCapped()) {
            return logits.div(cap).tanh().mul(cap / temperature);
        }
        return temperature == 1 ? logits : logits.div(temperature);
    }
}
