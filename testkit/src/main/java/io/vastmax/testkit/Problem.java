package io.vastmax.testkit;

import io.vastmax.Gradient;
import io.vastmax.Gradients;
import io.vastmax.Matrix;
import io.vastmax.Objective;
import io.vastmax.Parameter;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.Workspace;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * An objective with a batch to try it on.
 *
 * @param objective the objective
 * @param hidden the hidden vectors
 * @param targets a class for each
 * @param upstream the derivative of the whole by each row's loss, or null for the objective's own reduction
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Problem<L extends Objective>(L objective, Matrix hidden, Targets targets, float @Nullable [] upstream) {
    /** The key of whatever is drawn. */
    public static final RandomKey KEY = new RandomKey(20_251_121, 7);

    /** One with the objective's own reduction. */
    public Problem(L objective, Matrix hidden, Targets targets) {
        this(objective, hidden, targets, null);
    }

    /**
     * A batch of random hidden vectors and targets, the last class among them, for an objective whose parameters are
     * overwritten with random numbers such that the logits spread over some units.
     */
    public static <L extends Objective> Problem<L> of(L objective, int rows) {
        SplittableRandom random = new SplittableRandom(rows);
        for (Parameter parameter : objective.parameters()) {
            Matrix value = parameter.value();
            fill(value, value.columns() == 1 ? 1 : 3 / Math.sqrt(value.columns()), random);
        }
        Matrix hidden = Matrix.zeros(rows, objective.exact().width());
        fill(hidden, 1.5, random);
        int classes = objective.exact().classes();
        int[] ids = new int[rows];
        for (int n = 0; n < rows; n++) {
            ids[n] = n == 0 ? classes - 1 : random.nextInt(classes);
        }
        return new Problem<>(objective, hidden, Targets.of(ids));
    }

    /** Overwrites a matrix with numbers drawn uniformly from {@code (-bound, bound)}. */
    public static void fill(Matrix matrix, double bound, SplittableRandom random) {
        float[] array = matrix.array();
        for (int i = 0; i < array.length; i++) {
            array[i] = (float) random.nextDouble(-bound, bound);
        }
    }

    /** The place of its parameters and hidden vectors, for a reference. */
    public Point at(Precision precision) {
        return Point.of(objective, hidden, precision);
    }

    /** The loss of each row. */
    public double[] losses(Workspace workspace) {
        double[] losses = new double[hidden.rows()];
        objective.loss(hidden, targets, new Step(KEY, workspace), (row, loss, lse, weight) -> losses[row] = loss);
        return losses;
    }

    /** The mean loss and all gradients. */
    public Evaluation evaluate(Workspace workspace) {
        Matrix hiddenGradient = Matrix.zeros(hidden.rows(), hidden.columns());
        Gradients gradients = objective.newGradients();
        double loss = objective.lossAndGradients(
                hidden, targets, new Step(KEY, workspace), upstream, hiddenGradient, gradients);
        return Evaluation.of(loss, hiddenGradient, gradients);
    }

    /**
     * A mean loss and its gradients.
     *
     * @param loss the loss
     * @param gradients by the names of {@link Point#blocks()}
     */
    public record Evaluation(double loss, Map<String, Matrix> gradients) {
        static Evaluation of(double loss, Matrix hiddenGradient, Gradients gradients) {
            Map<String, Matrix> byName = new LinkedHashMap<>();
            byName.put(Point.HIDDEN, hiddenGradient);
            for (Gradient gradient : gradients) {
                byName.put(gradient.parameter().name(), dense(gradient));
            }
            return new Evaluation(loss, byName);
        }

        /** The gradient of a block. */
        public Matrix gradient(String block) {
            Matrix gradient = gradients.get(block);
            if (gradient == null) {
                throw new IllegalArgumentException("No gradient of " + block + " among " + gradients.keySet());
            }
            return gradient;
        }
    }

    /** A copy of a gradient, dense or by row, as a matrix of its parameter's shape. */
    public static Matrix dense(Gradient gradient) {
        return switch (gradient) {
            case Gradient.Dense dense -> dense.value().copy();
            case Gradient.ByRow rows -> {
                Matrix value = gradient.parameter().value();
                Matrix matrix = Matrix.zeros(value.rows(), value.columns());
                int columns = value.columns();
                for (int i = 0; i < rows.size(); i++) {
                    System.arraycopy(rows.values(), i * columns, matrix.array(), rows.row(i) * columns, columns);
                }
                yield matrix;
            }
        };
    }
}
