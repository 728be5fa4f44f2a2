package io.vastmax.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/** What an output block gives in training: the hidden states, and beside them what their loss needs and was. */
final class TrainingOutput extends NDList {
    private static final long serialVersionUID = 1;

    private final transient OutputBlock owner;
    private final transient NDArray anchor;
    private transient double loss = Double.NaN;

    TrainingOutput(OutputBlock owner, NDArray hidden, NDArray anchor) {
        super(hidden);
        this.owner = owner;
        this.anchor = anchor;
    }

    OutputBlock owner() {
        return owner;
    }

    NDArray anchor() {
        return anchor;
    }

    /** The loss that was computed with the gradients of a block's output; not a number if there is none. */
    static double lossOf(NDList predictions) {
        return predictions instanceof TrainingOutput output ? output.loss : Double.NaN;
    }

    void evaluated(double value) {
        loss = value;
    }
}
