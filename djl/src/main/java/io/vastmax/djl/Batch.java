package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.vastmax.Matrix;
import io.vastmax.OutputLayer;
import io.vastmax.RandomKey;
import io.vastmax.Step;
import io.vastmax.Targets;
import io.vastmax.TopK;
import io.vastmax.text.Perplexity;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Hidden states with their labels, out of DJL's arrays, and what the exact layer makes of them. */
final class Batch {
    private final OutputBlock output;
    private final Matrix hidden;
    private final int[] ids;

    /** The loss that training has computed; not a number if it has not. */
    private final double trained;

    private Batch(OutputBlock output, Matrix hidden, int[] ids, double trained) {
        this.output = output;
        this.hidden = hidden;
        this.ids = ids;
        this.trained = trained;
    }

    /**
     * Reads a batch.
     *
     * @throws IllegalArgumentException if hidden states or labels do not fit the layer or each other
     */
    static Batch of(OutputBlock output, NDList labels, NDList predictions) {
        return of(output, labels, predictions, new float[0]);
    }

    /** The same in an array that is there, if it is of the right length: then the batch is good until the next one. */
    static Batch of(OutputBlock output, NDList labels, NDList predictions, float[] kept) {
        NDArray states = predictions.head();
        NDArray classes = labels.head();
        output.checkHidden(states.getShape());
        Matrix hidden = Tensors.matrix(states, output.layer().width(), kept);
        int[] ids = Tensors.ids("labels", classes);
        if (ids.length != hidden.rows()) {
            throw new IllegalArgumentException("labels is " + classes.getShape() + ", " + ids.length + " classes for "
                    + hidden.rows() + " hidden vectors");
        }
        OutputLayer layer = output.layer();
        Integer ignored = layer.objective().ignored();
        for (int n = 0; n < ids.length; n++) {
            if ((ids[n] < 0 || ids[n] >= layer.classes()) && (ignored == null || ids[n] != ignored)) {
                throw new IllegalArgumentException("labels[" + n + "] = " + ids[n] + ": must be from 0 to "
                        + (layer.classes() - 1) + (ignored == null ? "" : ", or " + ignored + " to be ignored"));
            }
        }
        return new Batch(output, hidden, ids, TrainingOutput.lossOf(predictions));
    }

    Matrix hidden() {
        return hidden;
    }

    Targets targets() {
        return Targets.of(ids);
    }

    int rows() {
        return ids.length;
    }

    /** The loss that training would minimise if it were the exact layer's. */
    double exactLoss() {
        return output.training().compute(workspace -> {
            double[] sums = new double[2];
            output.layer()
                    .loss(hidden, Targets.of(ids), new Step(RandomKey.of(0), workspace), (row, loss, lse, weight) -> {
                        sums[0] += loss;
                        sums[1] += weight;
                    });
            return output.layer().objective().isSum() ? sums[0] : sums[1] == 0 ? 0 : sums[0] / sums[1];
        });
    }

    /** The rows that count: those whose label is not ignored. */
    Batch counted() {
        Integer ignored = output.layer().objective().ignored();
        if (ignored == null || Arrays.stream(ids).noneMatch(id -> id == ignored)) {
            return this;
        }
        int width = hidden.columns();
        int[] rows =
                IntStream.range(0, ids.length).filter(n -> ids[n] != ignored).toArray();
        Matrix some = Matrix.zeros(rows.length, width);
        for (int n = 0; n < rows.length; n++) {
            System.arraycopy(hidden.array(), rows[n] * width, some.array(), n * width, width);
        }
        return new Batch(output, some, Arrays.stream(rows).map(n -> ids[n]).toArray(), trained);
    }

    /** The sum of the labels' negative log-likelihoods, in nats, of rows that all count. */
    double nats() {
        if (!Double.isNaN(trained) && output.minimisesNats()) {
            return trained * ids.length;
        }
        return output.training()
                .compute(workspace -> new Perplexity(0, 0).and(output.layer(), hidden, ids, workspace))
                .nats();
    }

    /** How many labels are among the k likeliest classes. */
    long hits(int k) {
        return output.training().compute(workspace -> {
            TopK top = TopK.of(ids.length, k);
            output.layer().topK(hidden, top, workspace);
            return IntStream.range(0, ids.length)
                    .filter(n -> IntStream.range(0, k).anyMatch(i -> top.id(n, i) == ids[n]))
                    .count();
        });
    }
}
