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
