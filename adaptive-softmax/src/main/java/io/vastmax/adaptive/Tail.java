package io.vastmax.adaptive;

import static io.vastmax.internal.Scratch.grow;

import io.vastmax.Gradients;
import io.vastmax.LogitTransform;
import io.vastmax.Matrix;
import io.vastmax.Parameter;
import io.vastmax.Workspace;
import io.vastmax.internal.FusedLoss;
import io.vastmax.internal.Link;
import io.vastmax.internal.Logits;
import io.vastmax.internal.LossBatch;
import io.vastmax.internal.Products;
import io.vastmax.internal.Rows;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's softmax over what a projection leaves of the hidden vectors: {@code x = P h}, {@code z = W x}. Only some
 * rows come here, those whose target lies in the cluster; they are gathered first, and their gradients scattered.
 *
 * @param projection P, its width x d
 * @param weight W, its classes x its width
 */
record Tail(Parameter projection, Parameter weight) {
    /** The rows of a batch that take part, one after the other, and what becomes of them. Used again. */
    static final class Members {
        int[] rows = new int[0];
        int count;
        private float[] hidden = new float[0];
        private float[] hiddenGradient = new float[0];
        private float[] projected = new float[0];
        private float[] projectedGradient = new float[0];

        static Members of(Workspace workspace) {
            return workspace.scratch(Members.class, Members::new);
        }

        /** None, with room for all rows of a batch. */
        Members clear(int rows) {
            this.rows = this.rows.length >= rows ? this.rows : new int[rows];
            count = 0;
            return this;
        }

        void add(int row) {
            rows[count++] = row;
        }
    }

    /**
     * Those of all clusters, over given matrices.
     *
     * @param prefix of the parameters' names
     * @param width d
     * @throws IllegalArgumentException if a matrix is missing or has another shape
     */
    static List<Tail> listOf(
            String prefix, FrequencyClusters clusters, int width, List<Matrix> projections, List<Matrix> weights) {
        if (projections.size() != clusters.clusters() || weights.size() != clusters.clusters()) {
            throw new IllegalArgumentException("projections has " + projections.size() + " matrices and weights "
                    + weights.size() + " for " + clusters.clusters() + " clusters");
        }
        List<Tail> tails = new ArrayList<>();
        for (int i = 0; i < clusters.clusters(); i++) {
            Matrix projection = projections.get(i);
            if (projection.rows() < 1 || projection.columns() != width) {
                throw new IllegalArgumentException("projections[" + i + "] is " + projection
                        + ": must have at least one row and " + width + " columns");
            }
            check("weights[" + i + "]", weights.get(i), clusters.size(i), projection.rows());
            tails.add(new Tail(
                    new Parameter(prefix + "." + i + ".0.weight", projection),
                    new Parameter(prefix + "." + i + ".1.weight", weights.get(i))));
        }
        return tails;
    }

    /** Refuses a matrix of another shape by its name. */
    static void check(String name, Matrix matrix, int rows, int columns) {
        if (matrix.rows() != rows || matrix.columns() != columns) {
            throw new IllegalArgumentException(name + " is " + matrix + ": must be " + rows + " x " + columns);
        }
    }

    /**
     * The width of a cluster's projection, {@code floor(width / divValue^(cluster + 1))}, as in PyTorch.
     *
     * @throws IllegalArgumentException if {@code divValue} is below 1, or leaves nothing
     */
    static int widthOf(int width, double divValue, int cluster) {
        int own = widthOrNone(width, divValue, cluster);
        if (own < 1) {
            throw new IllegalArgumentException("divValue = " + divValue + " leaves cluster " + cluster
                    + " a projection of width 0 of the hidden vectors' " + width
                    + ": take a smaller divValue or fewer cutoffs");
        }
        return own;
    }

    /** The same, or 0 where nothing is left. */
    static int widthOrNone(int width, double divValue, int cluster) {
        if (!(divValue >= 1) || Double.isInfinite(divValue)) {
            throw new IllegalArgumentException("divValue = " + divValue + ": must be at least 1 and finite");
        }
        return (int) Math.floor(width / Math.pow(divValue, cluster + 1.0));
    }

    int width() {
        return projection.value().rows();
    }

    int classes() {
        return weight.value().rows();
    }

    private int hiddenWidth() {
        return projection.value().columns();
    }

    /** The projected hidden vectors of the members, {@code count x width}. */
    float[] project(Matrix hidden, Members members, Workspace workspace) {
        int d = hiddenWidth();
        members.hidden = grow(members.hidden, members.count * d);
        members.projected = grow(members.projected, members.count * width());
        for (int i = 0; i < members.count; i++) {
            System.arraycopy(hidden.array(), members.rows[i] * d, members.hidden, i * d, d);
        }
        int width = width();
        float[] out = members.projected;
        Logits.of(workspace)
                .forEachRow(
                        Rows.of(projection.value(), null),
                        members.hidden,
                        members.count,
                        workspace,
                        (i, x, from, worker) -> System.arraycopy(x, from, out, i * width, width));
        return out;
    }

    /** The members' softmax over the cluster, to be given targets. */
    LossBatch batch(Matrix hidden, Members members, LogitTransform transform, Workspace workspace) {
        return new LossBatch(Link.SOFTMAX, rows(transform), project(hidden, members, workspace), members.count);
    }

    /** The classes. */
    Rows rows(LogitTransform transform) {
        return Rows.of(weight.value(), null).transformed(transform);
    }

    /** The loss of a batch made by {@link #batch}, and the gradients that are wanted: all are added to. */
    void lossAndGradients(
            LossBatch batch,
            Members members,
            Workspace workspace,
            @Nullable Matrix hiddenGradient,
            @Nullable Gradients into) {
        if (hiddenGradient == null && into == null) {
            FusedLoss.of(workspace).loss(batch, workspace);
            return;
        }
        int d = hiddenWidth();
        int width = width();
        members.projectedGradient = grow(members.projectedGradient, members.count * width);
        float[] dx = members.projectedGradient;
        FusedLoss.of(workspace)
                .lossAndGradients(batch, workspace, dx, into == null ? null : Rows.of(into.dense(weight), null));
        Products products = Products.of(workspace);
        if (into != null) {
            float[] dp = into.dense(projection).array();
            products.multiplyAdd(width, d, members.count, dx, 0, 1, width, members.hidden, 0, dp, 0, workspace);
        }
        if (hiddenGradient != null) {
            float[] out = hiddenGradient.array();
            members.hiddenGradient = grow(members.hiddenGradient, members.count * d);
            float[] dh = members.hiddenGradient;
            for (int i = 0; i < members.count; i++) {
                System.arraycopy(out, members.rows[i] * d, dh, i * d, d);
            }
            float[] p = projection.value().array();
            products.multiplyAdd(members.count, d, width, dx, 0, width, 1, p, 0, dh, 0, workspace);
            for (int i = 0; i < members.count; i++) {
                System.arraycopy(dh, i * d, out, members.rows[i] * d, d);
            }
        }
    }
}
