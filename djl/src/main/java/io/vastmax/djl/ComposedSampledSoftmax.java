package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import io.vastmax.sampled.Negatives;
import io.vastmax.sampled.SampledSoftmax;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of negatives and targets, selected in one go; linear over the negatives, offset by {@code -log Q} and masked;
 * row-wise products for the targets; and log-sum-exp from its parts. One selection instead of two saves a dense gradient of
 * the size of the weights, and the parts save copying all logits next to the targets': a third of the time together.
 *
 * @param objective draws
 * @param exact over the same parameters
 */
record ComposedSampledSoftmax(SampledSoftmax objective, ComposedFullSoftmax exact) implements Composition {
    /**
     * Negatives, and what follows from them.
     *
     * @param negatives how many
     * @param ids the negatives, then the targets
     * @param offsets what is added to the negatives' logits before they are transformed
     * @param mask minus infinity where a row's target is among the negatives, else 0
     * @param corrections what is added to the targets' logits, or null
     */
    private record Draw(
            int negatives,
            NDArray ids,
            NDArray offsets,
            NDArray mask,
            @Nullable NDArray corrections) {}

    static ComposedSampledSoftmax of(SampledSoftmax objective, int chunk) {
        Composition.check(objective.exact().objective(), objective.exact().classes(), false);
        if (objective.drawsPerExample()) {
            throw new IllegalArgumentException("objective draws for each row: only negatives that the batch shares are"
                    + " composed, take perExample(false) or our own layer");
        }
        return new ComposedSampledSoftmax(objective, ComposedFullSoftmax.of(objective.exact(), chunk));
    }

    @Override
    public Sum sum(int[] targets, RandomKey key, Operands operands) {
        Draw draw = draw(targets, objective.draw(Targets.of(targets), key), operands);
        return (hidden, parameters) -> sum(hidden, parameters, draw);
    }

    private Draw draw(int[] targets, Negatives negatives, Operands operands) {
        int count = negatives.size();
        int[] ids = Arrays.copyOf(IntStream.range(0, count).map(negatives::id).toArray(), count + targets.length);
        System.arraycopy(targets, 0, ids, count, targets.length);
        double temperature = objective.exact().transform().temperature();
        float[] offsets = new float[count];
        for (int i = 0; i < count; i++) {
            double offset = Math.log(negatives.count(i)) - negatives.logExpectedCount(negatives.id(i));
            offsets[i] = (float) (offset * temperature);
        }
        float[] mask = new float[Math.multiplyExact(targets.length, count)];
        for (int n = 0; n < targets.length; n++) {
            int hit = negatives.indexOf(targets[n]);
            if (hit >= 0) {
                mask[n * count + hit] = Float.NEGATIVE_INFINITY;
            }
        }
        return new Draw(
                count,
                operands.indices(ids),
                operands.numbers(offsets, count),
                operands.numbers(mask, targets.length, count),
                objective.correctsTargets() ? operands.numbers(corrections(targets, negatives), targets.length) : null);
    }

    private static float[] corrections(int[] targets, Negatives negatives) {
        float[] corrections = new float[targets.length];
        for (int n = 0; n < targets.length; n++) {
            corrections[n] = (float) -negatives.logExpectedCount(targets[n]);
            if (Float.isInfinite(corrections[n])) {
                throw new IllegalArgumentException("labels hold " + targets[n]
                        + ", which the sampler never draws: its logit cannot be corrected by log Q."
                        + " Take a sampler that draws every class");
            }
        }
        return corrections;
    }

    private NDArray sum(NDArray hidden, NDList parameters, Draw draw) {
        NDIndex negatives = new NDIndex(":" + draw.negatives());
        NDIndex targets = new NDIndex(draw.negatives() + ":");
        NDArray weight = Operands.rows(parameters.get(0), draw.ids());
        NDArray bias = exact.biased() ? Operands.rows(parameters.get(1), draw.ids()) : null;
        NDArray offsets = bias == null ? draw.offsets() : bias.get(negatives).add(draw.offsets());
        NDArray z = exact.softmax()
                .transformed(Operands.linear(hidden, weight.get(negatives), offsets))
                .addi(draw.mask());
        NDArray own = exact.softmax()
                .transformed(Operands.products(weight.get(targets), hidden, bias == null ? null : bias.get(targets)));
        if (draw.corrections() != null) {
            own = own.add(draw.corrections());
        }
        NDArray column = own.expandDims(1);
        NDArray max = z.stopGradient().max(new int[] {1}, true).maximum(column.stopGradient());
        NDArray sum =
                z.sub(max).exp().sum(new int[] {1}, true).add(column.sub(max).exp());
        return sum.log().add(max).sub(column).sum();
    }
}
