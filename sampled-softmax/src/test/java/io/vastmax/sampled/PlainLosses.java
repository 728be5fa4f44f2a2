package io.vastmax.sampled;

import io.vastmax.LogitTransform;
import io.vastmax.RandomKey;
import io.vastmax.Targets;
import io.vastmax.testkit.Point;
import io.vastmax.testkit.Precision;
import io.vastmax.testkit.Reference;
import java.util.Arrays;

/** The losses over drawn classes as one would write them down: term by term, each draw by itself. */
final class PlainLosses {
    private PlainLosses() {}

    /** The negatives of a row, drawn as the objectives draw them. */
    static Negatives draw(NegativeSampler sampler, Targets targets, RandomKey key, boolean perExample, int row) {
        Negatives negatives = new Negatives();
        sampler.draw(targets, key.stream(1).row(perExample ? row : -1), negatives);
        return negatives;
    }

    static double logit(Point at, int row, int id, LogitTransform transform) {
        Precision precision = at.precision();
        double bias = at.blocks().contains("softmax.bias") ? at.block("softmax.bias")[id][0] : 0;
        double z = precision.round(precision.dot(at.block("softmax.weight")[id], at.hidden()[row]) + bias);
        return Reference.transformed(z, precision, transform);
    }

    private static boolean isTarget(Targets targets, int row, int id) {
        for (int i = 0; i < targets.count(row); i++) {
            if (targets.id(row, i) == id) {
                return true;
            }
        }
        return false;
    }

    /** {@link #softmaxLoss} of each row. */
    static double[] softmaxLosses(
            NegativeSampler sampler,
            Point at,
            Targets targets,
            RandomKey key,
            boolean correctsTargets,
            boolean perExample,
            LogitTransform transform) {
        double[] losses = new double[targets.size()];
        for (int n = 0; n < losses.length; n++) {
            Negatives negatives = draw(sampler, targets, key, perExample, n);
            losses[n] = softmaxLoss(at, targets, n, negatives, correctsTargets, transform);
        }
        return losses;
    }

    /** The log-sum-exp of a row minus the mean of its targets' logits. */
    static double softmaxLoss(
            Point at,
            Targets targets,
            int row,
            Negatives negatives,
            boolean correctsTargets,
            LogitTransform transform) {
        Precision precision = at.precision();
        double mean = 0;
        for (double z : targetLogits(at, targets, row, negatives, correctsTargets, transform)) {
            mean = precision.round(mean + z / targets.count(row));
        }
        return precision.round(logZ(at, targets, row, negatives, correctsTargets, transform) - mean);
    }

    /** The log-sum-exp of a row's targets and negatives: each draw by itself, a hit left out. */
    static double logZ(
            Point at,
            Targets targets,
            int row,
            Negatives negatives,
            boolean correctsTargets,
            LogitTransform transform) {
        Precision precision = at.precision();
        double[] own = targetLogits(at, targets, row, negatives, correctsTargets, transform);
        double[] z = Arrays.copyOf(own, own.length + (int) negatives.total());
        int terms = own.length;
        for (int i = 0; i < negatives.size(); i++) {
            int id = negatives.id(i);
            for (int draw = 0; draw < negatives.count(i) && !isTarget(targets, row, id); draw++) {
                double correction = precision.round(negatives.logExpectedCount(id));
                z[terms++] = precision.round(logit(at, row, id, transform) - correction);
            }
        }
        return precision.logSumExp(Arrays.copyOf(z, terms));
    }

    private static double[] targetLogits(
            Point at,
            Targets targets,
            int row,
            Negatives negatives,
            boolean correctsTargets,
            LogitTransform transform) {
        Precision precision = at.precision();
        double[] z = new double[targets.count(row)];
        for (int i = 0; i < z.length; i++) {
            int id = targets.id(row, i);
            double correction = correctsTargets ? negatives.logExpectedCount(id) : 0;
            z[i] = precision.round(logit(at, row, id, transform) - precision.round(correction));
        }
        return z;
    }

    /** The logistic losses of the targets, in the mean, and of each draw. */
    static double[] logisticLosses(
            NegativeSampler sampler,
            Point at,
            Targets targets,
            RandomKey key,
            boolean corrects,
            boolean masksHits,
            boolean perExample,
            LogitTransform transform) {
        Precision precision = at.precision();
        double logZ = at.blocks().contains("nce.log_z") ? at.block("nce.log_z")[0][0] : 0;
        double[] losses = new double[targets.size()];
        for (int n = 0; n < losses.length; n++) {
            Negatives negatives = draw(sampler, targets, key, perExample, n);
            double loss = 0;
            for (int i = 0; i < targets.count(n); i++) {
                double s = score(at, n, targets.id(n, i), negatives, corrects, logZ, transform);
                loss = precision.round(loss + precision.logSumExp(0, -s) / targets.count(n));
            }
            for (int i = 0; i < negatives.size(); i++) {
                int id = negatives.id(i);
                double s = score(at, n, id, negatives, corrects, logZ, transform);
                for (int draw = 0; draw < negatives.count(i) && !(masksHits && isTarget(targets, n, id)); draw++) {
                    loss = precision.round(loss + precision.logSumExp(0, s));
                }
            }
            losses[n] = loss;
        }
        return losses;
    }

    private static double score(
            Point at, int row, int id, Negatives negatives, boolean corrects, double logZ, LogitTransform transform) {
        Precision precision = at.precision();
        double offset = precision.round(-(corrects ? negatives.logExpectedCount(id) : 0) - logZ);
        return precision.round(logit(at, row, id, transform) + offset);
    }
}
